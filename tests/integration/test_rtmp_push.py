"""Encoders push by RTMP: the door, FFmpeg behind it, our relay, our viewer. No lesson, no page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from relay.ingest import push_gate
from relay.ingest.push_desk import OpenedPush, PushDesk
from relay.ingest.push_door import MOST_STRANGERS_OF_ADDRESS, PushDoor
from relay.ingest.teach import SourceReport
from streamsvc.base.errors import UserError
from streamsvc.base.media import Slot
from tests.support.media_doors import MediaDoors, media_doors, viewer
from tests.support.pushers import (
    H264,
    H265,
    by_ffmpeg,
    by_gstreamer,
    needs_rtmp2sink,
    pushing,
    write_scene,
)
from tests.support.screens import GREEN, RED
from tests.support.waiting import until

pytestmark = pytest.mark.integration
B_FRAMES = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "30", "-pix_fmt", "yuv420p"]


@dataclass
class Told(PushDesk):
    """A service that knows one key, and remembers what it was told."""

    doors: MediaDoors
    http: httpx.AsyncClient
    server: str = ""
    reports: list[SourceReport] = field(default_factory=list)
    refuses: str = ""
    guesses: int = 0

    async def open(self, key: str, address: str) -> OpenedPush:
        if key != "good":
            self.guesses += 1
            wait = {"retry_after_seconds": 60}
            raise UserError("too-many-tries", **wait) if self.guesses > 2 else _unknown()
        return OpenedPush(self, "push", "recorder", self.doors.whip(Slot.LEAD))

    async def news(self, push_id: str, report: SourceReport, *, flows: bool, over: bool) -> str:
        if self.refuses and not over:
            raise UserError(self.refuses)
        if not self.reports or self.reports[-1] != report:
            self.reports.append(report)
        return "recorder"

    @property
    def states(self) -> list[str]:
        """In order, errors by their ids."""
        return [r.error.error_id if r.error else str(r.state) for r in self.reports]


def _unknown() -> UserError:
    return UserError("stream-key-unknown")


@dataclass
class Pushed:
    """A door that is open."""

    desk: Told
    port: int

    def url(self, key: str = "good") -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{key}"


@pytest.fixture
async def pushed() -> AsyncIterator[Pushed]:
    async with media_doors() as doors, _opened(doors) as opened:
        yield opened


@asynccontextmanager
async def _opened(doors: MediaDoors) -> AsyncIterator[Pushed]:
    async with httpx.AsyncClient() as http:
        desk = Told(doors, http)
        door = PushDoor(desk, "")
        port = await door.open("127.0.0.1", 0)
        try:
            yield Pushed(desk, port)
        finally:
            await door.close()


async def _is_seen_and_heard(pushed: Pushed) -> None:
    async with viewer(pushed.desk.doors) as watching:
        seen = watching.seen
        await until(lambda: seen.pictures[0].frames > 15, 30, "the encoder's picture")
        await until(lambda: seen.sounds[0].loudest > 0.05, 20, "the encoder's tone")
        assert (seen.pictures[0].width, seen.pictures[0].height) == (320, 240)


@pytest.mark.parametrize("video", [H264, H265, B_FRAMES], ids=["h264", "h265", "b-frames"])
async def test_ffmpeg_is_seen_and_heard(pushed: Pushed, tmp_path: Path, video: list[str]) -> None:
    command = by_ffmpeg(pushed.url(), RED.color, RED.tone_hz, video)
    async with pushing(command, tmp_path / "log") as pusher:
        await until(lambda: pushed.desk.states[-1:] == ["on_air"], 30, pusher.log.read_text())
        assert pushed.desk.reports[-1].is_recoding == (video is not H264)
        await _is_seen_and_heard(pushed)
        await pusher.kill()
        await until(lambda: pushed.desk.states[-1] == "push-ended", 10, "its end is told")
    lines = pushed.desk.doors.events.lines
    assert [line for line in lines if "lead" in line] == [
        "publication_opened lead",
        "publication_closed lead asked",
    ]


@needs_rtmp2sink
async def test_gstreamer_is_seen_and_heard(pushed: Pushed, tmp_path: Path) -> None:
    film = write_scene(tmp_path / "film.mp4", GREEN.color, GREEN.tone_hz)
    async with pushing(by_gstreamer(pushed.url(), film), tmp_path / "log") as pusher:
        await until(lambda: pushed.desk.states[-1:] == ["on_air"], 30, pusher.log.read_text())
        assert not pushed.desk.reports[-1].is_recoding
        await _is_seen_and_heard(pushed)


async def test_a_revoked_key_cuts_the_push(pushed: Pushed, tmp_path: Path) -> None:
    async with pushing(by_ffmpeg(pushed.url(), RED.color, RED.tone_hz), tmp_path / "log") as pusher:
        await until(lambda: "on_air" in pushed.desk.states, 30, "on air")
        pushed.desk.refuses = "stream-key-revoked"
        await until(lambda: pusher.process.returncode is not None, 15, "it is cut off")
    assert pushed.desk.states[-1] == "stream-key-revoked"


async def test_guesses_are_told_so_and_then_not_heard(pushed: Pushed, tmp_path: Path) -> None:
    said = []
    for number in range(4):
        log = tmp_path / f"{number}.log"
        command = by_ffmpeg(pushed.url("bad"), RED.color, RED.tone_hz)
        async with pushing(command, log) as pusher:
            await until(lambda: pusher.process.returncode is not None, 20, "it is refused")
        said.append(log.read_text())
    assert ["stream-key-unknown" in text for text in said] == [True, True, False, False]
    assert "too-many-tries" in said[2]
    assert pushed.desk.guesses == 3  # the fourth was not even asked about
    assert pushed.desk.reports == []


async def test_who_says_no_rtmp_costs_nothing_and_is_cut(pushed: Pushed) -> None:
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x06" * 2000, b"\x03" + bytes(3072) + b"\xff" * 500):
        reader, writer = await asyncio.open_connection("127.0.0.1", pushed.port)
        writer.write(said)
        async with asyncio.timeout(10):
            while await reader.read(4096):
                pass
        writer.close()
    assert pushed.desk.guesses == 0


async def test_silent_strangers_are_few_and_do_not_stay(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_gate, "WORDS_SECONDS", 1.0)
    many = MOST_STRANGERS_OF_ADDRESS + 4
    opened = [await asyncio.open_connection("127.0.0.1", pushed.port) for _ in range(many)]
    async with asyncio.timeout(10):
        ends = await asyncio.gather(*(_ended(reader) for reader, _ in opened))
    assert sum(ended < 0.5 for ended in ends) == 4
    for _, writer in opened:
        writer.close()


async def _ended(reader: asyncio.StreamReader) -> float:
    """How long until it was cut."""
    began = asyncio.get_running_loop().time()
    with suppress(ConnectionError):
        assert await reader.read() == b""
    return asyncio.get_running_loop().time() - began
