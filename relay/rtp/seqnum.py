"""Numbers that wrap: 16-bit sequence numbers and 32-bit timestamps."""


def seq_delta(newer: int, older: int) -> int:
    """Signed distance of two 16-bit numbers, -32768 to 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def ts_delta(newer: int, older: int) -> int:
    """Signed distance of two 32-bit numbers, -2**31 to 2**31 - 1."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Extends sequence numbers to a line that grows: each input is taken as the nearest to the
    highest seen. The first one is put one cycle up, so that older ones stay positive."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None
        """Highest extended number so far."""

    def extend(self, value: int) -> int:
        """Extended number of `value`; remembers it when it is the highest."""
        ext = self.peek(value)
        if self.highest is None or ext > self.highest:
            self.highest = ext
        return ext

    def peek(self, value: int) -> int:
        """Extended number of `value`, without remembering it."""
        if self.highest is None:
            return value + 0x10000
        return self.highest + seq_delta(value, self.highest)
