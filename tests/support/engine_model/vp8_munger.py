"""Makes VP8 picture ids and TL0 indexes continuous across sources (RFC 7741 §4.2).

Without it a decoder takes a switch for lost pictures and freezes until its next key frame.
"""

from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.vp8 import Descriptor


class Vp8Munger:
    """Call `switch` before the first packet of each segment, then `munge` all of them."""

    def __init__(self) -> None:
        self._is_switching = False
        self._is_started = False
        self._picture_id_shift = 0
        self._tl0_shift = 0
        self._last_picture_id = 0
        self._last_tl0 = 0

    def switch(self) -> None:
        """The next packet begins a segment."""
        self._is_switching = True

    def munge(self, packet: InboundPacket, left_out: int = 0) -> bytes:
        """The payload with its descriptor renumbered; `left_out`: pictures of the segment before
        it."""
        found = packet.descriptor
        if found is None:
            return packet.payload
        is_first = self._is_switching
        if is_first:
            self._begin_segment(found, left_out)
        return self._rewritten(packet.payload, found, left_out, is_first=is_first)

    def _begin_segment(self, found: Descriptor, left_out: int) -> None:
        self._is_switching = False
        self._picture_id_shift = left_out
        if self._is_started:
            self._picture_id_shift += self._last_picture_id + 1 - (found.picture_id or 0)
            self._tl0_shift = self._last_tl0 + 1 - (found.tl0_picture_index or 0)
        self._is_started = True

    def _rewritten(
        self, payload: bytes, found: Descriptor, left_out: int, *, is_first: bool
    ) -> bytes:
        """The first packet sets the pace; a late one does not take it back."""
        head = bytearray(payload[: found.length])
        if found.picture_id is not None:
            mask = 0x7FFF if found.picture_id_bits == 15 else 0x7F
            picture_id = (found.picture_id - left_out + self._picture_id_shift) & mask
            _put_picture_id(head, found.picture_id_offset, picture_id, mask)
            if is_first or _is_newer(picture_id, self._last_picture_id, mask):
                self._last_picture_id = picture_id
        if found.tl0_picture_index is not None:
            tl0 = (found.tl0_picture_index + self._tl0_shift) & 0xFF
            head[found.tl0_offset] = tl0
            if is_first or _is_newer(tl0, self._last_tl0, 0xFF):
                self._last_tl0 = tl0
        return bytes(head) + payload[found.length :]


def _is_newer(one: int, other: int, mask: int) -> bool:
    """In numbers that wrap under `mask`."""
    return 1 <= (one - other) & mask <= mask // 2


def _put_picture_id(head: bytearray, offset: int, picture_id: int, mask: int) -> None:
    if mask == 0x7F:
        head[offset] = picture_id
    else:
        head[offset] = 0x80 | picture_id >> 8
        head[offset + 1] = picture_id & 0xFF
