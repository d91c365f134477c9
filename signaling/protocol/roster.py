"""The rooms of a lesson: their seats, their hands, and which of them must be shown anew."""

from collections.abc import Iterator, Mapping, Sequence

from signaling.protocol.behind import BehindReport
from signaling.protocol.grants import participant_id
from signaling.protocol.hands import HandQueue
from signaling.protocol.inputs import Participant
from signaling.protocol.lesson_views import LinkSignal, RoomView
from signaling.protocol.seat import Seat
from signaling.protocol.signal import flow_signal
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, ParticipantId, PersonId, RoomId
from streamsvc.base.sessions import SubscriberFlow
from streamsvc.school.records import Role, Room

SHOW_EVERY_MS = 1_000
"""A room whose link or still changes is shown anew at most this often; all else at once."""


class Roster:
    """Drive: tell it what happened, then show every room of `due()`."""

    def __init__(self, lesson_id: LessonId, rooms: Sequence[Room]) -> None:
        self.hands = HandQueue()
        self._lesson_id = lesson_id
        self._seats: dict[RoomId, Seat] = {}
        self._room_of: dict[ParticipantId, RoomId] = {}
        self._touched: dict[RoomId, None] = {}  # a set that keeps its order
        self._shown: dict[RoomId, tuple[object, ...]] = {}
        self._shown_at_ms: dict[RoomId, int] = {}
        for room in rooms:
            self._sit(Seat(room))
            self._shown[room.id] = self._seats[room.id].face(None)

    def restore(self, views: Mapping[str, RoomView]) -> None:
        """Continue after a restart from what was shown last."""
        self._touched = dict.fromkeys(self._seats)
        raised = [view for view in views.values() if view.hand_since_ms is not None]
        for view in sorted(raised, key=lambda view: view.hand_place or 0):
            self.hands.raise_hand(RoomId(view.room_id), view.hand_since_ms or 0)
        for room_id, seat in list(self._seats.items()):
            if room_id not in views:
                continue
            self._seats[room_id] = Seat.restored(seat.room, views[room_id])
            if self.view(room_id) == views[room_id]:
                self._shown[room_id] = self._face(room_id)
            else:
                del self._shown[room_id]

    # ---- who is here ---------------------------------------------------------------------------

    def __contains__(self, room_id: object) -> bool:
        return room_id in self._seats

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def seat(self, room_id: RoomId) -> Seat:
        """A room's seat. Raises UserError `room-not-in-lesson`."""
        if room_id not in self._seats:
            raise UserError("room-not-in-lesson")
        return self._seats[room_id]

    def room_of(self, participant: ParticipantId) -> RoomId | None:
        """The room whose own device this participant is."""
        return self._room_of.get(participant)

    def participant_of(self, room_id: RoomId) -> ParticipantId:
        """The participant that is the device of a room."""
        return participant_id(self._lesson_id, Role.ROOM, None, room_id)

    def phone_of(self, room_id: RoomId) -> ParticipantId:
        """The participant that is the phone paired with a room."""
        return participant_id(self._lesson_id, Role.PHONE, None, room_id)

    def parties_of(self, person_id: PersonId) -> list[ParticipantId]:
        """Every participant that a person can be here, whatever her role was or is."""
        rooms = [*self._seats, None]
        helper = [
            participant_id(self._lesson_id, Role.HELPER_TEACHER, person_id, room) for room in rooms
        ]
        others = (Role.LEAD_TEACHER, Role.ADMINISTRATOR, Role.OBSERVER)
        return [*helper, *(participant_id(self._lesson_id, r, person_id, None) for r in others)]

    def add(self, room: Room) -> None:
        """A room was invited, or renamed."""
        if room.id in self._seats:
            self._seats[room.id].room = room
        else:
            self._sit(Seat(room))
            self._touched[room.id] = None

    def remove(self, room_id: RoomId) -> None:
        """A room is no longer invited."""
        self.lower_hand(room_id)
        del self._seats[room_id]
        self._room_of.pop(self.participant_of(room_id), None)
        self._touched.pop(room_id, None)
        self._shown.pop(room_id, None)

    # ---- what happens to them --------------------------------------------------------------------

    def connected(self, connection_id: str, participant: Participant, now_ms: int) -> None:
        """A page said hello; only rooms and their helpers matter here."""
        room_id = participant.room_id
        if room_id is None or room_id not in self._seats:
            return
        if participant.role is Role.ROOM:
            self._touch(room_id).connected(connection_id, now_ms)
        else:
            self._touch(room_id).phone_connected(connection_id, participant.name)

    def disconnected(
        self, connection_id: str, participant: Participant, now_ms: int, *, on_purpose: bool
    ) -> None:
        """Its connection ended."""
        room_id = participant.room_id
        if room_id is None or room_id not in self._seats:
            return
        seat = self._touch(room_id)
        if participant.role is Role.ROOM:
            seat.disconnected(connection_id, now_ms, on_purpose=on_purpose)
        else:
            seat.phone_disconnected(connection_id)
        if seat.presence == "absent":
            self.lower_hand(room_id)

    def heard(self, room_id: RoomId, now_ms: int) -> None:
        """Its page said something."""
        self.seat(room_id).heard(now_ms)

    def reported(
        self,
        room_id: RoomId,
        link: LinkSignal,
        now_ms: int,
        behind: BehindReport | None = None,
    ) -> None:
        """Its page described its link."""
        self._touch(room_id).reported(link, now_ms, behind)

    def flowed(
        self,
        flows: Sequence[SubscriberFlow],
        now_ms: int,
        *,
        is_media_due: bool,
        has_slides: bool,
    ) -> None:
        """What the relay saw; of several sessions of a room the one heard last counts."""
        best: dict[RoomId, SubscriberFlow] = {}
        for flow in sorted(flows, key=lambda flow: -flow.heard_from_ms_ago):
            room_id = self._room_of.get(flow.party.participant_id)
            if room_id is not None:
                best[room_id] = flow
        for room_id, seat in self._seats.items():
            if room_id not in best:
                seat.flows_nothing()
                continue
            flow = best[room_id]
            signal = flow_signal(flow, has_slides=has_slides) if is_media_due else None
            seat.flowed(signal, now_ms - flow.heard_from_ms_ago, flow.place)

    def poll(self, now_ms: int, *, is_media_due: bool) -> None:
        """Let time pass for every room."""
        for room_id, seat in self._seats.items():
            seat.poll(now_ms, is_media_due=is_media_due)
            self._touched[room_id] = None

    def raise_hand(self, room_id: RoomId, now_ms: int) -> bool:
        """True if it was down."""
        self._touch(room_id)
        return self.hands.raise_hand(room_id, now_ms)

    def lower_hand(self, room_id: RoomId) -> None:
        """Harmless if it is down."""
        self._touched.update(dict.fromkeys(self.hands.lower(room_id)))

    def lower_all(self) -> None:
        """The lesson is over."""
        self._touched.update(dict.fromkeys(self.hands.clear()))

    def went_on_stage(self, room_id: RoomId) -> None:
        """Count one turn."""
        self._touch(room_id).stage_count += 1

    def still_taken(self, room_id: RoomId, number: int) -> None:
        """A new still picture is there."""
        if room_id in self._seats:
            self._touch(room_id).still = number

    # ---- what must be shown ----------------------------------------------------------------------

    def due(self, now_ms: int) -> list[RoomView]:
        """Views that differ from what was shown last. Call after each change; what comes too soon
        after the last one is kept for a later call."""
        views = []
        for room_id in list(self._touched):
            face, shown = self._face(room_id), self._shown.get(room_id)
            if face != shown:
                too_soon = now_ms - self._shown_at_ms.get(room_id, 0) < SHOW_EVERY_MS
                if shown is not None and face[0] == shown[0] and too_soon:
                    continue
                self._shown[room_id] = face
                self._shown_at_ms[room_id] = now_ms
                views.append(self.view(room_id))
            self._touched.pop(room_id, None)
        return views

    def view(self, room_id: RoomId) -> RoomView:
        """A room as it is now."""
        seat = self.seat(room_id)
        return seat.view(self.hands.place(room_id), self.hands.since_ms(room_id))

    def _face(self, room_id: RoomId) -> tuple[object, ...]:
        return self._seats[room_id].face(self.hands.place(room_id))

    def _touch(self, room_id: RoomId) -> Seat:
        self._touched[room_id] = None
        return self.seat(room_id)

    def _sit(self, seat: Seat) -> None:
        self._seats[seat.room.id] = seat
        self._room_of[self.participant_of(seat.room.id)] = seat.room.id
