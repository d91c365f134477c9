import os
from pathlib import Path

import pytest

from recorder.io.manifest import LIVE, READY, Manifest, ManifestTrack
from recorder.io.remux import remux
from recorder.io.retention import delete_old_journals
from recorder.io.store import RecordingFolder
from recorder.plan.retention import DAY_MS
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import MediaKind, Slot

NOW_MS = 1_800_000_000_000


def recorded(data: Path, name: str, state: str, *, ready: bool, age_days: float) -> Path:
    """A recording with one journal file of that age; the path of the journal."""
    folder = RecordingFolder(data, RecordingId(name))
    run = folder.begin_run()
    journal = run / "journal-0001.rtpj"
    journal.write_bytes(b"packets")
    written = (NOW_MS - age_days * DAY_MS) / 1000
    os.utime(journal, (written, written))
    manifest = Manifest(RecordingId(name), LessonId("les_1"), "t", NOW_MS, state)
    manifest.tracks = [ManifestTrack("lead", Slot.LEAD, "Lin", (MediaKind.AUDIO,), ready)]
    folder.write_manifest(manifest.to_json())
    return journal


def test_only_old_journals_of_whole_recordings_go(tmp_path: Path) -> None:
    old = recorded(tmp_path, "rec_old", READY, ready=True, age_days=31)
    kept = [
        recorded(tmp_path, "rec_young", READY, ready=True, age_days=29),
        recorded(tmp_path, "rec_live", LIVE, ready=True, age_days=99),
        recorded(tmp_path, "rec_half", READY, ready=False, age_days=99),
    ]
    assert delete_old_journals(tmp_path, 30, NOW_MS) == 1
    assert not old.exists()
    assert all(journal.exists() for journal in kept)
    assert delete_old_journals(tmp_path, 30, NOW_MS) == 0


def test_a_recording_without_its_journal_is_not_rebuilt(tmp_path: Path) -> None:
    journal = recorded(tmp_path, "rec_old", READY, ready=True, age_days=31)
    hls = journal.parents[1] / "hls" / "lead"
    hls.mkdir(parents=True)
    delete_old_journals(tmp_path, 30, NOW_MS)
    with pytest.raises(EnvironmentFault, match="journal-gone"):
        remux(journal.parents[1])
    assert hls.exists()
