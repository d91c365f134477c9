"""Deletes the journals of recordings that were finished long ago; what is played stays."""

import logging
from pathlib import Path

from recorder.io.manifest import READY
from recorder.io.remux import read_manifest
from recorder.io.store import RecordingFolder, recording_ids
from recorder.plan.retention import is_expired
from streamsvc.base.errors import EnvironmentFault

log = logging.getLogger("recorder.retention")


def delete_old_journals(data_dir: Path, keep_days: int, now_ms: int) -> int:
    """Blocking. Returns how many files went. A recording that is not whole and playable keeps its
    journal for ever: it may be all there is of it."""
    deleted = 0
    for recording_id in recording_ids(data_dir):
        folder = RecordingFolder(data_dir, recording_id)
        if not _can_do_without(folder):
            continue
        for journal in folder.journals():
            if is_expired(int(journal.stat().st_mtime * 1000), keep_days, now_ms):
                journal.unlink(missing_ok=True)
                deleted += 1
    if deleted:
        log.info("= deleted %d journal files older than %d days", deleted, keep_days)
    return deleted


def _can_do_without(folder: RecordingFolder) -> bool:
    try:
        manifest = read_manifest(folder)
    except EnvironmentFault:
        return False
    return manifest.state == READY and all(track.ready for track in manifest.tracks)
