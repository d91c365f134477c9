"""What signaling needs from its siblings. `streamsvc/app.py` passes the implementations.

The values these ports carry are in `streamsvc.base.sessions` and `streamsvc.base.recordings`,
because the siblings that make them can't import signaling.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

from streamsvc.base.courseware import CoursewareLimits, HalfUpload, Slide
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import (
    CoursewareId,
    LessonId,
    MediaSessionId,
    ParticipantId,
    RecordingId,
    RoomId,
)
from streamsvc.base.media import PictureProfile, Slot
from streamsvc.base.premieres import FilmUpload, Premiere
from streamsvc.base.recordings import (
    LowCopy,
    PlayableRecording,
    PlayableTrack,
    RecordingState,
    RecordingStatus,
)
from streamsvc.base.room_sources import RoomSource, SourceLook
from streamsvc.base.sessions import (
    AudienceLack,
    ChannelListener,
    ClosedBecause,
    LinkPolicy,
    MediaAnswer,
    MediaParty,
    PublisherFlow,
    RelayListener,
    SubscriberFlow,
    TrickleAnswer,
)

__all__ = [
    "AudienceLack",
    "ChannelListener",
    "ClosedBecause",
    "ConversionListener",
    "CoursewarePort",
    "LinkPolicy",
    "LiveAudience",
    "LiveBroadcast",
    "LiveOrigin",
    "MediaAnswer",
    "MediaAuthorizer",
    "MediaParty",
    "PlayableRecording",
    "PlayableTrack",
    "PremieresPort",
    "PublisherFlow",
    "RecorderPort",
    "RecordingCatalog",
    "RecordingState",
    "RecordingStatus",
    "RelayListener",
    "RelayPort",
    "SubscriberFlow",
    "TimelineLog",
    "TrickleAnswer",
]

# ---- relay ---------------------------------------------------------------------------------


class RelayPort(Protocol):
    """The SFU, as signaling uses it. Every method is safe to repeat."""

    def listen(self, listener: RelayListener) -> None:
        """Report to `listener` from now on."""

    async def publish(
        self,
        party: MediaParty,
        slot: Slot,
        offer_sdp: str,
        *,
        take_over: bool,
        replaces: MediaSessionId | None = None,
    ) -> MediaAnswer:
        """Open a publisher. Raises UserError `slot-taken` (unless `take_over`, or the slot is held
        by the session that the same party `replaces`), ProtocolError `sdp-*` for an offer that
        can't be answered, Overload `relay-full`."""

    async def subscribe(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        """Open a subscriber with the slots of the lesson. Raises like `publish`."""

    def send_on_channel(self, session_id: MediaSessionId, message: str | bytes) -> None:
        """One message, once, in no order. Harmless when the channel is gone."""

    def fraction_lost(self, lesson_id: LessonId, participant_id: ParticipantId) -> float:
        """Of the voice that goes to this participant, as believed of late; 0 while unknown."""

    def data_bps(self, lesson_id: LessonId, participant_id: ParticipantId) -> int:
        """What this participant's link has for data beside its media, by what is known of it."""

    async def trickle(
        self, session_id: MediaSessionId, fragment: str, if_match: str | None
    ) -> TrickleAnswer:
        """Take candidates, or restart ICE (RFC 8840 fragment). Raises UserError
        `media-session-unknown`, `etag-required`, `etag-mismatch`;
        ProtocolError `sdpfrag-malformed`."""

    async def close(self, session_id: MediaSessionId) -> None:
        """End one session. Raises UserError `media-session-unknown`."""

    async def close_lesson(self, lesson_id: LessonId) -> None:
        """End all sessions of a lesson."""

    def session_party(self, session_id: MediaSessionId) -> MediaParty:
        """Whose it is, for the permission check. Raises UserError `media-session-unknown`."""

    def close_participant(
        self, lesson_id: LessonId, participant_id: ParticipantId, slot: Slot
    ) -> None:
        """End this participant's publication of `slot`, if there is one (back to its seat)."""

    def close_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> None:
        """End all sessions of this participant: it may not be here any more."""

    def set_muted(self, lesson_id: LessonId, slot: Slot, *, is_muted: bool) -> None:
        """Forward no voice of a slot (the teacher mutes the stage); it is not recorded either."""

    def set_profile(self, lesson_id: LessonId, profile: PictureProfile) -> None:
        """Which pictures come first where not all of them can."""

    def set_program(self, lesson_id: LessonId, slot: Slot) -> None:
        """Whose picture everybody sees as the lead teacher's: a camera's, or (LEAD) her own. Cut
        at its key frame. A camera that is not there leaves her own."""

    def set_policy(
        self, lesson_id: LessonId, participant_id: ParticipantId, policy: LinkPolicy
    ) -> None:
        """What holds for this participant's subscriptions that are open; later ones bring theirs
        (`MediaParty.policy`)."""

    def expect_data(
        self, lesson_id: LessonId, participant_id: ParticipantId, byte_count: int
    ) -> None:
        """So much goes to this participant by HTTP now: its pictures leave room for it."""

    def send_burst(self, lesson_id: LessonId, participant_id: ParticipantId, bps: int) -> None:
        """Half a second of this participant's own packets again and again, together with all else
        it is sent at this rate: to see whether its link carries so much."""

    def flows(self, lesson_id: LessonId) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
        """Counters since the last call for this lesson; one caller per lesson, once a second."""

    def audience_lack(self, lesson_id: LessonId) -> AudienceLack | None:
        """Why who watches by HTTP has none of the teacher's pictures; None: nothing is amiss."""


class MediaAuthorizer(Protocol):
    """Whether a grant allows a media session now; asked at each request, against the live lesson.

    `bearer` is the token of the Authorization header ("" when there is none). All methods raise
    UserError `grant-missing`, `grant-invalid`, `grant-expired`, `lesson-ended`, `lesson-not-open`,
    `not-allowed`; `publisher` also `not-on-stage`.
    """

    async def publisher(self, bearer: str, lesson_id: LessonId, slot: Slot) -> MediaParty:
        """Who publishes `slot`: a room only while accepted or on stage."""

    async def subscriber(self, bearer: str, lesson_id: LessonId) -> MediaParty:
        """Who watches."""

    async def session(self, bearer: str, party: MediaParty) -> None:
        """The bearer is the party that opened this session (PATCH and DELETE)."""


# ---- recorder ------------------------------------------------------------------------------


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

    def window(self, recording_id: RecordingId, path: str, from_wall_ms: int) -> str:
        """A playlist from that moment on: `lead/index.m3u8`, or without pictures
        `lead/voice.m3u8`. Raises like `file`."""

    def voice(self, recording_id: RecordingId, path: str) -> bytes:
        """A file without its picture: `lead/voice-init-1.mp4`, `lead/voice-000001.m4s`. Raises
        like `file`."""

    def begun(self, recording_id: RecordingId, path: str) -> bytes:
        """What there is of a segment, complete or not: `lead/begun-000001.m4s`, or without its
        picture `lead/begun-voice-000001.m4s`. Raises like `file`."""

    def timeline(self, recording_id: RecordingId) -> Path:
        """Its `timeline.jsonl`: the lesson's numbered events. Raises like `file`."""


class LowCopiesPort(Protocol):
    """Low copies of recordings: lead and screen with small pictures, as `lead-low/index.m3u8` and
    `screen-low/index.m3u8` of the catalog."""

    def find(self, recording_id: RecordingId) -> LowCopy:
        """How far it is. Blocks."""

    def ask(self, recording_id: RecordingId) -> None:
        """Make it when nothing else is to be done, unless it is there. Harmless to repeat."""


class NoLowCopies:
    """None is ever made."""

    def find(self, recording_id: RecordingId) -> LowCopy:
        """There is none."""
        return LowCopy(None, None)

    def ask(self, recording_id: RecordingId) -> None:
        """Nobody makes it."""


# ---- large audiences -----------------------------------------------------------------------


class LiveAudience(Protocol):
    """Where a live lesson can be watched by HTTP."""

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        """Path of its multivariant playlist, good until `until` (Unix seconds); everything else is
        relative to it. Who asks makes the lesson be broadcast. None: it is not live."""


class LiveOrigin(Protocol):
    """One lesson's files, and waiting for what comes next. All raise ProtocolError
    `live-reload-wrong`, Overload `live-busy`, `live-not-yet`, UserError `live-file-unknown`."""

    async def playlist(self, path: str, number: int | None, part: int | None, skip: str) -> bytes:
        """A playlist, once it holds that part (or, without `part`, that segment)."""

    async def file(self, path: str) -> bytes:
        """Any other file; the part that comes next is waited for."""


class LiveBroadcast(LiveAudience, Protocol):
    """What the lessons tell of themselves, for who watches."""

    def begin(self, lesson_id: LessonId) -> None:
        """It is live. Harmless to repeat."""

    def end(self, lesson_id: LessonId) -> None:
        """It is over. Harmless to repeat."""

    def withdraw(self, lesson_id: LessonId, until: int) -> None:
        """Addresses given out for this moment so far are good no more; who may watch gets another
        with the next beat. Raises EnvironmentFault `disk-unwritable`."""

    def is_broadcast(self, lesson_id: LessonId) -> bool:
        """Somebody asked for it; what happens on its board is wanted."""

    def reason(self, lesson_id: LessonId) -> str | None:
        """Error id of what ails its broadcast; None: nothing, or it is not broadcast."""

    def board(self, lesson_id: LessonId, at_ms: int, events: str, *, is_state: bool) -> None:
        """JSON of the board's events, or of all that stands on it; `at_ms` of the first one."""

    def captions(self, lesson_id: LessonId, at_ms: int, lines: str) -> None:
        """JSON of lines of captions that were said, 15,000 characters at most."""

    async def add_slides(
        self, lesson_id: LessonId, courseware_id: str, files: Mapping[str, Path]
    ) -> None:
        """Put slides' pictures beside the rest, as `slides/{courseware_id}/{name}`."""

    def origin(self, lesson_id: LessonId, pass_: str, path: str) -> LiveOrigin:
        """Who may read `path` with the signed part of an address. Raises UserError
        `live-address-wrong`, `live-file-unknown`."""


# ---- courseware ----------------------------------------------------------------------------


class ConversionListener(Protocol):
    """Hears of every conversion, in order; the next page waits until it has heard. What it raises
    ends this try: UserError for good, anything else until it is tried again."""

    async def opened(self, courseware_id: CoursewareId, total: int) -> None:
        """The file can be read and has so many pages."""

    async def slide_made(self, courseware_id: CoursewareId, slide: Slide) -> None:
        """A slide's files are in their places."""

    async def converted(self, courseware_id: CoursewareId) -> None:
        """All slides are made."""

    async def refused(self, courseware_id: CoursewareId, error: StreamsvcError) -> None:
        """It can't become slides."""


class HalvesPort(Protocol):
    """Uploads in pieces."""

    async def begin(self, half: HalfUpload, limits: CoursewareLimits) -> None:
        """Note what will come. Raises UserError `courseware-empty`, ProtocolError
        `courseware-too-large`, Overload `courseware-busy`, EnvironmentFault `disk-full`."""

    async def expire(self) -> None:
        """Nothing came for a day: these go. Once a day is enough."""

    async def find(self, upload_id: CoursewareId, lesson_id: LessonId) -> HalfUpload:
        """How much is here, of an upload of this lesson. Raises UserError `upload-unknown`."""

    async def write(
        self,
        half: HalfUpload,
        offset: int,
        chunks: AsyncIterator[bytes],
        limits: CoursewareLimits,
    ) -> HalfUpload:
        """Take the next bytes. Raises UserError `upload-unknown`, `upload-offset-wrong`, and what
        `CoursewarePort.receive` raises."""

    async def drop(self, upload_id: CoursewareId) -> None:
        """It is not wanted any more. Harmless when it is gone."""


class CoursewarePort(Protocol):
    """Makes slides of files, and keeps them."""

    @property
    def halves(self) -> HalvesPort:
        """Uploads in pieces."""

    async def receive_whole(self, half: HalfUpload) -> None:
        """All pieces are here: it is a file as any other now. Raises Overload
        `courseware-busy`."""

    @property
    def limits(self) -> CoursewareLimits:
        """What may be added, now."""

    def listen(self, listener: ConversionListener) -> None:
        """Tell `listener` of every conversion from now on."""

    async def start(self, originals: Collection[CoursewareId], checksums: Collection[str]) -> None:
        """Remove what a crash left behind, but for these. Raises OSError."""

    async def close(self) -> None:
        """Stop; what was not done is done after the next start."""

    async def receive(
        self, courseware_id: CoursewareId, chunks: AsyncIterator[bytes], announced_bytes: int
    ) -> None:
        """Take a file to disk. Raises UserError `courseware-kind-unknown`,
        `courseware-needs-office`, `courseware-empty`; ProtocolError `courseware-too-large`;
        PeerGone `upload-broken`; Overload `courseware-busy`; EnvironmentFault `disk-full`,
        `disk-unwritable`."""

    def convert(self, courseware_id: CoursewareId, first: int = 1) -> None:
        """Make its slides from number `first` on, when it is its turn."""

    async def forget(self, courseware_id: CoursewareId) -> None:
        """It is not wanted any more, whatever was done with it. Harmless when repeated."""

    def file(self, sha256: str) -> Path:
        """A slide's file. Raises UserError `slide-unknown` for a name that is none."""

    async def remove_slides(self, checksums: Collection[str]) -> None:
        """Nobody uses these files any more."""


class PushTaker(Protocol):
    """The processes that take RTMP pushes; they ask `/api/pushes` about each."""

    @property
    def port(self) -> int:
        """TCP; 0: pushes are not taken."""

    @property
    def secret(self) -> str:
        """What they show for themselves."""

    def listen(self, on_end: Callable[[], None]) -> None:
        """Call `on_end` when one of them ended, and its pushes with it."""

    def start(self) -> None:
        """Take pushes from now on. Harmless when repeated."""


class RoomSourcesPort(Protocol):
    """Recorder hosts and cameras of lead rooms, which are pulled by RTSP for lessons."""

    async def start(self) -> None:
        """Pull what is due, from now on."""

    async def close(self) -> None:
        """Pull nothing more; what was chosen stays chosen."""

    async def find(self, room_id: RoomId) -> RoomSource | None:
        """The room's, as it may be shown."""

    async def put(self, room_id: RoomId, address: str, user: str, password: str) -> RoomSource:
        """In place of the former. Raises UserError `source-address-malformed`, EnvironmentFault
        `disk-unwritable`."""

    async def remove(self, room_id: RoomId) -> None:
        """Forget it; lessons that are taught from it go on without. Harmless when repeated."""

    async def look(self, address: str, user: str, password: str) -> SourceLook:
        """What it sends now. Raises UserError and PeerGone `source-*`."""

    async def look_again(self, room_id: RoomId) -> SourceLook:
        """As `look`, at the one that is kept. Raises UserError `room-source-none`, too."""

    async def teach(self, lesson_id: LessonId, room_id: RoomId) -> None:
        """Teach the lesson from this room's source: from shortly before its planned time, or at
        once. Raises UserError `room-source-none`, EnvironmentFault `disk-unwritable`."""

    async def stop(self, lesson_id: LessonId) -> None:
        """Not any more. Harmless when it is not."""

    def chosen(self, lesson_id: LessonId) -> RoomId | None:
        """The room that the lesson is taught from."""


class NoPushes:
    """Where pushes are not taken."""

    port = 0
    secret = ""

    def listen(self, on_end: Callable[[], None]) -> None:
        """Nothing ends."""

    def start(self) -> None:
        """Nothing starts."""


class TimelineLog(Protocol):
    """The lesson's events on disk, appended and synced before they are believed."""

    def append(self, lesson_id: LessonId, line: str) -> None:
        """Write one JSON line. Raises EnvironmentFault `disk-full`."""

    def read(self, lesson_id: LessonId) -> list[str]:
        """All whole lines; a torn last line (crash) is left out."""


# ---- films ---------------------------------------------------------------------------------


class PremieresPort(Protocol):
    """Films that are played as lessons."""

    async def start(self) -> None:
        """Play what is due, from now on."""

    async def close(self) -> None:
        """Play nothing more; what was planned stays planned."""

    async def find(self, lesson_id: LessonId) -> Premiere | None:
        """What is played as this lesson, and where it stands."""

    async def choose(
        self, lesson_id: LessonId, recording_id: RecordingId, title: str, *, ends_lesson: bool
    ) -> Premiere:
        """A recording of ours, in place of what was chosen. Raises UserError `file-*`."""

    async def receive(
        self,
        lesson_id: LessonId,
        title: str,
        chunks: AsyncIterator[bytes],
        announced_bytes: int,
        *,
        ends_lesson: bool,
    ) -> Premiere:
        """A file, in place of what was chosen, which stays until this is whole and was looked at.
        Raises UserError `file-*`, PeerGone `upload-broken`, EnvironmentFault `disk-full`,
        `disk-unwritable`."""

    async def begin_upload(
        self, lesson_id: LessonId, title: str, total_bytes: int, *, ends_lesson: bool
    ) -> FilmUpload:
        """One that comes in pieces; what came of another one is removed. Raises UserError
        `file-too-large`, `file-unreadable`, EnvironmentFault `disk-full`, `disk-unwritable`."""

    async def find_upload(self, lesson_id: LessonId, upload_id: str) -> FilmUpload:
        """With what is here of it. Raises UserError `upload-unknown`."""

    async def continue_upload(
        self, upload: FilmUpload, offset: int, chunks: AsyncIterator[bytes]
    ) -> FilmUpload:
        """The next bytes; with the last one it is as if it had been received. Raises like `receive`
        and `find_upload`, and UserError `upload-offset-wrong`."""

    async def drop_upload(self, upload: FilmUpload) -> None:
        """It will not be finished. Harmless when it is gone."""

    async def forget(self, lesson_id: LessonId) -> None:
        """Stop it, and remove its file. Harmless when there is none."""
