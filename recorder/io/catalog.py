"""Recordings as readers see them, from the data folder alone; the recorder need not run."""

from contextlib import suppress
from pathlib import Path

from recorder.io.manifest import LIVE, READY, Manifest, ManifestTrack
from recorder.io.store import RecordingFolder, folder_bytes, recording_ids
from recorder.plan import naming, playlist, voice_only
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RecordingId
from streamsvc.base.recordings import PlayableRecording, PlayableTrack


class FolderCatalog:
    """Implements signaling's RecordingCatalog. Blocking reads; every call looks anew."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def find(self, recording_id: RecordingId) -> PlayableRecording | None:
        """What can be played of it now; None if there is nothing on disk."""
        if not naming.is_id(recording_id):
            return None
        folder = RecordingFolder(self._data_dir, recording_id)
        manifest = _manifest(folder)
        if manifest is None:
            return None
        tracks = tuple(_playable(folder, manifest, track) for track in manifest.tracks)
        return PlayableRecording(
            recording_id=recording_id,
            lesson_id=manifest.lesson_id,
            started_at_ms=manifest.started_at_ms,
            duration_ms=max((track.start_ms + track.duration_ms for track in tracks), default=0),
            is_live=manifest.state == LIVE,
            bytes=manifest.bytes if manifest.state == READY else folder_bytes(folder.path),
            lost_ms=manifest.lost_ms,
            tracks=tracks,
        )

    def all_ids(self) -> list[RecordingId]:
        """Every recording on disk, also those the database does not know yet."""
        return recording_ids(self._data_dir)

    def file(self, recording_id: RecordingId, path: str) -> Path:
        """A playlist, init section or segment. Raises UserError `recording-file-unknown`."""
        return self._existing(
            recording_id, self._data_dir / naming.playable_file(recording_id, path)
        )

    def window(self, recording_id: RecordingId, path: str, from_wall_ms: int) -> str:
        """The playlist `path` (`lead/index.m3u8`, `lead/voice.m3u8`) from that moment on, and what
        there is of the next segment. Raises
        UserError `recording-file-unknown`."""
        voiced = naming.voiced_from(path)
        if not path.endswith(".m3u8"):
            raise UserError("recording-file-unknown", recording_id=recording_id)
        file = self.file(recording_id, voiced or path)
        text = playlist.window(file.read_text(), from_wall_ms)
        begun = file.with_name(naming.begun_file(playlist.next_number(text)))
        if begun.exists():
            text = playlist.hinted(text, begun.name)
        return text if voiced is None else voice_only.playlist(text)

    def voice(self, recording_id: RecordingId, path: str) -> bytes:
        """A file without its picture: `lead/voice-init-1.mp4`, `lead/voice-000001.m4s`. Raises
        UserError `recording-file-unknown`, also where there is no voice."""
        voiced = naming.voiced_from(path)
        if voiced is None:
            raise UserError("recording-file-unknown", recording_id=recording_id)
        return self._voiced(recording_id, voiced, self.file(recording_id, voiced).read_bytes())

    def begun(self, recording_id: RecordingId, path: str) -> bytes:
        """What there is of a segment, complete or not: `lead/begun-000001.m4s`, or without its
        picture `lead/begun-voice-000001.m4s`. Raises UserError `recording-file-unknown`."""
        wanted = naming.begun_from(path) or ""
        voiced = naming.voiced_from(wanted)
        segment = self._data_dir / naming.playable_file(recording_id, voiced or wanted)
        begun = segment.with_name(naming.BEGUN_PREFIX + segment.name)
        data = _first_of(segment, begun, segment)  # it may be completed meanwhile
        if data is None:
            raise UserError("recording-file-unknown", recording_id=recording_id)
        return data if voiced is None else self._voiced(recording_id, voiced, data)

    def timeline(self, recording_id: RecordingId) -> Path:
        """The lesson's `timeline.jsonl`. Raises UserError `recording-file-unknown`."""
        folder = RecordingFolder(self._data_dir, recording_id)
        manifest = _manifest(folder)
        if manifest is None:
            raise UserError("recording-file-unknown", recording_id=recording_id)
        path = self._data_dir / naming.lesson_timeline(manifest.lesson_id)
        return self._existing(recording_id, path)

    def _voiced(self, recording_id: RecordingId, path: str, data: bytes) -> bytes:
        """`data`, which is of `path`, without its picture."""
        try:
            if path.endswith(".mp4"):
                return voice_only.init(data)
            first = f"{path.partition('/')[0]}/{naming.init_file(1)}"
            track = voice_only.voice_track(self.file(recording_id, first).read_bytes())
            return voice_only.segment(data, track)
        except ValueError as error:
            raise UserError("recording-file-unknown", recording_id=recording_id) from error

    def _existing(self, recording_id: RecordingId, path: Path) -> Path:
        if not path.is_file():
            raise UserError("recording-file-unknown", recording_id=recording_id)
        return path


def _first_of(*paths: Path) -> bytes | None:
    for path in paths:
        with suppress(FileNotFoundError):
            return path.read_bytes()
    return None


def _manifest(folder: RecordingFolder) -> Manifest | None:
    loaded = folder.manifest()
    if loaded is None:
        return None
    try:
        return Manifest.from_json(loaded)
    except (KeyError, ValueError, TypeError):
        return None


def _playable(folder: RecordingFolder, manifest: Manifest, track: ManifestTrack) -> PlayableTrack:
    name = f"{track.name}/{naming.PLAYLIST}"
    try:
        extent = playlist.extent((folder.hls / name).read_text())
    except FileNotFoundError:
        extent = None
    return PlayableTrack(
        name=track.name,
        slot=track.slot,
        label=track.label,
        kinds=track.kinds,
        start_ms=extent.start_wall_ms - manifest.started_at_ms if extent else 0,
        duration_ms=extent.end_wall_ms - extent.start_wall_ms if extent else 0,
        playlist=name if extent else "",
        ready=track.ready,
        progress=track.progress,
    )
