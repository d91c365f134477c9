"""The tap against a Unix socket that behaves like the recorder, and like a dead one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from relay.io.tap import TapWriter
from streamsvc.base.clock import SystemClock
from streamsvc.base.ids import LessonId, ParticipantId, RecordingId
from streamsvc.base.media import Codec, MediaKind, Slot, Track
from streamsvc.base.tap import TapControl, TapPacket, TapReader, encode_control
from tests.support.waiting import until

LESSON = LessonId("les_1")
RECORDING = RecordingId("rec_1")
TRACK = Track(70_001, LESSON, Slot.LEAD, MediaKind.VIDEO, Codec.H264, ParticipantId("p"), "Ms Li")


@dataclass
class FakeRecorder:
    """Keeps every frame by connection."""

    path: Path
    connections: list[list[TapControl | TapPacket]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(self._connected, path=str(self.path))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames: list[TapControl | TapPacket] = []
        self.connections.append(frames)
        self.writers.append(writer)
        tap = TapReader()
        while data := await reader.read(65_536):
            frames += tap.feed(data)
        writer.close()

    def say(self, type: str, **fields: Any) -> None:
        self.writers[-1].write(encode_control(type, **fields))

    async def die(self) -> None:
        if self.server is not None:
            self.server.close()
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    def packets(self) -> list[bytes]:
        return [frame.packet for frame in self.connections[-1] if isinstance(frame, TapPacket)]

    def controls(self) -> list[str]:
        return [frame.type for frame in self.connections[-1] if isinstance(frame, TapControl)]


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[FakeRecorder]:
    fake = FakeRecorder(tmp_path / "tap")
    yield fake
    await fake.die()


@dataclass
class Heard:
    statuses: list[dict[str, Any]] = field(default_factory=list)
    keyframes: list[tuple[LessonId, int]] = field(default_factory=list)
    tapped: list[bool] = field(default_factory=list)

    def keyframe(self, lesson_id: LessonId, track_number: int) -> None:
        self.keyframes.append((lesson_id, track_number))

    def set_tapped(self, lesson_id: LessonId, *, is_tapped: bool) -> None:
        self.tapped.append(is_tapped)


@pytest.fixture
async def tap(recorder: FakeRecorder) -> AsyncIterator[TapWriter]:
    writer = TapWriter(recorder.path, SystemClock())
    yield writer
    await writer.close_all()


async def test_a_recording_from_open_to_ready(tap: TapWriter, recorder: FakeRecorder) -> None:
    heard = Heard()
    tap.listen(heard.statuses.append, heard.keyframe, heard.set_tapped)
    await recorder.start()
    tap.open(RECORDING, LESSON, "Fractions")
    assert heard.tapped == [True]
    tap.track_opened(TRACK, 5)
    tap.packet(TRACK.number, 6, b"first")
    await until(lambda: recorder.connections and recorder.packets() == [b"first"])
    opened, track, packet = recorder.connections[0]
    assert isinstance(opened, TapControl) and isinstance(track, TapControl)
    assert opened.fields["next_packet"] == 1 and opened.fields["title"] == "Fractions"
    assert (track.fields["number"], track.fields["label"]) == (1, "Ms Li")
    assert packet == TapPacket(1, 6, b"first")
    recorder.say("keyframe", number=1)
    await until(lambda: heard.keyframes == [(LESSON, TRACK.number)])
    tap.track_closed(TRACK.number, 9)
    tap.close(RECORDING)
    await until(lambda: recorder.controls() == ["open", "track", "track_closed", "close"])
    assert heard.tapped == [True, False]
    recorder.say("status", state="ready")
    await until(lambda: heard.statuses == [{"state": "ready"}])


async def test_a_recorder_that_dies_gets_again_what_it_had_not_synced(
    tap: TapWriter, recorder: FakeRecorder
) -> None:
    await recorder.start()
    tap.open(RECORDING, LESSON, "Fractions")
    tap.track_opened(TRACK, 5)
    for name in (b"1", b"2", b"3"):
        tap.packet(TRACK.number, 6, name)
    await until(lambda: recorder.connections and len(recorder.packets()) == 3)
    recorder.say("synced", packet=2)
    await until(lambda: not _unsynced_above(tap, 1))
    await recorder.die()
    tap.packet(TRACK.number, 7, b"4")
    await recorder.start()
    await until(lambda: len(recorder.connections) == 2 and len(recorder.packets()) == 2)
    opened = recorder.connections[1][0]
    assert isinstance(opened, TapControl) and opened.fields["next_packet"] == 3
    assert recorder.controls() == ["open", "track"]
    assert recorder.packets() == [b"3", b"4"]


async def test_a_recorder_that_dies_while_it_ends_a_recording_is_told_of_the_end_again(
    tap: TapWriter, recorder: FakeRecorder
) -> None:
    heard = Heard()
    tap.listen(heard.statuses.append, heard.keyframe, heard.set_tapped)
    await recorder.start()
    tap.open(RECORDING, LESSON, "Fractions")
    tap.track_opened(TRACK, 5)
    tap.packet(TRACK.number, 6, b"only")
    await until(lambda: recorder.connections and recorder.packets() == [b"only"])
    tap.close(RECORDING)
    await until(lambda: recorder.controls()[-1:] == ["close"])
    recorder.say("synced", packet=1)
    await until(lambda: not _unsynced_above(tap, 0))
    await recorder.die()
    await recorder.start()
    await until(lambda: len(recorder.connections) == 2 and "close" in recorder.controls())
    recorder.say("status", state="ready")
    await until(lambda: heard.statuses == [{"state": "ready"}])


def _unsynced_above(tap: TapWriter, frames: int) -> bool:
    return tap.unsynced_frames(RECORDING) > frames


async def test_packets_of_a_lesson_that_is_not_recorded_go_nowhere(
    tap: TapWriter, recorder: FakeRecorder
) -> None:
    await recorder.start()
    tap.track_opened(TRACK, 5)
    tap.packet(TRACK.number, 6, b"unheard")
    tap.track_closed(TRACK.number, 7)
    assert tap.unsynced_frames(RECORDING) == 0
    assert recorder.connections == []


async def test_a_recording_that_begins_before_its_recorder_waits(
    tap: TapWriter, recorder: FakeRecorder
) -> None:
    tap.open(RECORDING, LESSON, "Fractions")
    tap.track_opened(TRACK, 5)
    tap.packet(TRACK.number, 6, b"early")
    await recorder.start()
    await until(lambda: recorder.connections and recorder.packets() == [b"early"])
