"""Everybody connected to one lesson, and what each of them has been told.

Events that are not for a client are told as one `withheld`, before the next event that is for it,
or within a second: a thousand screens are not told of each change of each other.
"""

from collections.abc import Collection
from dataclasses import dataclass

from signaling import metrics
from signaling.io.outbox import Mailbox, text_of
from signaling.protocol.board_messages import PointerMoved
from signaling.protocol.inputs import Participant
from signaling.protocol.lesson_views import RoomTotals
from signaling.protocol.messages import LessonEvent, Resumed, ServerMessage, Snapshot, Withheld
from signaling.protocol.picture import is_for, totals_of
from signaling.protocol.roles import Action, may
from signaling.protocol.strands import is_too_much
from signaling.protocol.wire import Event
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import ParticipantId


@dataclass(slots=True)
class _Client:
    outbox: Mailbox
    participant: Participant
    is_second: bool
    """A second strand: numbered events alone."""
    told_seq: int | None = None
    """Number of the last event it knows; None before its snapshot, which holds those till then."""


class Audience:
    """`announce` events in order; `tell_withheld` once a second."""

    def __init__(self) -> None:
        self._clients: dict[str, _Client] = {}
        self._last: LessonEvent | None = None
        self._totals: RoomTotals | None = None

    def __len__(self) -> int:
        return len(self._clients)

    def add(
        self,
        connection_id: str,
        participant: Participant,
        outbox: Mailbox,
        *,
        is_second: bool = False,
    ) -> None:
        """It said hello; its snapshot comes as an answer."""
        self._clients[connection_id] = _Client(outbox, participant, is_second)

    def first_of(self, participant_id: ParticipantId) -> Participant | None:
        """Who has a first connection; None when nobody of this number has."""
        firsts = (each.participant for each in self._clients.values() if not each.is_second)
        return next((one for one in firsts if one.id == participant_id), None)

    def remove(self, connection_id: str) -> bool:
        """It is gone. False when it was never here."""
        return self._clients.pop(connection_id, None) is not None

    # ---- closing ---------------------------------------------------------------------------------

    def close(self, connection_id: str, error: StreamsvcError) -> None:
        """Tell one why and close. Harmless when it is gone."""
        if connection_id in self._clients:
            self._clients[connection_id].outbox.close_with(error)

    def close_all(self, error: StreamsvcError) -> None:
        """Tell everybody why and close."""
        for client in self._clients.values():
            client.outbox.close_with(error)

    def close_parties(self, parties: Collection[ParticipantId], error: StreamsvcError) -> None:
        """Tell these participants why and close."""
        for client in self._clients.values():
            if client.participant.id in parties:
                client.outbox.close_with(error)

    # ---- telling ---------------------------------------------------------------------------------

    def announce(self, event: LessonEvent) -> None:
        """The next event, to those whom it is for."""
        metrics.EVENTS.labels(event.type).inc()
        before, totals_before = event.seq - 1, self._totals
        self._last, self._totals = event, totals_of(event) or self._totals
        text = text_of(event)
        for client in list(self._clients.values()):
            if client.told_seq is not None and is_for(client.participant, event):
                if client.is_second and is_too_much(event):
                    client.outbox.close_with(UserError("strand-too-much"))
                    continue
                if client.told_seq < before:
                    client.outbox.put_event(
                        _withheld(client.told_seq, before, event.at_ms, totals_before), before
                    )
                client.outbox.put_event(text, event.seq)
                client.told_seq = event.seq

    def pass_on(self, message: PointerMoved, from_connection_id: str) -> None:
        """To everybody else who sees ink and has nothing waiting."""
        text = text_of(message)
        for connection_id, client in self._clients.items():
            is_other = connection_id != from_connection_id and client.told_seq is not None
            if is_other and not client.is_second and may(client.participant.role, Action.SEE_INK):
                client.outbox.put_fleeting(text)

    def answer(self, connection_id: str, message: ServerMessage) -> None:
        """A message for one client. Nothing is lost when it is gone."""
        client = self._clients.get(connection_id)
        if client is None:
            return
        if isinstance(message, Snapshot | Resumed):
            client.told_seq = message.seq
        if isinstance(message, Event):
            client.outbox.put_event(text_of(message), message.seq)
        else:
            client.outbox.put(text_of(message))

    def tell_withheld(self) -> None:
        """Bring everybody's numbers up to the last event."""
        if self._last is None:
            return
        texts: dict[int, str] = {}
        for client in list(self._clients.values()):
            if client.told_seq is None or client.told_seq >= self._last.seq:
                continue
            if client.told_seq not in texts:
                texts[client.told_seq] = _withheld(
                    client.told_seq, self._last.seq, self._last.at_ms, self._totals
                )
            client.outbox.put_event(texts[client.told_seq], self._last.seq)
            client.told_seq = self._last.seq


def _withheld(told_seq: int, seq: int, at_ms: int, totals: RoomTotals | None) -> str:
    return text_of(Withheld(first_seq=told_seq + 1, seq=seq, at_ms=at_ms, totals=totals))
