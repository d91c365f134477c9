"""Who waits for which part of which stream (blocking playlist reload, §6.2.5.2). Pure."""

from dataclasses import dataclass, field
from math import ceil
from typing import Generic, TypeVar

Token = TypeVar("Token")


@dataclass(frozen=True, slots=True, order=True)
class Reached:
    """How far a stream is. `is_complete`: the segment ends with this part."""

    number: int
    part: int
    is_complete: bool = False

    def holds(self, number: int, part: int | None) -> bool:
        """A playlist of now holds this part, one after it, or (None) the whole segment."""
        if part is None:
            return self.number > number or (self.number == number and self.is_complete)
        return (self.number, self.part) >= (number, part)


def is_too_far(reached: Reached, number: int, part: int | None, part_seconds: float) -> bool:
    """Nobody may wait for what is so far away: asked for by mistake, or to fill us with waiting."""
    if number > reached.number + 2:
        return True
    ahead = 3 if part_seconds >= 1 else ceil(3 / part_seconds)
    return number == reached.number and part is not None and part > reached.part + ahead


@dataclass(slots=True)
class Waiting(Generic[Token]):
    """Tokens of those who wait, by stream. Bounded by whoever adds."""

    _by_stream: dict[str, list[tuple[int, int | None, Token]]] = field(default_factory=dict)

    def add(self, stream: str, number: int, part: int | None, token: Token) -> None:
        """Wait for a part, or for a whole segment."""
        self._by_stream.setdefault(stream, []).append((number, part, token))

    def remove(self, stream: str, token: Token) -> None:
        """It does not wait any more. Harmless when it never did."""
        left = [one for one in self._by_stream.get(stream, []) if one[2] is not token]
        if left:
            self._by_stream[stream] = left
        else:
            self._by_stream.pop(stream, None)

    def reached(self, stream: str, reached: Reached) -> list[Token]:
        """Who need not wait any more."""
        waiting = self._by_stream.pop(stream, [])
        left = [one for one in waiting if not reached.holds(one[0], one[1])]
        if left:
            self._by_stream[stream] = left
        return [token for number, part, token in waiting if reached.holds(number, part)]

    def all(self) -> list[Token]:
        """Everybody, who is forgotten by that."""
        tokens = [one[2] for waiting in self._by_stream.values() for one in waiting]
        self._by_stream.clear()
        return tokens
