"""Relay, recorder and catalog as signaling's tests see them: no media, everything noted."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from signaling.io.nobody_watches import NobodyWatches
from streamsvc.base.errors import EnvironmentFault, PeerGone, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, RecordingId, RoomId, new_id
from streamsvc.base.media import MediaKind, PictureProfile, Slot
from streamsvc.base.premieres import FilmUpload, Premiere
from streamsvc.base.recordings import LowCopy, PlayableRecording, RecordingState, RecordingStatus
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

BOTH = frozenset({MediaKind.AUDIO, MediaKind.VIDEO})


class FakeRelay:
    """Sessions without packets."""

    def __init__(self) -> None:
        self.listener: RelayListener | None = None
        self.sessions: dict[MediaSessionId, tuple[MediaParty, Slot | None]] = {}
        self.closed_lessons: list[LessonId] = []
        self.closed_participants: list[tuple[ParticipantId, Slot]] = []
        self.closed_parties: list[ParticipantId] = []
        self.muted: list[bool] = []
        self.policies: list[tuple[ParticipantId, LinkPolicy]] = []
        self.programs: list[Slot] = []
        self.profiles: dict[LessonId, PictureProfile] = {}
        self.data: list[tuple[ParticipantId, int]] = []
        self.bursts: list[tuple[ParticipantId, int]] = []
        self.subscriber_flows: list[SubscriberFlow] = []
        self.lost = 0.4
        self.lacks: AudienceLack | None = None
        self.channels: dict[MediaSessionId, ChannelListener] = {}
        self.on_channels: list[tuple[MediaSessionId, str | bytes]] = []

    def listen(self, listener: RelayListener) -> None:
        self.listener = listener

    async def publish(
        self,
        party: MediaParty,
        slot: Slot,
        offer_sdp: str,
        *,
        take_over: bool,
        replaces: MediaSessionId | None = None,
    ) -> MediaAnswer:
        held = [s for p, s in self.sessions.values() if p.lesson_id == party.lesson_id]
        if slot in held and not take_over:
            raise UserError("slot-taken")
        return self._answer(party, slot)

    async def subscribe(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        return self._answer(party, None)

    def _answer(self, party: MediaParty, slot: Slot | None) -> MediaAnswer:
        session_id = MediaSessionId(new_id("ms"))
        self.sessions[session_id] = (party, slot)
        return MediaAnswer(session_id, "v=0\r\n", '"1"')

    def channel(self, party: MediaParty) -> ChannelListener:
        """A page opens one; who listens to it."""
        assert self.listener is not None
        session_id = MediaSessionId(new_id("chn"))
        listener = self.listener.channel_came(party, session_id)
        assert listener is not None
        self.channels[session_id] = listener
        return listener

    def send_on_channel(self, session_id: MediaSessionId, message: str | bytes) -> None:
        self.on_channels.append((session_id, message))

    def fraction_lost(self, lesson_id: LessonId, participant_id: ParticipantId) -> float:
        return self.lost

    def data_bps(self, lesson_id: LessonId, participant_id: ParticipantId) -> int:
        return 100_000

    async def trickle(
        self, session_id: MediaSessionId, fragment: str, if_match: str | None
    ) -> TrickleAnswer:
        return TrickleAnswer(None, '"1"')

    async def close(self, session_id: MediaSessionId) -> None:
        self.sessions.pop(session_id)

    async def close_lesson(self, lesson_id: LessonId) -> None:
        self.closed_lessons.append(lesson_id)

    def session_party(self, session_id: MediaSessionId) -> MediaParty:
        if session_id not in self.sessions:
            raise UserError("media-session-unknown")
        return self.sessions[session_id][0]

    def close_participant(
        self, lesson_id: LessonId, participant_id: ParticipantId, slot: Slot
    ) -> None:
        self.closed_participants.append((participant_id, slot))

    def close_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> None:
        self.closed_parties.append(participant_id)
        for session_id, (party, _) in list(self.sessions.items()):
            if (party.lesson_id, party.participant_id) == (lesson_id, participant_id):
                del self.sessions[session_id]

    def set_muted(self, lesson_id: LessonId, slot: Slot, *, is_muted: bool) -> None:
        self.muted.append(is_muted)

    def set_policy(
        self, lesson_id: LessonId, participant_id: ParticipantId, policy: LinkPolicy
    ) -> None:
        self.policies.append((participant_id, policy))

    def set_profile(self, lesson_id: LessonId, profile: PictureProfile) -> None:
        self.profiles[lesson_id] = profile

    def set_program(self, lesson_id: LessonId, slot: Slot) -> None:
        self.programs.append(slot)

    def expect_data(
        self, lesson_id: LessonId, participant_id: ParticipantId, byte_count: int
    ) -> None:
        self.data.append((participant_id, byte_count))

    def send_burst(self, lesson_id: LessonId, participant_id: ParticipantId, bps: int) -> None:
        self.bursts.append((participant_id, bps))

    def flows(self, lesson_id: LessonId) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
        return [], [f for f in self.subscriber_flows if f.party.lesson_id == lesson_id]

    def audience_lack(self, lesson_id: LessonId) -> AudienceLack | None:
        return self.lacks

    # ---- what a test makes happen --------------------------------------------------------------

    def open_publication(self, party: MediaParty, slot: Slot) -> None:
        """Media of a slot begins to flow."""
        assert self.listener is not None
        self.listener.publication_opened(party, slot, BOTH)

    def close_publication(self, party: MediaParty, slot: Slot) -> None:
        """It stops."""
        assert self.listener is not None
        self.listener.publication_closed(party, slot, ClosedBecause.ASKED)


class FakeRecorder:
    """Records nothing, and can fail like a full disk."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.started: list[RecordingId] = []
        self.ended: list[RecordingId] = []
        self._listener: Callable[[RecordingStatus], None] | None = None

    def listen(self, listener: Callable[[RecordingStatus], None]) -> None:
        self._listener = listener

    async def start(self, recording_id: RecordingId, lesson_id: LessonId, title: str) -> None:
        if self.fault:
            raise EnvironmentFault(self.fault)
        self.started.append(recording_id)
        self.report(recording_id, lesson_id, RecordingState.RECORDING)

    async def end(self, recording_id: RecordingId) -> None:
        self.ended.append(recording_id)

    def status(self, recording_id: RecordingId) -> RecordingStatus:
        return RecordingStatus(recording_id, LessonId(""), RecordingState.OFF)

    def report(
        self,
        recording_id: RecordingId,
        lesson_id: LessonId,
        state: RecordingState,
        reason: str | None = None,
    ) -> None:
        """The recorder says something."""
        assert self._listener is not None
        self._listener(RecordingStatus(recording_id, lesson_id, state, reason))


@dataclass
class FolderCatalog:
    """Files of recordings in a folder, listed as they are."""

    folder: Path
    playable: dict[RecordingId, PlayableRecording] = field(default_factory=dict)

    def find(self, recording_id: RecordingId) -> PlayableRecording | None:
        return self.playable.get(recording_id)

    def all_ids(self) -> list[RecordingId]:
        return list(self.playable)

    def file(self, recording_id: RecordingId, path: str) -> Path:
        root = (self.folder / recording_id).resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise UserError("recording-file-unknown")
        return file

    def window(self, recording_id: RecordingId, path: str, from_wall_ms: int) -> str:
        return self.file(recording_id, path).read_text() + f"# from {from_wall_ms}\n"

    def voice(self, recording_id: RecordingId, path: str) -> bytes:
        return self.file(recording_id, path).read_bytes()

    def begun(self, recording_id: RecordingId, path: str) -> bytes:
        return self.file(recording_id, path).read_bytes()

    def timeline(self, recording_id: RecordingId) -> Path:
        return self.file(recording_id, "timeline.jsonl")


PUSH_SECRET = "p" * 32


@dataclass
class FakePushes:
    """Takes pushes, as far as the service sees it."""

    port: int = 1935
    secret: str = PUSH_SECRET
    is_started: bool = False
    end: Callable[[], None] = lambda: None

    def listen(self, on_end: Callable[[], None]) -> None:
        self.end = on_end

    def start(self) -> None:
        self.is_started = True


@dataclass
class FakeLowCopies:
    """Low copies that are as far as a test says."""

    made: dict[RecordingId, LowCopy] = field(default_factory=dict)
    asked: list[RecordingId] = field(default_factory=list)

    def find(self, recording_id: RecordingId) -> LowCopy:
        return self.made.get(recording_id, LowCopy(None, None))

    def ask(self, recording_id: RecordingId) -> None:
        self.asked.append(recording_id)


class FakeAudience(NobodyWatches):
    """Broadcasts what it is told to."""

    def __init__(self) -> None:
        self.places: dict[LessonId, str] = {}
        self.reasons: dict[LessonId, str] = {}
        self.withdrawn: list[tuple[LessonId, int]] = []

    def reason(self, lesson_id: LessonId) -> str | None:
        return self.reasons.get(lesson_id)

    def withdraw(self, lesson_id: LessonId, until: int) -> None:
        self.withdrawn.append((lesson_id, until))

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        place = self.places.get(lesson_id)
        return None if place is None else f"{place}/{until}/main.m3u8"


class FakeRoomSources:
    """Remembers what was set and chosen, and pulls nothing."""

    def __init__(self) -> None:
        self.sources: dict[RoomId, RoomSource] = {}
        self.lessons: dict[LessonId, RoomId] = {}

    async def start(self) -> None:
        """Nothing to pull."""

    async def close(self) -> None:
        """Nothing was pulled."""

    async def find(self, room_id: RoomId) -> RoomSource | None:
        return self.sources.get(room_id)

    async def put(self, room_id: RoomId, address: str, user: str, password: str) -> RoomSource:
        self.sources[room_id] = RoomSource(room_id, address.partition("/secret")[0], user)
        return self.sources[room_id]

    async def remove(self, room_id: RoomId) -> None:
        self.sources.pop(room_id, None)

    async def look(self, address: str, user: str, password: str) -> SourceLook:
        if "gone" in address:
            raise PeerGone("source-unreachable", source=address)
        return SourceLook("h264", 1280, 720, "aac", is_recoded=False)

    async def look_again(self, room_id: RoomId) -> SourceLook:
        if room_id not in self.sources:
            raise UserError("room-source-none")
        return await self.look(self.sources[room_id].place, "", "")

    async def teach(self, lesson_id: LessonId, room_id: RoomId) -> None:
        if room_id not in self.sources:
            raise UserError("room-source-none")
        self.lessons[lesson_id] = room_id

    async def stop(self, lesson_id: LessonId) -> None:
        self.lessons.pop(lesson_id, None)

    def chosen(self, lesson_id: LessonId) -> RoomId | None:
        return self.lessons.get(lesson_id)


class FakePremieres:
    """Remembers what was chosen, and plays nothing."""

    def __init__(self) -> None:
        self.plans: dict[LessonId, Premiere] = {}
        self.taken = 0
        self.upload: FilmUpload | None = None

    async def start(self) -> None:
        """Nothing to play."""

    async def close(self) -> None:
        """Nothing was played."""

    async def find(self, lesson_id: LessonId) -> Premiere | None:
        return self.plans.get(lesson_id)

    async def choose(
        self, lesson_id: LessonId, recording_id: RecordingId, title: str, *, ends_lesson: bool
    ) -> Premiere:
        made = Premiere(lesson_id, title, 60.0, recording_id, ends_lesson=ends_lesson)
        self.plans[lesson_id] = made
        return made

    async def receive(
        self,
        lesson_id: LessonId,
        title: str,
        chunks: AsyncIterator[bytes],
        announced_bytes: int,
        *,
        ends_lesson: bool,
    ) -> Premiere:
        async for chunk in chunks:
            self.taken += len(chunk)
        made = Premiere(lesson_id, title, 60.0, ends_lesson=ends_lesson)
        self.plans[lesson_id] = made
        return made

    async def begin_upload(
        self, lesson_id: LessonId, title: str, total_bytes: int, *, ends_lesson: bool
    ) -> FilmUpload:
        self.upload = FilmUpload("up_1", lesson_id, title, total_bytes, ends_lesson=ends_lesson)
        return self.upload

    async def find_upload(self, lesson_id: LessonId, upload_id: str) -> FilmUpload:
        if self.upload is None or (lesson_id, upload_id) != (self.upload.lesson_id, self.upload.id):
            raise UserError("upload-unknown")
        return self.upload

    async def continue_upload(
        self, upload: FilmUpload, offset: int, chunks: AsyncIterator[bytes]
    ) -> FilmUpload:
        async for chunk in chunks:
            offset += len(chunk)
        self.upload = replace(upload, offset=offset)
        return self.upload

    async def drop_upload(self, upload: FilmUpload) -> None:
        self.upload = None

    async def forget(self, lesson_id: LessonId) -> None:
        self.plans.pop(lesson_id, None)
