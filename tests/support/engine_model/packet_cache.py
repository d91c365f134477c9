"""The last packets of one layer, by extended sequence number: a ring that forgets the oldest."""

from tests.support.engine_model.inbound_packet import InboundPacket

VIDEO_PACKETS = 1024
"""Over 5 s of a 2 Mbit/s layer; a repair older than that helps nobody."""
AUDIO_PACKETS = 256
"""5 s of 20 ms packets."""


class PacketCache:
    """Holds at most `size` packets (a power of two is not needed)."""

    def __init__(self, size: int) -> None:
        self._ring: list[InboundPacket | None] = [None] * size
        self._size = size

    def put(self, packet: InboundPacket) -> bool:
        """Remember it; False if this very number is there already (a duplicate), or is too old."""
        index = packet.ext_seq % self._size
        there = self._ring[index]
        if there is not None and there.ext_seq >= packet.ext_seq:
            return False
        self._ring[index] = packet
        return True

    def amend(self, packet: InboundPacket) -> None:
        """More is known of the packet that was put last."""
        self._ring[packet.ext_seq % self._size] = packet

    def find(self, ext_seq: int) -> InboundPacket | None:
        """The packet, if it is still there."""
        packet = self._ring[ext_seq % self._size]
        return packet if packet is not None and packet.ext_seq == ext_seq else None

    def run(self, first: int, last: int) -> list[InboundPacket] | None:
        """All packets of `first` to `last`; None if one of them is missing."""
        if last - first >= self._size:
            return None
        found = [self.find(ext_seq) for ext_seq in range(first, last + 1)]
        whole = [packet for packet in found if packet is not None]
        return whole if len(whole) == len(found) else None
