"""What rooms read of a live recording: from a moment on, and without pictures."""

from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from recorder.plan.playlist import extent
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RecordingId
from tests.recorder.io.test_remux import WALL_MS, recorded
from tests.support.recorder_process import play
from tests.support.tap_client import lead_tracks

RECORDING = RecordingId("rec_1")


def rendition(data_dir: Path, playlist: str, from_ms: int = 0) -> Path:
    """A folder as a room would fill it from the catalog."""
    catalog = FolderCatalog(data_dir)
    folder = data_dir / "read"
    folder.mkdir()
    text = catalog.window(RECORDING, playlist, from_ms)
    (folder / "index.m3u8").write_text(text)
    segments = [line for line in text.splitlines() if line and not line.startswith("#")]
    init = text.partition('URI="')[2].partition('"')[0]
    for name in (init, *segments):
        is_voice = name.startswith("voice-")
        path = f"lead/{name}"
        data = (
            catalog.voice(RECORDING, path)
            if is_voice
            else catalog.file(RECORDING, path).read_bytes()
        )
        (folder / name).write_bytes(data)
    return folder / "index.m3u8"


def test_a_voice_without_its_picture_is_the_same_voice(tmp_path: Path) -> None:
    folder = recorded(tmp_path, lead_tracks(7.0))
    whole, alone = (
        play(folder.hls / "lead" / "index.m3u8"),
        play(rendition(tmp_path, "lead/voice.m3u8")),
    )
    assert alone.complaints == []
    assert alone.voice_seconds == pytest.approx(whole.voice_seconds)
    assert len(alone.pictures) == 0
    kept = sum(file.stat().st_size for file in (tmp_path / "read").glob("*.m4s"))
    full = sum(file.stat().st_size for file in (folder.hls / "lead").glob("*.m4s"))
    assert kept < full / 2


def test_a_window_begins_with_the_segment_that_holds_its_moment(tmp_path: Path) -> None:
    folder = recorded(tmp_path, lead_tracks(9.0))
    text = (folder.hls / "lead" / "index.m3u8").read_text()
    whole = extent(text)
    late = extent(FolderCatalog(tmp_path).window(RECORDING, "lead/index.m3u8", WALL_MS + 5_000))
    assert whole is not None and late is not None
    assert WALL_MS + 1_000 < late.start_wall_ms <= WALL_MS + 5_000
    assert late.end_wall_ms == whole.end_wall_ms
    heard = play(rendition(tmp_path, "lead/index.m3u8", WALL_MS + 5_000))
    assert heard.complaints == []
    assert 3 < heard.voice_seconds < 7


@pytest.mark.parametrize(
    "path", ["lead/voice-../x", "lead/000001.m4s", "voice-lead/000001.m4s", "lead/voice-9.m4s", ""]
)
def test_no_other_file_is_read_as_voice(tmp_path: Path, path: str) -> None:
    recorded(tmp_path, lead_tracks(3.0))
    with pytest.raises(UserError, match="recording-file-unknown"):
        FolderCatalog(tmp_path).voice(RECORDING, path)


def test_a_camera_alone_has_no_voice_to_read(tmp_path: Path) -> None:
    folder = recorded(tmp_path, lead_tracks(3.0))
    init = folder.hls / "lead" / "init-1.mp4"
    init.write_bytes(init.read_bytes().replace(b"soun", b"vide"))
    with pytest.raises(UserError, match="recording-file-unknown"):
        FolderCatalog(tmp_path).voice(RECORDING, "lead/voice-init-1.mp4")
