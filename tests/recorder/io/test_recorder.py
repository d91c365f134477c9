"""The recorder as the main process sees it."""

import asyncio
from typing import Any

import pytest

from recorder.io.recorder import SILENT_SECONDS, Recorder
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.recordings import RecordingState, RecordingStatus
from tests.support.clock import ManualClock

RECORDING, LESSON = RecordingId("rec_1"), LessonId("les_1")


class Bench:
    """A Recorder between two lists: what it asked of the tap, what it told its listener."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.told: list[RecordingStatus] = []
        self.clock = ManualClock()
        self.recorder = Recorder(
            lambda *opened: self.asked.append(("open", *opened)),
            lambda recording_id: self.asked.append(("close", recording_id)),
            self.clock,
        )
        self.recorder.listen(self.told.append)

    def says(self, state: str, reason: str | None = None, progress: float | None = None) -> None:
        fields = {"recording_id": RECORDING, "state": state, "reason": reason}
        self.recorder.on_status({**fields, "progress": progress})

    async def started(self) -> None:
        starting = asyncio.get_running_loop().create_task(
            self.recorder.start(RECORDING, LESSON, "Title")
        )
        await asyncio.sleep(0)
        self.says("recording")
        await starting


async def test_from_start_to_ready() -> None:
    bench = Bench()
    await bench.started()
    await bench.recorder.end(RECORDING)
    bench.says("finishing", progress=0.5)
    bench.says("ready")
    assert bench.asked == [("open", RECORDING, LESSON, "Title"), ("close", RECORDING)]
    states = [status.state.value for status in bench.told]
    assert states == ["starting", "recording", "finishing", "finishing", "ready"]
    assert bench.told[3].progress == 0.5


async def test_a_recording_of_which_no_files_can_be_made_is_said_to_be_so() -> None:
    bench = Bench()
    await bench.started()
    await bench.recorder.end(RECORDING)
    bench.says("stopped", "disk-full")  # said before the child knew of the end
    bench.says("stopped", "recording-unreadable")
    assert [(status.state.value, status.reason) for status in bench.told[-2:]] == [
        ("finishing", None),
        ("stopped", "recording-unreadable"),
    ]


async def test_both_verbs_may_be_repeated() -> None:
    bench = Bench()
    await bench.started()
    await bench.recorder.start(RECORDING, LESSON, "Title")
    await bench.recorder.end(RECORDING)
    await bench.recorder.end(RECORDING)
    await bench.recorder.end(RecordingId("rec_other"))
    assert len(bench.asked) == 2


async def test_a_full_disk_is_said_at_the_start() -> None:
    bench = Bench()
    starting = asyncio.get_running_loop().create_task(
        bench.recorder.start(RECORDING, LESSON, "Title")
    )
    await asyncio.sleep(0)
    bench.says("stopped", "disk-full")
    with pytest.raises(EnvironmentFault, match="disk-full"):
        await starting
    bench.says("recording")
    assert bench.recorder.status(RECORDING).state is RecordingState.RECORDING


async def test_no_word_from_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.io.recorder.START_SECONDS", 0.01)
    bench = Bench()
    with pytest.raises(EnvironmentFault, match="recorder-down"):
        await bench.recorder.start(RECORDING, LESSON, "Title")
    assert bench.told[-1].reason == "recorder-down"
    bench.says("recording")
    assert bench.told[-1].state is RecordingState.RECORDING


async def test_a_child_that_died_or_fell_silent() -> None:
    bench = Bench()
    await bench.started()
    bench.recorder.on_process_ended()
    assert bench.told[-1].reason == "recorder-restarting"
    bench.says("recording")
    bench.clock.advance(SILENT_SECONDS + 1)
    assert bench.recorder.status(RECORDING).reason == "recorder-down"


async def test_old_words_do_not_undo_the_end() -> None:
    bench = Bench()
    await bench.started()
    await bench.recorder.end(RECORDING)
    bench.says("recording")
    assert bench.recorder.status(RECORDING).state is RecordingState.FINISHING


def test_what_nobody_started_is_off() -> None:
    bench = Bench()
    bench.says("recording")
    assert bench.recorder.status(RECORDING).state is RecordingState.OFF
    assert bench.told == []
