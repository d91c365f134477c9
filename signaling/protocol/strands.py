"""Second strands of a lesson's events: who has one, and for how long. Pure.

A second strand brings its participant the same numbered events once more, by another TCP
connection: what one of them lost and waits for, the other has brought. It is nobody's presence, so
it is there only beside a first connection of the same participant, and for a minute without one,
because a link that breaks may break them one after the other. It is for links that carry little
beside a voice, so it brings no snapshot and no board full of ink: before these it is closed, and
comes back after them.
"""

from collections.abc import Iterable, Sequence

from signaling.protocol.board_messages import InkShown
from signaling.protocol.inputs import Participant
from signaling.protocol.messages import LessonEvent
from streamsvc.base.errors import UserError
from streamsvc.base.ids import ParticipantId, RoomId

MOST_STRANDS = 2
"""Second strands of one participant: a page that comes back may leave a dead one behind it."""
ALONE_MS = 60_000
MOST_MISSED = 20
"""Events between its `since` and now: the first connection is bringing these, too."""
MOST_NUMBERS = 2_000
"""Of ink in one event: some 4 kB when compressed, half a second of 64 kbit/s."""
STROKE_NUMBERS = 25
"""What a stroke takes beside its points."""


class Strands:
    """`open` and `close` as they come and go, `alone` about once a second."""

    def __init__(self) -> None:
        self._open: dict[str, Participant] = {}
        """By connection, the oldest first."""
        self._alone_since_ms: dict[ParticipantId, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self, connection_id: str, participant: Participant, firsts: Iterable[Participant]
    ) -> list[str]:
        """One came; the connections whose place it takes. Raises UserError `strand-alone` when its
        participant has no first connection (`firsts`: all that are there)."""
        if all(first.id != participant.id for first in firsts):
            raise UserError("strand-alone")
        own = [other for other, owner in self._open.items() if owner.id == participant.id]
        replaced = own[: max(0, len(own) - MOST_STRANDS + 1)]
        for old in replaced:
            del self._open[old]
        self._open[connection_id] = participant
        return replaced

    def close(self, connection_id: str) -> None:
        """It ended. Harmless for what is no second strand."""
        self._open.pop(connection_id, None)

    def of_room(self, room_id: RoomId) -> list[str]:
        """Connections of a room and of its phone."""
        return [c for c, owner in self._open.items() if owner.room_id == room_id]

    def alone(self, firsts: Iterable[Participant], now_ms: int) -> list[str]:
        """Those whose participants have had no first connection for a minute; they are closed."""
        if not self._open:
            self._alone_since_ms.clear()
            return []
        here = {first.id for first in firsts}
        gone = {owner.id for owner in self._open.values()} - here
        self._alone_since_ms = {id: self._alone_since_ms.get(id, now_ms) for id in gone}
        waited = self._alone_since_ms.items()
        over = {id for id, since_ms in waited if now_ms - since_ms >= ALONE_MS}
        ended = [c for c, owner in self._open.items() if owner.id in over]
        for connection_id in ended:
            del self._open[connection_id]
        return ended


def are_too_much(missed: Sequence[LessonEvent]) -> bool:
    """It comes back when the first connection has brought these."""
    return len(missed) > MOST_MISSED or any(map(is_too_much, missed))


def is_too_much(event: LessonEvent) -> bool:
    """The first connection brings it alone."""
    if not isinstance(event, InkShown):
        return False
    return sum(len(stroke.points) + STROKE_NUMBERS for stroke in event.strokes) > MOST_NUMBERS
