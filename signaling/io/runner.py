"""Runs one lesson: feeds its machine, keeps its timeline, and carries out what it decides.

One task per open lesson. Inputs wait in a bounded inbox; each batch of events is on disk before
anybody is told of it. Drop rule of the inbox: client messages beyond 3,072 are refused with
`lesson-busy`; what relay, recorder and connections report is always taken, its number is bounded.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from signaling import metrics
from signaling.io.audience import Audience
from signaling.io.broadcast_board import BroadcastBoard
from signaling.io.changes import Changes
from signaling.io.outbox import Mailbox, text_of
from signaling.io.problem import incident
from signaling.io.services import Services
from signaling.protocol.camera_messages import CamerasChanged
from signaling.protocol.captions import captions_of
from signaling.protocol.effects import (
    Announce,
    Answer,
    Asked,
    CloseConnection,
    CloseMedia,
    CloseParty,
    ClosePublication,
    Effect,
    EndLessonRecord,
    EndRecorder,
    MuteSlot,
    PassOn,
    SaveAttendance,
    SetPolicy,
    SetProfile,
    SetProgram,
    StartLessonRecord,
    StartRecorder,
)
from signaling.protocol.inputs import (
    AskFailed,
    CaptionWritten,
    Connected,
    Disconnected,
    FilmPlayed,
    FlowsSeen,
    Input,
    LessonBegan,
    LessonOver,
    Participant,
    QuestionAsked,
    RecorderReported,
    Said,
    StrandOpened,
    ViewerSeen,
)
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.messages import LessonEnded, LessonStarted
from streamsvc.base.errors import EnvironmentFault, StreamsvcError, UserError
from streamsvc.base.ids import ParticipantId, RecordingId
from streamsvc.base.log import IdAdapter
from streamsvc.base.premieres import PremiereState
from streamsvc.base.recordings import RecordingState

INBOX_CLIENT_MESSAGES = 3_072
TICK_SECONDS = 1.0
_OF_CLIENTS = (Said, Connected, StrandOpened)
_FROM_OUTSIDE = (ViewerSeen, QuestionAsked, CaptionWritten)
UNWRITTEN_LINES = 10_000
"""Events kept for a timeline that can't be written; the oldest are given up first."""


class LessonRunner:
    """`post` inputs from anywhere on the loop; `run` until canceled."""

    def __init__(
        self, services: Services, machine: LessonMachine, on_change: Callable[[], None]
    ) -> None:
        self.machine = machine
        self._on_change = on_change
        self.ended_at: float | None = None
        """Monotonic; when the lesson was over."""
        self.used_at = services.clock.now()
        """Monotonic; when somebody was last connected."""
        self._services = services
        self._lesson_id = machine.lesson.id
        self._inbox: deque[Input] = deque()
        self._wake = asyncio.Event()
        self._audience = Audience()
        self._unwritten: deque[str] = deque(maxlen=UNWRITTEN_LINES)
        self._close_media_at: float | None = None
        self._recording_id: RecordingId | None = machine.lesson.recording_id
        self.tally = Changes()
        """Of what its cameras are told."""
        self._board = BroadcastBoard(services, self._lesson_id)
        self._log = IdAdapter(logging.getLogger("streamsvc.lesson"), {"lesson_id": self._lesson_id})

    # ---- from outside ----------------------------------------------------------------------------

    def post(self, input: Input) -> bool:
        """Hand in an input; False when it is a client's message and the inbox is full."""
        is_refusable = isinstance(input, _OF_CLIENTS + _FROM_OUTSIDE)
        if is_refusable and len(self._inbox) >= INBOX_CLIENT_MESSAGES:
            metrics.INBOX_REFUSED.inc()
            return False
        self._inbox.append(input)
        self._wake.set()
        return True

    def join(
        self, connection_id: str, participant: Participant, since: int | None, outbox: Mailbox
    ) -> None:
        """A connection whose grant is good. Raises UserError `lesson-busy`."""
        if not self.post(Connected(connection_id, participant, since)):
            raise UserError("lesson-busy")
        self._audience.add(connection_id, participant, outbox)

    def join_second(
        self, connection_id: str, participant: Participant, since: int, outbox: Mailbox
    ) -> None:
        """A second strand whose grant is good. Raises UserError `lesson-busy`."""
        if not self.post(StrandOpened(connection_id, participant, since)):
            raise UserError("lesson-busy")
        self._audience.add(connection_id, participant, outbox, is_second=True)

    def leave(self, connection_id: str, *, on_purpose: bool) -> None:
        """It ended. Harmless when it never joined."""
        if self._audience.remove(connection_id):
            self.used_at = self._services.clock.now()
            self.post(Disconnected(connection_id, on_purpose))

    def close_clients(self, error: StreamsvcError) -> None:
        """Tell everybody why and close."""
        self._audience.close_all(error)

    def send_away(self, parties: Iterable[ParticipantId], error: StreamsvcError) -> None:
        """Tell these participants why, and close their connections and their media at once."""
        gone = set(parties)
        self._audience.close_parties(gone, error)
        for participant_id in gone:
            self._services.relay.close_party(self._lesson_id, participant_id)

    def connected(self, participant_id: ParticipantId) -> Participant | None:
        """Who it is, by its first connection; None when there is none."""
        return self._audience.first_of(participant_id)

    @property
    def recording_id(self) -> RecordingId | None:
        """What it is recorded as; None before it was ever live."""
        return self._recording_id

    @property
    def client_count(self) -> int:
        """Connections that joined and did not leave."""
        return len(self._audience)

    # ---- the loop --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until canceled."""
        await self._carry_out(self.machine.resume(self._now_ms()))
        next_tick = self._services.clock.now()
        while True:
            await self._take_inbox()
            if self._services.clock.now() >= next_tick:
                next_tick = self._services.clock.now() + TICK_SECONDS
                await self._tick()
            await self._sleep_until(next_tick)

    async def _sleep_until(self, next_tick: float) -> None:
        if self._inbox:
            return
        self._wake.clear()
        pause = max(0.0, next_tick - self._services.clock.now())
        with suppress(TimeoutError):
            # not wait_for: before Python 3.12 it may swallow a cancellation
            async with asyncio.timeout(min(pause, TICK_SECONDS)):
                await self._wake.wait()

    async def _take_inbox(self) -> None:
        """Everything that waits, as one batch: its events are synced to disk once."""
        effects: list[Effect] = []
        while self._inbox:
            effects += self._received(self._inbox.popleft())
        await self._carry_out(effects)

    def _received(self, input: Input) -> list[Effect]:
        """What the machine decides. A fault of ours ends this one action, not the lesson."""
        try:
            return self.machine.receive(input, self._now_ms())
        except Exception as error:
            fault = incident(error)
            if isinstance(input, _OF_CLIENTS):
                self._audience.close(input.connection_id, fault)
            return []

    async def _tick(self) -> None:
        publishers, subscribers = self._services.relay.flows(self._lesson_id)
        effects = self._received(FlowsSeen(publishers, subscribers))
        effects += self.machine.poll(self._now_ms())
        await self._look_for_film()
        if self._unwritten and not any(isinstance(effect, Announce) for effect in effects):
            await self.keep([])
        await self._carry_out(effects)
        self._audience.tell_withheld()
        await self._tell_broadcast()
        if self._close_media_at is not None and self._services.clock.now() >= self._close_media_at:
            self._close_media_at = None
            await self._services.relay.close_lesson(self._lesson_id)

    async def _tell_broadcast(self) -> None:
        """What ails the board of a broadcast is no fault of the lesson: a full disk, say."""
        try:
            await self._board.poll(self.machine.picture.board, self._now_ms())
        except StreamsvcError as error:
            self._log.warning("! board of the broadcast: %s", error.error_id)
        except OSError as error:
            self._log.warning("! board of the broadcast: %s", error)

    async def _look_for_film(self) -> None:
        premiere = await self._services.premieres.find(self._lesson_id)
        is_played = premiere is not None and premiere.state is PremiereState.ON_AIR
        film = premiere.title if premiere is not None and is_played else None
        if film != self.machine.picture.publications.film:
            self.post(FilmPlayed(film))

    # ---- effects ---------------------------------------------------------------------------------

    async def _carry_out(self, effects: list[Effect]) -> None:
        lines = [text_of(effect.event) for effect in effects if isinstance(effect, Announce)]
        if lines:
            await self.keep(lines)
        for effect in effects:
            try:
                await self._do(effect)
            except StreamsvcError as error:
                metrics.EFFECTS_FAILED.labels(type(effect).__name__).inc()
                self._log.warning("! %s: %s", type(effect).__name__, error.error_id)
            except Exception:
                metrics.EFFECTS_FAILED.labels(type(effect).__name__).inc()
                self._log.exception("! %s failed", type(effect).__name__)

    async def _do(self, effect: Effect) -> None:
        match effect:
            case Announce(event):
                self._audience.announce(event)
                self._board.announced(event)
                if isinstance(event, CamerasChanged | LessonStarted | LessonEnded):
                    self.tally.note()
            case Answer(connection_id, message):
                self._audience.answer(connection_id, message)
            case PassOn(message, from_connection_id):
                self._audience.pass_on(message, from_connection_id)
            case CloseConnection(connection_id, error):
                self._audience.close(connection_id, error)
            case ClosePublication(participant_id, slot):
                self._services.relay.close_participant(self._lesson_id, participant_id, slot)
            case CloseParty(participant_id):
                self._services.relay.close_party(self._lesson_id, participant_id)
            case MuteSlot() | SetPolicy() | SetProgram() | SetProfile():
                self._set_media(effect)
            case CloseMedia(after_ms):
                self._close_media_at = self._services.clock.now() + after_ms / 1000
            case _:
                await self._keep_record(effect)

    def _set_media(self, effect: MuteSlot | SetPolicy | SetProgram | SetProfile) -> None:
        relay = self._services.relay
        match effect:
            case MuteSlot(slot, is_muted):
                relay.set_muted(self._lesson_id, slot, is_muted=is_muted)
            case SetPolicy(participant_id, policy):
                relay.set_policy(self._lesson_id, participant_id, policy)
            case SetProgram(slot):
                is_fallen = self.machine.cameras.now.fallback is not None
                metrics.CAMERA_SWITCHES.labels("fell_back" if is_fallen else "chosen").inc()
                relay.set_program(self._lesson_id, slot)
            case SetProfile(profile):
                relay.set_profile(self._lesson_id, profile)

    async def _keep_record(self, effect: Effect) -> None:
        match effect:
            case StartLessonRecord(asked):
                await self._start_lesson(asked)
            case EndLessonRecord(asked):
                await self._end_lesson(asked)
            case StartRecorder():
                await self._start_recorder()
            case EndRecorder():
                self._services.audience.end(self._lesson_id)
                if self._recording_id is not None:
                    try:
                        await self._services.recorder.end(self._recording_id)
                    finally:  # what was said is found, whatever became of the files
                        await self._keep_captions(self._recording_id)
            case SaveAttendance():
                evidence = self.machine.attendance.evidence
                await self._services.school.attendance.store(self._lesson_id, evidence)

    async def _keep_captions(self, recording_id: RecordingId) -> None:
        """What was said in captions, for the library's search."""
        if not self.machine.picture.caption_count:
            return
        lines = self._services.timeline.read
        said = await asyncio.to_thread(lambda: captions_of(lines(self._lesson_id), 0))
        text = "\n".join(caption.text for caption in said)
        await self._services.school.recordings.keep_captions(recording_id, text)

    async def _start_lesson(self, asked: Asked | None) -> None:
        lessons = self._services.school.lessons
        try:
            lesson = await lessons.start(self._lesson_id)
        except UserError as error:
            if error.error_id != "lesson-already-live":
                self._failed(asked, error)
                return
            lesson = await lessons.load(self._lesson_id)
        except StreamsvcError as error:
            self._failed(asked, error)
            return
        self._log.info("= lesson live")
        self._on_change()
        self.post(LessonBegan(lesson, asked))

    async def _end_lesson(self, asked: Asked | None) -> None:
        lessons = self._services.school.lessons
        try:
            lesson = await lessons.end(self._lesson_id)
        except UserError as error:
            if error.error_id != "lesson-already-ended":
                raise
            lesson = await lessons.load(self._lesson_id)
        except StreamsvcError as error:
            self._failed(asked, error)
            return
        self._log.info("= lesson ended")
        self._on_change()
        self.ended_at = self._services.clock.now()
        self.post(LessonOver(lesson, asked))

    def _failed(self, asked: Asked | None, error: StreamsvcError) -> None:
        """Tell who asked; what nobody asked for is logged, and tried again."""
        if asked is None:
            raise error
        self.post(AskFailed(asked, error))

    async def _start_recorder(self) -> None:
        lesson = self.machine.lesson
        self._services.audience.begin(self._lesson_id)
        try:
            recording = await self._services.school.recordings.open(self._lesson_id)
            self._recording_id = recording.id
            self.post(RecorderReported(RecordingState.STARTING, None))
            await self._services.recorder.start(recording.id, self._lesson_id, lesson.title)
        except StreamsvcError as error:
            self._log.warning("! not recording: %s", error.error_id)
            self.post(RecorderReported(RecordingState.STOPPED, error.error_id))

    # ---- timeline --------------------------------------------------------------------------------

    async def keep(self, lines: list[str]) -> None:
        """Sync a batch to disk. A full disk does not stop a lesson: the lines are kept and tried
        again, so that the timeline has no hole once there is space."""
        self._unwritten += lines
        if not self._unwritten:
            return
        batch, clock = list(self._unwritten), self._services.clock
        started = clock.now()
        try:
            await asyncio.to_thread(
                self._services.timeline.append, self._lesson_id, "\n".join(batch)
            )
            self._unwritten.clear()
        except EnvironmentFault as error:
            self._log.error("! timeline not written: %s", error.error_id)
        metrics.TIMELINE_SECONDS.observe(clock.now() - started)
        metrics.TIMELINE_UNWRITTEN.set(len(self._unwritten))

    def _now_ms(self) -> int:
        return self._services.clock.wall_ms()
