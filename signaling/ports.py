"""What signaling needs from its siblings. `streamsvc/app.py` passes the implementations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, RecordingId
from streamsvc.base.media import MediaKind, Slot

# ---- relay ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MediaParty:
    """Who is at the other end of a media session, as far as forwarding must know."""

    lesson_id: LessonId
    participant_id: ParticipantId
    label: str
    origin: str
    """Sound and picture are never sent back to the origin they came from (a room's id, a person's)."""


@dataclass(frozen=True, slots=True)
class MediaAnswer:
    """What a WHIP or WHEP POST returns."""

    session_id: MediaSessionId
    sdp: str
    etag: str
    """Quoted entity tag of the ICE session (RFC 9725 §4.3.1)."""


@dataclass(frozen=True, slots=True)
class TrickleAnswer:
    """What a PATCH returns: nothing for trickle, a fragment and a new tag for an ICE restart."""

    fragment: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class SubscriberFlow:
    """What reached one subscriber in the last interval, from its own receiver reports."""

    session_id: MediaSessionId
    party: MediaParty
    voice_packets: int
    picture_packets: int
    fraction_lost: float
    """0 to 1, of the voice."""
    round_trip_ms: float | None
    heard_from_ms_ago: int
    """Since its last authenticated packet of any kind; large when the link is gone."""


@dataclass(frozen=True, slots=True)
class PublisherFlow:
    """What arrived from one publisher in the last interval."""

    session_id: MediaSessionId
    party: MediaParty
    slot: Slot
    bitrate_bps: dict[MediaKind, int]
    fraction_lost: float
    keyframe_age_ms: int | None
    heard_from_ms_ago: int


class ClosedBecause(StrEnum):
    """Why a media session ended."""

    ASKED = "asked"
    REPLACED = "replaced"
    SILENT = "silent"
    """No consent (RFC 7675) for 30 s."""
    HANDSHAKE = "handshake"
    LESSON_ENDED = "lesson_ended"
    FAULT = "fault"


class RelayListener(Protocol):
    """What the relay reports. Called on the event loop; must not block or raise."""

    def publication_opened(self, party: MediaParty, slot: Slot, kinds: frozenset[MediaKind]) -> None:
        """Media of a slot is flowing (first packet of each kind was decrypted)."""

    def publication_closed(self, party: MediaParty, slot: Slot, because: ClosedBecause) -> None:
        """The slot is free again."""

    def subscriber_connected(self, party: MediaParty, session_id: MediaSessionId) -> None:
        """A viewer's DTLS is up."""

    def subscriber_closed(
        self, party: MediaParty, session_id: MediaSessionId, because: ClosedBecause
    ) -> None:
        """A viewer is gone."""


class RelayPort(Protocol):
    """The SFU, as signaling uses it. Every method is safe to repeat."""

    def listen(self, listener: RelayListener) -> None:
        """Report to `listener` from now on."""

    async def publish(
        self, party: MediaParty, slot: Slot, offer_sdp: str, *, take_over: bool
    ) -> MediaAnswer:
        """Open a publisher. Raises UserError `slot-taken` (unless `take_over`),
        ProtocolError `sdp-*` for an offer that can't be answered, Overload `relay-full`."""

    async def subscribe(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        """Open a subscriber with the slots of the lesson. Raises like `publish`."""

    async def trickle(
        self, session_id: MediaSessionId, fragment: str, if_match: str | None
    ) -> TrickleAnswer:
        """Take candidates, or restart ICE (RFC 8840 fragment). Raises UserError
        `media-session-unknown`, `etag-required`, `etag-mismatch`; ProtocolError `sdpfrag-malformed`."""

    async def close(self, session_id: MediaSessionId) -> None:
        """End one session. Raises UserError `media-session-unknown`."""

    async def close_lesson(self, lesson_id: LessonId) -> None:
        """End all sessions of a lesson."""

    def session_party(self, session_id: MediaSessionId) -> MediaParty:
        """Whose it is, for the permission check. Raises UserError `media-session-unknown`."""

    def close_participant(self, lesson_id: LessonId, participant_id: ParticipantId, slot: Slot) -> None:
        """End this participant's publication of `slot`, if there is one (back to its seat)."""

    def set_muted(self, lesson_id: LessonId, slot: Slot, *, is_muted: bool) -> None:
        """Forward no voice of a slot (the teacher mutes the stage); it is not recorded either."""

    def flows(self, lesson_id: LessonId) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
        """Counters since the last call for this lesson; one caller per lesson, once a second."""


# ---- recorder ------------------------------------------------------------------------------


class RecordingState(StrEnum):
    """Whether a live lesson is being recorded, as the console shows it."""

    OFF = "off"
    STARTING = "starting"
    RECORDING = "recording"
    STOPPED = "stopped"
    """It should be recording and is not; `reason` is an error id."""
    FINISHING = "finishing"
    """The lesson ended; files are being closed or transcoded."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """State of one recording."""

    recording_id: RecordingId
    lesson_id: LessonId
    state: RecordingState
    reason: str | None = None
    """Error id, e.g. `disk-full`, `recorder-restarting`."""
    progress: float | None = None
    """0 to 1 while FINISHING."""


@dataclass(frozen=True, slots=True)
class PlayableTrack:
    """One synchronised track group of a recording: what one <video> plays."""

    name: str
    """File-safe, unique in the recording: `lead`, `screen`, `stage-1`, ..."""
    slot: Slot
    label: str
    kinds: tuple[MediaKind, ...]
    start_ms: int
    """Where it begins on the recording's time axis."""
    duration_ms: int
    playlist: str
    """Path of the media playlist inside the recording, e.g. `lead/index.m3u8`; empty until playable."""
    ready: bool
    """False while it must still be transcoded (VP8)."""
    progress: float = 1.0


@dataclass(frozen=True, slots=True)
class PlayableRecording:
    """What is on disk for one recording, growing or whole."""

    recording_id: RecordingId
    lesson_id: LessonId
    started_at_ms: int
    """Wall time of the axis' zero."""
    duration_ms: int
    is_live: bool
    bytes: int
    lost_ms: int
    """Media known to be missing (publisher gone is not missing)."""
    tracks: tuple[PlayableTrack, ...] = field(default_factory=tuple)


class RecorderPort(Protocol):
    """Starts and ends recordings. The media itself goes from relay to recorder by the tap."""

    def listen(self, listener: Callable[[RecordingStatus], None]) -> None:
        """Report each change of state (on the event loop)."""

    async def start(self, recording_id: RecordingId, lesson_id: LessonId, title: str) -> None:
        """Record this lesson from now on; after a restart of the service, call it again with the
        same id and a new run is added. Raises EnvironmentFault `disk-full`, `recorder-down`."""

    async def end(self, recording_id: RecordingId) -> None:
        """The lesson ended; finish the files. Harmless if it is already ended."""

    def status(self, recording_id: RecordingId) -> RecordingStatus:
        """Last known state."""


class RecordingCatalog(Protocol):
    """Reads recordings from disk; works without the recorder process."""

    def find(self, recording_id: RecordingId) -> PlayableRecording | None:
        """What can be played of it now; None if there is nothing on disk."""

    def all_ids(self) -> list[RecordingId]:
        """Every recording on disk, also those the database does not know yet."""

    def file(self, recording_id: RecordingId, path: str) -> Path:
        """A playlist or segment. Raises UserError `recording-file-unknown` for anything else
        (also for a path that tries to leave the recording's folder)."""

    def timeline(self, recording_id: RecordingId) -> Path:
        """Its `timeline.jsonl`: the lesson's numbered events. Raises like `file`."""


class TimelineLog(Protocol):
    """The lesson's events on disk, appended and synced before they are believed."""

    def append(self, lesson_id: LessonId, line: str) -> None:
        """Write one JSON line. Raises EnvironmentFault `disk-full`."""

    def read(self, lesson_id: LessonId) -> list[str]:
        """All whole lines; a torn last line (crash) is left out."""
