"""From a recording's journals to its HLS: live behind the journal, after a crash, or all anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

from recorder.io.hls_folder import HlsFolder
from recorder.io.journal_tail import JournalTail
from recorder.io.manifest import REMUX_VERSION, Manifest
from recorder.io.store import RecordingFolder
from recorder.io.transcoder import Vp8Transcoder
from recorder.plan.journal import ControlRecord
from recorder.plan.program import Cut, Program
from recorder.plan.runs import ENDED
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import RecordingId
from streamsvc.base.recordings import UNREADABLE


class Remux:
    """Follows the journals. `pump()` does what can be done now; blocking, for a thread of its own.

    `only` limits it to playables accepted by that predicate (the program still sees all records);
    `limit` is the writer's word on how far a journal may be read (JournalTail).
    """

    def __init__(
        self,
        folder: RecordingFolder,
        manifest: Manifest,
        *,
        hls: Path | None = None,
        is_transcoding: bool = False,
        only: Callable[[str], bool] = lambda name: True,
        limit: Callable[[Path], int | None] = lambda path: None,
    ) -> None:
        self.manifest = manifest
        self.program = Program(
            manifest.started_at_ms, transcoder=Vp8Transcoder if is_transcoding else None
        )
        self.tail = JournalTail(folder, limit)
        self._hls = hls or folder.hls
        self._only = only
        self._folders: dict[str, HlsFolder] = {}
        self._unwritten: list[Cut] = []

    @property
    def is_ended(self) -> bool:
        """The last record read says that nothing follows, and all of it is written."""
        return self.program.is_ended and not self._unwritten

    @property
    def bytes_written(self) -> int:
        """Of segments made by this object."""
        return sum(folder.bytes_written for folder in self._folders.values())

    def pump(self, is_stopped: Callable[[], bool] = lambda: False) -> bool:
        """Read and write all there is. True if there was something. Raises OSError (a full disk):
        call it again later, nothing is lost. `publish()` shows it."""
        self._write_cuts()
        is_new = False
        for record in self.tail.poll():
            is_new = True
            self._unwritten += self.program.feed(record)
            if self._unwritten:
                self._write_cuts()
            if is_stopped():
                break
        return is_new

    def publish(self) -> None:
        """Let readers see what was written, and what is certain of the next segments. Not before
        all that was there is read: a playlist never becomes shorter. Raises OSError."""
        for folder in self._folders.values():
            folder.publish()
        for cut in self.program.begun():
            if self._only(cut.playable):
                self._folder(cut.playable).write_begun(cut)

    def end(self) -> None:
        """Nothing follows: make the playlists final. Raises OSError."""
        if not self.program.is_ended:
            self._unwritten += self.program.feed(ControlRecord(ENDED, {}))
        self._write_cuts()
        for folder in self._folders.values():
            folder.end()

    def close(self) -> None:
        """Let go of files. Harmless when repeated."""
        self.tail.close()
        for folder in self._folders.values():
            folder.close()

    def _write_cuts(self) -> None:
        while self._unwritten:
            cut = self._unwritten[0]
            if self._only(cut.playable):
                self._folder(cut.playable).write(cut)
            self._unwritten.pop(0)

    def _folder(self, name: str) -> HlsFolder:
        if name not in self._folders:
            path = self._hls / name
            self._folders[name] = HlsFolder(path, self.manifest.started_at_ms)
        return self._folders[name]


def read_manifest(folder: RecordingFolder) -> Manifest:
    """The folder's manifest. Raises EnvironmentFault `recording-unreadable` without one."""
    loaded = folder.manifest()
    try:
        return Manifest.from_json(loaded or {})
    except (KeyError, ValueError, TypeError) as error:
        raise EnvironmentFault(UNREADABLE, recording_id=folder.recording_id) from error


def drop_outdated(folder: RecordingFolder, manifest: Manifest) -> None:
    """Remove segments made by other rules than today's; they are made again from the journal."""
    if manifest.remux_version != REMUX_VERSION:
        shutil.rmtree(folder.hls, ignore_errors=True)
        manifest.remux_version = REMUX_VERSION


def remux(
    path: Path,
    *,
    only: Callable[[str], bool] = lambda name: True,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Manifest:
    """Make the HLS of a recording's folder anew from its journals, VP8 transcoded.

    The old files are replaced, playable by playable, when the new ones are complete. The caller
    writes the returned manifest. Raises EnvironmentFault `recording-unreadable`, `journal-gone`
    (deleted after its days: nothing is touched), OSError.
    """
    folder = RecordingFolder(path.resolve().parent.parent, RecordingId(path.name))
    if not folder.journals():
        raise EnvironmentFault("journal-gone", recording_id=path.name)
    manifest = read_manifest(folder)
    fresh = folder.path / "hls.new"
    shutil.rmtree(fresh, ignore_errors=True)
    work = Remux(folder, manifest, hls=fresh, is_transcoding=True, only=only)
    size = sum(journal.stat().st_size for journal in folder.journals()) or 1
    work.pump(lambda: _report(on_progress, min(1.0, work.tail.bytes_read / size)))
    work.end()
    work.close()
    _swap(fresh, folder.hls)
    manifest.describe(work.program)
    for track in manifest.tracks:
        track.ready, track.progress = track.ready or only(track.name), 1.0
    return manifest


def _report(on_progress: Callable[[float], None], share: float) -> bool:
    """For `pump()`, which asks after each record whether to stop: never, but say how far it is."""
    on_progress(share)
    return False


def _swap(fresh: Path, hls: Path) -> None:
    """Put each new playable in the place of the old one."""
    hls.mkdir(exist_ok=True)
    for playable in sorted(fresh.iterdir()) if fresh.exists() else []:
        target = hls / playable.name
        shutil.rmtree(target, ignore_errors=True)
        playable.replace(target)
    shutil.rmtree(fresh, ignore_errors=True)


def rebuild(path: Path) -> None:
    """`remux`, and the manifest says so. Raises like it."""
    manifest = remux(path)
    folder = RecordingFolder(path.resolve().parent.parent, RecordingId(path.name))
    folder.write_manifest(manifest.to_json())
