"""Who has the floor: hands, the stage, and which slots are filled with media."""

from signaling.protocol.board_messages import Writer
from signaling.protocol.effects import ClosePublication, MuteSlot
from signaling.protocol.inputs import Participant
from signaling.protocol.lesson_views import PublicationsView, SendLevelName, StageView
from signaling.protocol.messages import PublicationsChanged, StageChanged
from signaling.protocol.roles import Action, may
from signaling.protocol.roster import Roster
from signaling.protocol.stage import Because, Stage
from signaling.protocol.teller import Teller
from streamsvc.base.errors import UserError
from streamsvc.base.ids import ParticipantId, RoomId
from streamsvc.base.media import Slot
from streamsvc.school.attendance import LessonAttendance


class Floor:
    """Carries out what is asked, tells it, and takes the media of whoever left the stage."""

    def __init__(self, roster: Roster, attendance: LessonAttendance, teller: Teller) -> None:
        self._roster = roster
        self._attendance = attendance
        self._teller = teller
        self._stage = Stage()
        self._holders: dict[Slot, ParticipantId] = {}
        self.lead_silent_since_ms: int | None = None
        """See `PublicationsView`."""
        self._film: str | None = None

    # ---- questions -------------------------------------------------------------------------------

    def holds(self, slot: Slot) -> bool:
        """Media of this slot is flowing."""
        return slot in self._holders

    @property
    def hears_lead(self) -> bool:
        """Media of the lead teacher come."""
        return self.holds(Slot.LEAD) and self.lead_silent_since_ms is None

    def may_publish_stage(self, room_id: RoomId | None) -> bool:
        """A room fills the stage slot only between accepting and returning."""
        return self._stage.may_publish(room_id)

    def is_on_stage(self, room_id: RoomId) -> bool:
        """Its media is on stage."""
        held = self._stage.now
        return held is not None and held.room_id == room_id and held.state == "on_stage"

    # ---- hands -----------------------------------------------------------------------------------

    def raise_hand(self, room_id: RoomId, now_ms: int) -> None:
        """Queue up; harmless when its hand is up or it is on stage already."""
        if self._stage.may_publish(room_id):
            return
        if self._roster.raise_hand(room_id, now_ms):
            self._attendance.hand_raised(room_id)

    def lower_hand(self, room_id: RoomId) -> None:
        """Harmless when it is down. Raises UserError `room-not-in-lesson`."""
        self._roster.lower_hand(self._roster.seat(room_id).room.id)

    # ---- stage -----------------------------------------------------------------------------------

    def call(self, room_id: RoomId, now_ms: int) -> None:
        """Raises UserError `room-not-in-lesson`, `room-not-online`, `room-without-live-path`,
        `stage-taken`."""
        if self._roster.seat(room_id).presence != "online":
            raise UserError("room-not-online")
        if self._roster.seat(room_id).is_following:
            raise UserError("room-without-live-path")
        self._moved(self._stage.call(room_id, now_ms), now_ms)

    def accept(self, room_id: RoomId, now_ms: int) -> None:
        """The room comes up; its hand goes down. Raises UserError `not-called`."""
        moved = self._stage.accept(room_id, now_ms)
        if moved:
            self._roster.lower_hand(room_id)
        self._moved(moved, now_ms)

    def decline(self, room_id: RoomId, now_ms: int) -> None:
        """Raises UserError `not-called`, `already-accepted`."""
        self._moved(self._stage.decline(room_id), now_ms)

    def leave(self, by_room: RoomId | None, now_ms: int) -> None:
        """Back to the seat, asked by the room or (None) the lead teacher."""
        self._moved(self._stage.leave(by_room), now_ms)

    def mute(self, now_ms: int, *, is_muted: bool) -> None:
        """Raises UserError `stage-empty`."""
        moved = self._stage.mute(is_muted=is_muted)
        if moved:
            self._teller.add(MuteSlot(Slot.STAGE, is_muted))
        self._moved(moved, now_ms)

    def let_write(self, now_ms: int, *, may_write: bool) -> None:
        """Raises UserError `stage-empty`."""
        self._moved(self._stage.let_write(may_write=may_write), now_ms)

    def sends(self, room_id: RoomId, level: SendLevelName, now_ms: int) -> None:
        """What goes out of a room's picture, by its own word; told while it is on stage."""
        self._moved(self._stage.pause_picture(room_id, is_paused=level == "voice"), now_ms)

    def writer(self, participant: Participant) -> Writer | None:
        """In whose name it writes on the board; None is the lead teacher's. Raises UserError
        `not-allowed`, `board-not-yours`."""
        if may(participant.role, Action.USE_BOARD):
            return None
        room_id = participant.room_id
        if room_id is None or not may(participant.role, Action.WRITE_ON_STAGE):
            raise UserError("not-allowed")
        if not self._stage.may_write(room_id):
            raise UserError("board-not-yours")
        return Writer(room_id=room_id, room_name=self._roster.seat(room_id).room.name)

    def clear(self, now_ms: int, room_id: RoomId | None = None) -> None:
        """Empty the stage: the lesson is over, or (with `room_id`) that room is uninvited."""
        held = self._stage.now
        if held is not None and room_id in (None, held.room_id):
            self._moved(self._stage.clear("returned"), now_ms)

    def poll(self, now_ms: int) -> None:
        """Let time pass."""
        self.watch_stage(now_ms)
        self._moved(self._stage.poll(now_ms), now_ms)

    def watch_stage(self, now_ms: int) -> None:
        """Note whether the room on stage is still here and sending."""
        held = self._stage.now
        if held is not None:
            is_online = self._roster.seat(held.room_id).presence == "online"
            self._stage.watch(is_there=is_online and self.holds(Slot.STAGE), now_ms=now_ms)

    # ---- media -----------------------------------------------------------------------------------

    def opened(self, participant_id: ParticipantId, slot: Slot, now_ms: int) -> None:
        """Media of a slot flows; on the stage slot only that of the room that was called."""
        room_id = self._roster.room_of(participant_id) if slot is Slot.STAGE else None
        if slot is Slot.STAGE and not (room_id and self._stage.may_publish(room_id)):
            self._teller.add(ClosePublication(participant_id, Slot.STAGE))
            return
        self._holders[slot] = participant_id
        if slot is Slot.LEAD:
            self.lead_silent_since_ms = None
        self._tell_publications(now_ms)
        if room_id is not None:
            self._moved(self._stage.media_opened(room_id, now_ms), now_ms)

    def closed(self, participant_id: ParticipantId, slot: Slot, now_ms: int) -> None:
        """The slot is free, unless another holds it by now."""
        if self._holders.get(slot) != participant_id:
            return
        del self._holders[slot]
        if slot is Slot.LEAD:
            self.lead_silent_since_ms = self.lead_silent_since_ms or now_ms
        self._tell_publications(now_ms)
        self.watch_stage(now_ms)

    def silent(self, slot: Slot, silent_ms: int | None, now_ms: int) -> None:
        """The lead's media stopped so long ago, or (None) flow again. What is said of a slot that
        is free by now changes nothing."""
        if slot is not Slot.LEAD or slot not in self._holders:
            return
        if silent_ms is None:
            self.lead_silent_since_ms = None
        else:
            self.lead_silent_since_ms = now_ms - silent_ms
        self._tell_publications(now_ms)

    def film_played(self, title: str | None, now_ms: int) -> None:
        """A film plays in the teacher's place, or (None) does not any more."""
        self._film = title
        self._tell_publications(now_ms)

    def restarted(self, now_ms: int, *, is_live: bool) -> None:
        """After a restart no media flows and the stage is empty: tell it if it was not so."""
        if self._teller.picture.stage is not None:
            self._teller.announce(StageChanged, now_ms, stage=None, because="lost")
        if is_live:
            former = self._teller.picture.publications.lead_silent_since_ms
            self.lead_silent_since_ms = former or now_ms
        self._tell_publications(now_ms)

    # ---- telling ---------------------------------------------------------------------------------

    def _moved(self, because: Because | None, now_ms: int) -> None:
        if because is None:
            return
        before, held = self._teller.picture.stage, self._stage.now
        self._teller.announce(StageChanged, now_ms, stage=self._view(), because=because)
        if because == "on_stage" and held is not None:
            self._roster.went_on_stage(held.room_id)
        if held is None and before is not None and before.state != "calling":
            self._take_media(before, now_ms)

    def _take_media(self, before: StageView, now_ms: int) -> None:
        participant = self._roster.participant_of(RoomId(before.room_id))
        self._teller.add(ClosePublication(participant, Slot.STAGE))
        if before.is_muted:
            self._teller.add(MuteSlot(Slot.STAGE, is_muted=False))
        if self._holders.pop(Slot.STAGE, None):
            self._tell_publications(now_ms)

    def _view(self) -> StageView | None:
        held = self._stage.now
        if held is None:
            return None
        return StageView(
            room_id=held.room_id,
            room_name=self._roster.seat(held.room_id).room.name,
            state=held.state,
            since_ms=held.since_ms,
            is_muted=held.is_muted,
            may_write=held.may_write,
            is_picture_paused=held.is_picture_paused,
        )

    def _tell_publications(self, now_ms: int) -> None:
        publications = PublicationsView(
            lead=self.holds(Slot.LEAD),
            screen=self.holds(Slot.SCREEN),
            stage=self.holds(Slot.STAGE),
            lead_silent_since_ms=self.lead_silent_since_ms,
            film=self._film,
        )
        if publications != self._teller.picture.publications:
            self._teller.announce(PublicationsChanged, now_ms, publications=publications)
