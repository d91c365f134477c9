"""Where things lie below the data folder. README.md has the picture."""

import re
from pathlib import PurePosixPath

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RecordingId

MANIFEST = "manifest.json"
PLAYLIST = "index.m3u8"
VOICE_PLAYLIST = "voice.m3u8"
VOICE_PREFIX = "voice-"
BEGUN_PREFIX = "begun-"
LOW_SUFFIX = "-low"
HLS = "hls"
JOURNAL_SUFFIX = ".rtpj"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_PLAYABLE_FILE = re.compile(r"[a-z0-9][a-z0-9-]{0,40}/(index\.m3u8|init-\d{1,6}\.mp4|\d{6,9}\.m4s)")


def is_id(text: str) -> bool:
    """True if `text` may be the name of a recording's or lesson's folder."""
    return _ID.fullmatch(text) is not None


def recording_folder(recording_id: RecordingId) -> PurePosixPath:
    """Folder of a recording. Raises UserError `recording-file-unknown` for a name that is no id."""
    if not is_id(recording_id):
        raise UserError("recording-file-unknown", recording_id=recording_id)
    return PurePosixPath("recordings") / recording_id


def lesson_timeline(lesson_id: LessonId) -> PurePosixPath:
    """The lesson's numbered events, written by the main process. Raises like the above."""
    if not is_id(lesson_id):
        raise UserError("recording-file-unknown", lesson_id=lesson_id)
    return PurePosixPath("lessons") / lesson_id / "timeline.jsonl"


def playable_file(recording_id: RecordingId, path: str) -> PurePosixPath:
    """A playlist, init section or segment. Raises UserError `recording-file-unknown` for every
    other path: only names we make ourselves exist for a reader."""
    if _PLAYABLE_FILE.fullmatch(path) is None:
        raise UserError("recording-file-unknown", recording_id=recording_id)
    return recording_folder(recording_id) / HLS / path


def voiced_from(path: str) -> str | None:
    """The file that `path` shows without its picture (`lead/voice-000001.m4s` of
    `lead/000001.m4s`); None if it is no such path."""
    folder, slash, name = path.partition("/")
    if name == VOICE_PLAYLIST:
        return folder + slash + PLAYLIST
    return folder + slash + name[len(VOICE_PREFIX) :] if name.startswith(VOICE_PREFIX) else None


def begun_from(path: str) -> str | None:
    """The segment of which `path` (`lead/begun-000001.m4s`, `lead/begun-voice-000001.m4s`) shows
    what there is so far; None if it is no such path."""
    folder, slash, name = path.partition("/")
    return folder + slash + name[len(BEGUN_PREFIX) :] if name.startswith(BEGUN_PREFIX) else None


def low_copy(name: str) -> str:
    """Folder of a playable's low copy, beside the playable's."""
    return name + LOW_SUFFIX


def run_folder(number: int) -> str:
    """Folder of one recording run, counted from 1."""
    return f"run-{number:04d}"


def journal_file(number: int) -> str:
    """A journal file of a run, counted from 1."""
    return f"journal-{number:04d}{JOURNAL_SUFFIX}"


def init_file(section: int) -> str:
    """Init section of a playable, counted from 1."""
    return f"init-{section}.mp4"


def segment_file(number: int) -> str:
    """Segment of a playable, counted from 1."""
    return f"{number:06d}.m4s"


def begun_file(number: int) -> str:
    """The beginning of a segment that is not complete yet."""
    return BEGUN_PREFIX + segment_file(number)
