"""Bits out of bytes, and Exp-Golomb codes (ITU-T H.264 §9.1)."""


class OutOfBits(Exception):
    """The data ended, or a code is longer than any valid one. Never leaves `relay.rtp`."""


class BitReader:
    """Reads big-endian bits of `data`. Raises OutOfBits at its end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise OutOfBits
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """The next ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise OutOfBits
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """The next se(v)."""
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)
