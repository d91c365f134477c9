"""Reading recordings without a recorder."""

import json
from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from recorder.io.manifest import Manifest, ManifestTrack
from recorder.io.store import RecordingFolder, write_whole
from recorder.plan.playlist import Playlist
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import MediaKind, Slot

WALL_MS = 1_800_000_000_000
RECORDING = RecordingId("rec_1")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = RecordingFolder(tmp_path, RECORDING)
    (folder.hls / "lead").mkdir(parents=True)
    manifest = Manifest(RECORDING, LessonId("les_1"), "Fractions", WALL_MS)
    kinds = (MediaKind.AUDIO, MediaKind.VIDEO)
    manifest.tracks = [
        ManifestTrack("lead", Slot.LEAD, "Ms Li", kinds, ready=True),
        ManifestTrack("stage-1", Slot.STAGE, "Room 2", kinds, ready=False, progress=0.25),
    ]
    folder.write_manifest(manifest.to_json())
    playlist = Playlist()
    playlist.add("000001.m4s", "init-1.mp4", 2_000, WALL_MS + 300)
    (folder.hls / "lead/index.m3u8").write_text(playlist.text())
    (folder.hls / "lead/000001.m4s").write_bytes(b"segment")
    return tmp_path


def test_a_live_recording(data_dir: Path) -> None:
    found = FolderCatalog(data_dir).find(RECORDING)
    assert found is not None
    lead, stage = found.tracks
    assert (found.is_live, found.started_at_ms, found.duration_ms) == (True, WALL_MS, 2_300)
    assert (lead.start_ms, lead.duration_ms, lead.playlist) == (300, 2_000, "lead/index.m3u8")
    assert (stage.playlist, stage.ready, stage.progress) == ("", False, 0.25)
    assert found.bytes > 7


def test_what_is_not_there(data_dir: Path) -> None:
    catalog = FolderCatalog(data_dir)
    assert catalog.find(RecordingId("rec_2")) is None
    assert catalog.find(RecordingId("../rec_1")) is None
    assert catalog.all_ids() == [RECORDING]
    assert FolderCatalog(data_dir / "nowhere").all_ids() == []


def test_files(data_dir: Path) -> None:
    catalog = FolderCatalog(data_dir)
    assert catalog.file(RECORDING, "lead/000001.m4s").read_bytes() == b"segment"
    for path in ("lead/000002.m4s", "../manifest.json", "lead/../../manifest.json"):
        with pytest.raises(UserError, match="recording-file-unknown"):
            catalog.file(RECORDING, path)


def test_the_timeline_is_the_lesson_s(data_dir: Path) -> None:
    catalog = FolderCatalog(data_dir)
    with pytest.raises(UserError, match="recording-file-unknown"):
        catalog.timeline(RECORDING)
    path = data_dir / "lessons/les_1/timeline.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    assert catalog.timeline(RECORDING) == path


def test_a_damaged_manifest_hides_one_recording_only(data_dir: Path) -> None:
    manifest = data_dir / "recordings/rec_1/manifest.json"
    manifest.write_text('{"version": 1')
    assert FolderCatalog(data_dir).find(RECORDING) is None
    manifest.write_text(json.dumps({"version": 1}))
    assert FolderCatalog(data_dir).find(RECORDING) is None


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"old")
    with pytest.raises(OSError):
        write_whole(tmp_path / "missing" / "file", b"new")
    write_whole(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"new"
