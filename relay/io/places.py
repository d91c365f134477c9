"""Places in the engine's tables, by the numbers that control gives to things."""

from streamsvc.base.errors import Overload


class Places:
    """Numbers are never used twice, places are; at most `size` at once."""

    def __init__(self, size: int) -> None:
        self._free = list(range(size - 1, -1, -1))
        self._of: dict[int, int] = {}

    def take(self, number: int) -> int:
        """A place for a new number. Raises Overload `relay-full`."""
        if not self._free:
            raise Overload("relay-full", limit=len(self._of))
        place = self._of[number] = self._free.pop()
        return place

    def find(self, number: int) -> int | None:
        """Its place; None if it has none (any more)."""
        return self._of.get(number)

    def give_back(self, number: int) -> int | None:
        """The place is free for the next; harmless to repeat."""
        place = self._of.pop(number, None)
        if place is not None:
            self._free.append(place)
        return place
