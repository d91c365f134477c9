"""The queue of raised hands: first come, first served, though the teacher may pick any."""

from streamsvc.base.ids import RoomId


class HandQueue:
    """Rooms with a raised hand, in the order in which they raised it."""

    def __init__(self) -> None:
        self._since_ms: dict[RoomId, int] = {}

    def raise_hand(self, room_id: RoomId, now_ms: int) -> bool:
        """Add a room at the end; False if its hand is up already (it keeps its place)."""
        if room_id in self._since_ms:
            return False
        self._since_ms[room_id] = now_ms
        return True

    def lower(self, room_id: RoomId) -> list[RoomId]:
        """Take a room out; the rooms whose place changed by it, itself first."""
        if room_id not in self._since_ms:
            return []
        order = list(self._since_ms)
        del self._since_ms[room_id]
        return order[order.index(room_id) :]

    def clear(self) -> list[RoomId]:
        """Lower every hand; whose."""
        lowered = list(self._since_ms)
        self._since_ms.clear()
        return lowered

    def place(self, room_id: RoomId) -> int | None:
        """1 is next; None when no hand is up."""
        if room_id not in self._since_ms:
            return None
        return list(self._since_ms).index(room_id) + 1

    def since_ms(self, room_id: RoomId) -> int | None:
        """When it was raised."""
        return self._since_ms.get(room_id)
