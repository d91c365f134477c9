"""What rooms read of a live recording: from a moment on, and without pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from recorder.io.manifest import Manifest
from recorder.io.remux import Remux
from recorder.plan.playlist import extent
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RecordingId
from tests.recorder.io.test_remux import WALL_MS, journaled, recorded
from tests.support.recorder_process import play
from tests.support.tap_client import lead_tracks, schedule

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


STEPS = 60


def hint_of(text: str) -> str:
    """The name that holds what there is of the next segment; empty where nothing is certain."""
    return text.partition('PRELOAD-HINT:TYPE=PART,URI="')[2].partition('"')[0]


def live_looks(data_dir: Path, playlist: str) -> list[tuple[str, bytes]]:
    """What a room that looks again and again is told of the next segment, and reads of it, while
    seven seconds are recorded."""
    tracks = lead_tracks(7.0)
    folder = journaled(data_dir, tracks, schedule(tracks, WALL_MS))
    (journal,) = folder.journals()
    size, read = journal.stat().st_size, 0
    catalog, looks = FolderCatalog(data_dir), []
    remux = Remux(folder, Manifest.from_json(folder.manifest() or {}), limit=lambda _: read)
    for step in range(1, STEPS + 1):
        read = size * step // STEPS
        remux.pump()
        remux.publish()
        if not (folder.hls / "lead/index.m3u8").exists():
            continue
        if name := hint_of(catalog.window(RECORDING, playlist, WALL_MS)):
            looks.append((name, catalog.begun(RECORDING, f"lead/{name}")))
    remux.end()
    remux.close()
    return looks


@pytest.mark.parametrize("kind", ["index", "voice"])
def test_a_segment_can_be_read_while_it_is_written_and_grows_at_its_end(
    tmp_path: Path, kind: str
) -> None:
    looks = live_looks(tmp_path, f"lead/{kind}.m3u8")
    catalog = FolderCatalog(tmp_path)
    assert {name.startswith("begun-voice-") for name, _ in looks} == {kind == "voice"}
    for name, data in looks:
        whole = name.removeprefix("begun-")
        read = catalog.voice if kind == "voice" else _bytes_of(catalog)
        complete = read(RECORDING, f"lead/{whole}")
        assert complete.startswith(data) and len(data) > 100
        assert catalog.begun(RECORDING, f"lead/{name}") == complete, "who asks late gets all"
    sizes = {len(data) for name, data in looks if name == looks[0][0]}
    assert len(sizes) >= 2, "second by second"
    assert list((tmp_path / "recordings/rec_1/hls/lead").glob("begun-*")) == []


def _bytes_of(catalog: FolderCatalog) -> Callable[[RecordingId, str], bytes]:
    return lambda recording_id, path: catalog.file(recording_id, path).read_bytes()


@pytest.mark.parametrize(
    "path", ["lead/begun-000099.m4s", "lead/000001.m4s", "lead/begun-../x", "lead/begun-x", ""]
)
def test_nothing_else_has_begun(tmp_path: Path, path: str) -> None:
    recorded(tmp_path, lead_tracks(3.0))
    with pytest.raises(UserError, match="recording-file-unknown"):
        FolderCatalog(tmp_path).begun(RECORDING, path)
