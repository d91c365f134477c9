"""A live lesson: the real service with its demo county, taught by the clip."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.support.service import Service, running
from tests.support.waiting import until_sync

TEACHER = "linxiaoyan"
ADMINISTRATOR = "zhouming"
NO_CLIP = {"STREAMSVC_DEMO_TEACHER": "false"}
ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".cache"
CLIPS = KEPT / "clips"
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

    def plan_anew(self, **plan: Any) -> None:
        """A lesson due now, or as in the plan, instead of the one that nobody has started."""
        former = self.lesson()
        self.administrator.delete(f"/api/lessons/{former['lesson_id']}").raise_for_status()
        due = {"title": former["title"], "scheduled_start_ms": round(time.time() * 1000)}
        self.teacher.post("/api/lessons", json=due | plan).raise_for_status()

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


def seeded_data(folder: Path) -> Path:
    """The same with the county in its database, as a service leaves it; its lesson is planned when
    the next one starts."""
    data = demo_data(folder)
    shutil.copytree(_county(), data, dirs_exist_ok=True)
    return data


def _county() -> Path:
    """Database and password of the county. Making both takes seconds, so all tests copy what one
    made, for as long as the school's code is the same."""
    code = hashlib.sha256()
    for path in sorted((ROOT / "streamsvc" / "school").rglob("*.py")):
        code.update(path.read_bytes())
    kept = KEPT / f"county-{code.hexdigest()[:16]}"
    if not kept.exists():
        KEPT.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=KEPT) as folder, ThreadPoolExecutor(1) as thread:
            made = Path(folder) / "county"
            made.mkdir()
            thread.submit(asyncio.run, _seed(made)).result()  # a test may run a loop of its own
            with suppress(OSError):  # another was first
                made.rename(kept)
    return kept


async def _seed(folder: Path) -> None:
    from streamsvc.base.clock import SystemClock
    from streamsvc.data_folder import DataFolder
    from streamsvc.school.io.school import open_school
    from streamsvc.school.io.seed import seed_demo
    from streamsvc.school.records import OPERATOR

    database = DataFolder(folder).database
    school = await open_school(f"sqlite+aiosqlite:///{database}", SystemClock())
    try:
        county = await seed_demo(school, folder)
        await school.lessons.remove(OPERATOR, county.lesson.id)
    finally:
        await school.close()


@contextmanager
def demo_lesson(
    *flags: str, is_taught: bool = True, environment: Mapping[str, str] | None = None
) -> Iterator[DemoLesson]:
    """A service of its own, its demo lesson live if it `is_taught` by the clip; nobody teaches it
    otherwise."""
    environment = {**(environment or {}), **({} if is_taught else NO_CLIP)}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        data = seeded_data(Path(folder))
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
