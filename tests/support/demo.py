"""A live lesson: the real service with its demo county, taught by the clip."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.support.service import Service, running
from tests.support.waiting import until_sync

TEACHER = "linxiaoyan"
ADMINISTRATOR = "zhouming"
NO_CLIP = {"STREAMSVC_DEMO_TEACHER": "false"}
CLIPS = Path(__file__).parents[2] / ".cache" / "clips"
"""Drawing and encoding the clip takes seconds, so all tests share one."""


class DemoLesson:
    """The demo county of a running service, through its API."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.password = str(json.loads((service.data / "demo.json").read_text())["password"])
        self._clients: list[httpx.Client] = []
        self.teacher = self.signed_in(TEACHER)
        self.administrator = self.signed_in(ADMINISTRATOR)

    def signed_in(self, login: str) -> httpx.Client:
        """A browser of that person; she has the password that all have."""
        body = {"login": login, "password": self.password}
        client = self.browser()
        client.post("/api/sign-in", json=body).raise_for_status()
        return client

    def browser(self) -> httpx.Client:
        """A browser of nobody yet."""
        client = httpx.Client(base_url=self.service.url, timeout=15)
        self._clients.append(client)
        return client

    def screen(self, room: dict[str, Any]) -> httpx.Client:
        """The browser of a receiving room."""
        client = self.browser()
        body = {"code": self.join_code(room["room_id"])}
        client.post("/api/rooms/join", json=body).raise_for_status()
        return client

    def lesson(self) -> dict[str, Any]:
        """The demo lesson as it is now."""
        found = [x for x in self.teacher.get("/api/lessons").json() if x["state"] != "ended"]
        return dict(found[0])

    def grant(self) -> dict[str, Any]:
        """What the lead teacher may do in it."""
        answer = self.teacher.post(f"/api/lessons/{self.lesson()['lesson_id']}/grant")
        answer.raise_for_status()
        return dict(answer.json())

    def watching_grant(self) -> dict[str, Any]:
        """What the administrator may: watch. (A teacher is never sent her own picture.)"""
        path = f"/api/lessons/{self.lesson()['lesson_id']}/grant"
        answer = self.administrator.post(path)
        answer.raise_for_status()
        return dict(answer.json())

    def rooms(self) -> list[dict[str, Any]]:
        """The receiving rooms."""
        every = self.administrator.get("/api/rooms").json()
        return [dict(room) for room in every if room["kind"] == "recv_room"]

    def join_code(self, room_id: str) -> str:
        """A fresh code for a room."""
        answer = self.administrator.post(f"/api/rooms/{room_id}/code")
        answer.raise_for_status()
        return str(answer.json()["code"])

    def wait_live(self, seconds: float = 60) -> None:
        """Until the demo teacher is on air."""
        until_sync(lambda: self.lesson()["state"] == "live", seconds, "the demo lesson is live")

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()


def demo_data(folder: Path) -> Path:
    """A data folder for `serve --demo`, empty but for the drawn clip."""
    data = folder / "data"
    data.mkdir()
    CLIPS.mkdir(parents=True, exist_ok=True)
    (data / "clips").symlink_to(CLIPS)
    return data


@contextmanager
def demo_lesson(
    *flags: str, is_taught: bool = True, environment: Mapping[str, str] | None = None
) -> Iterator[DemoLesson]:
    """A service of its own, its demo lesson live if it `is_taught` by the clip; nobody teaches it
    otherwise."""
    environment = {**(environment or {}), **({} if is_taught else NO_CLIP)}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        data = demo_data(Path(folder))
        service = stack.enter_context(running(data, "--demo", *flags, environment=environment))
        demo = DemoLesson(service)
        try:
            if is_taught:
                demo.wait_live()
            yield demo
        finally:
            demo.close()


@contextmanager
def clip_teaches(demo: DemoLesson, *flags: str) -> Iterator[None]:
    """A teacher who is no part of the service, so that she outlives it; `flags`: of `teach`."""
    command = [
        sys.executable, "-m", "streamsvc", "teach", "--server", demo.service.url,
        "--login", TEACHER, "--password", demo.password, "--cache", str(CLIPS), *flags,
    ]  # fmt: skip
    log = demo.service.data.with_suffix(".teacher.log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)
