"""A full disk: nothing already recorded is harmed, it is said, and recording resumes by itself."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from streamsvc.base.ids import RecordingId
from tests.support.recorder_process import RecorderProcess, play
from tests.support.tap_client import TapClient, lead_tracks, schedule
from tests.support.waiting import until_sync

pytestmark = [pytest.mark.integration, pytest.mark.timeless]
DISK_BYTES = 4 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave_bytes: int = 0) -> Path:
    """Take all the space."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave_bytes))
    return filler


def test_resumes_when_there_is_space_again(small_disk: Path) -> None:
    seconds = 12.0
    tracks = lead_tracks(seconds)
    recorder = RecorderProcess(small_disk)
    recorder.start()
    try:
        _play_through_a_full_disk(small_disk, recorder, seconds)
    finally:
        recorder.kill()
    played = play(recorder.folder() / "hls/lead/index.m3u8")
    print(f"full in the middle: {len(played.pictures)} of {len(tracks[1].clip)} pictures, ", end="")
    print(f"{played.voice_seconds:.2f} of {seconds} s of voice")
    assert played.complaints == []
    assert len(played.pictures) == len(tracks[1].clip)
    assert played.voice_seconds == pytest.approx(seconds, abs=0.05)


def _play_through_a_full_disk(disk: Path, recorder: RecorderProcess, seconds: float) -> None:
    tracks = lead_tracks(seconds)
    client = TapClient()
    client.connect(recorder.socket_path, tracks)
    packets = schedule(tracks, client.wall_ms)
    third = len(packets) // 3
    client.play(packets[:third])
    until_sync(lambda: not client.unsynced, 10)
    playlist = recorder.folder() / "hls/lead/index.m3u8"
    until_sync(playlist.exists, 10)
    before = playlist.read_text()

    filler = fill(disk)
    client.play(packets[third : 2 * third])
    until_sync(lambda: client.state() == "stopped", 10)
    assert client.statuses[-1]["reason"] == "disk-full"
    assert playlist.read_text().startswith(before)
    assert play(playlist).complaints == []

    filler.unlink()
    until_sync(lambda: client.state() == "recording", 10)
    client.play(packets[2 * third :])
    client.close(seconds * 1000)
    until_sync(lambda: client.state() == "ready", 20)
    client.disconnect()


def test_stops_before_the_last_space_is_gone(small_disk: Path) -> None:
    recorder = RecorderProcess(small_disk, min_free_bytes=DISK_BYTES * 2)
    recorder.start()
    client = TapClient()
    client.connect(recorder.socket_path, lead_tracks(2.0))
    until_sync(lambda: client.state() == "stopped", 10)
    assert client.statuses[-1]["reason"] == "disk-full"
    client.disconnect()
    recorder.kill()


def test_what_memory_can_not_hold_is_counted_as_lost(small_disk: Path) -> None:
    seconds = 60.0
    recorder = RecorderProcess(small_disk, pending_bytes=1 << 18)
    recorder.start()
    tracks = lead_tracks(seconds)
    client = TapClient()
    client.connect(recorder.socket_path, tracks)
    packets = schedule(tracks, client.wall_ms)
    client.play(packets[:500])
    until_sync(lambda: not client.unsynced, 10)
    filler = fill(small_disk)
    client.play(packets[500:])
    until_sync(lambda: client.state() == "stopped", 10)
    assert client.statuses[-1]["reason"] == "disk-full"
    filler.unlink()
    until_sync(lambda: client.state() == "recording", 10)
    client.close(seconds * 1000)
    until_sync(lambda: client.state() == "ready", 20)
    client.disconnect()
    recorder.kill()
    found = FolderCatalog(small_disk).find(RecordingId("rec_test"))
    assert found is not None
    print(f"lost to a disk full for long: {found.lost_ms} ms")
    assert 10_000 < found.lost_ms < seconds * 1000
    assert found.duration_ms == pytest.approx(seconds * 1000, abs=300)
    assert play(recorder.folder() / "hls/lead/index.m3u8").complaints == []
