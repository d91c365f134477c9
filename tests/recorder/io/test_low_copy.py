"""Low copies: the same lesson with small pictures, made once, by a child."""

import subprocess
import sys
from pathlib import Path

import pytest

from recorder.io.low_copies import MOST_TRIES, LowCopies
from recorder.io.low_copy import SMALL
from recorder.io.remux import remux
from recorder.io.store import RecordingFolder
from recorder.plan.playlist import listed
from streamsvc.base.ids import RecordingId
from streamsvc.base.media import Slot
from tests.recorder.io.test_remux import WALL_MS, journaled
from tests.support.recorder_process import play
from tests.support.tap_client import lead_tracks, schedule
from tests.support.waiting import until

RECORDING = RecordingId("rec_1")
SECONDS = 7.0


def recorded(data_dir: Path, seconds: float = SECONDS) -> RecordingFolder:
    """A lesson that is over."""
    tracks = lead_tracks(seconds)
    folder = journaled(data_dir, tracks, schedule(tracks, WALL_MS))
    folder.write_manifest(remux(folder.path).to_json())
    return folder


def make(path: Path) -> int:
    return subprocess.run(
        [sys.executable, "-m", "recorder.io.low_copy", str(path)], check=False, capture_output=True
    ).returncode


def test_it_is_the_same_lesson_with_less_of_a_picture(tmp_path: Path) -> None:
    folder = recorded(tmp_path)
    assert make(folder.path) == 0
    whole, low = (play(folder.hls / name / "index.m3u8") for name in ("lead", "lead-low"))
    assert low.complaints == []
    assert low.voice_seconds == pytest.approx(whole.voice_seconds)
    most = SMALL[Slot.LEAD].per_second * (SECONDS + 1)
    assert SECONDS * 4 < len(low.pictures) <= most < len(whole.pictures)
    texts = [(folder.hls / name / "index.m3u8").read_text() for name in ("lead", "lead-low")]
    dates = [[(one.wall_ms, one.duration_ms) for one in listed(text)] for text in texts]
    assert dates[0] == dates[1]
    made = (folder.hls / "lead-low" / "000001.m4s").stat().st_mtime_ns
    assert make(folder.path) == 0
    assert (folder.hls / "lead-low" / "000001.m4s").stat().st_mtime_ns == made


def test_pictures_that_are_rubbish_do_not_end_it(tmp_path: Path) -> None:
    folder = recorded(tmp_path)
    segment = folder.hls / "lead" / "000002.m4s"
    data = bytearray(segment.read_bytes())
    at = data.find(b"mdat") + 400
    data[at : at + 2_000] = b"\x5a" * len(data[at : at + 2_000])
    segment.write_bytes(data)
    assert make(folder.path) == 0
    assert (folder.hls / "lead-low" / "index.m3u8").exists()


async def test_whoever_asks_first_has_it_made_for_all(tmp_path: Path) -> None:
    folder = recorded(tmp_path, 3.0)
    copies = LowCopies(tmp_path)
    assert copies.find(RECORDING).bytes is None
    for _ in range(3):
        copies.ask(RECORDING)
    assert copies.find(RECORDING).progress == 0.0
    await until(lambda: copies.find(RECORDING).bytes is not None, 60)
    made = sum(file.stat().st_size for file in (folder.hls / "lead-low").iterdir())
    await until(lambda: copies.find(RECORDING).progress is None)
    assert copies.find(RECORDING).bytes == made
    await copies.close()


async def test_what_fails_twice_is_left(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path, RECORDING)
    folder.path.mkdir(parents=True)
    copies = LowCopies(tmp_path)
    for _ in range(MOST_TRIES):
        copies.ask(RECORDING)
        await until(lambda: copies.find(RECORDING).progress is None, 60)
    copies.ask(RECORDING)
    assert copies.find(RECORDING).progress is None
    await copies.close()
