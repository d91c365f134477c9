"""Tells: keeps the picture and collects the effects, so that nothing is told and not remembered."""

from collections.abc import Callable
from typing import Any

from signaling.protocol.catalogue import error_body
from signaling.protocol.effects import Announce, Answer, Asked, Effect
from signaling.protocol.messages import Done, Failed, LessonEvent
from signaling.protocol.picture import LessonPicture
from streamsvc.base.errors import StreamsvcError


class Teller:
    """What has been told (`picture`), and what must be done now (`drained`)."""

    def __init__(self, picture: LessonPicture) -> None:
        self.picture = picture
        self._effects: list[Effect] = []

    def announce(self, kind: Callable[..., LessonEvent], at_ms: int, **fields: Any) -> None:
        """Number and tell an event."""
        event = kind(seq=self.picture.seq + 1, at_ms=at_ms, **fields)
        self.picture.apply(event)
        self.add(Announce(event))

    def done(self, asked: Asked | None) -> None:
        """Answer a request; None when nobody asked."""
        if asked is not None:
            self.add(Answer(asked.connection_id, Done(request_id=asked.request_id)))

    def fail(self, connection_id: str, request_id: str | None, error: StreamsvcError) -> None:
        """Say why a request was not carried out."""
        failed = Failed(request_id=request_id, error=error_body(error))
        self.add(Answer(connection_id, failed))

    def add(self, *effects: Effect) -> None:
        """Something to do."""
        self._effects += effects

    def drained(self) -> list[Effect]:
        """Everything to do, in order; empty afterwards."""
        effects, self._effects = self._effects, []
        return effects
