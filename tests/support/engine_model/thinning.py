"""Which of a layer's pictures one viewer gets: those up to a temporal id, changed where the decoder
can follow: down at the next picture, up where the new ones refer to nothing that was left out.
"""

from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.temporal import EVERY_PICTURE


class Thinning:
    """Set `wanted`; `begin` with each segment, then `move` at each packet that is not late."""

    def __init__(self) -> None:
        self.wanted = EVERY_PICTURE
        self._held: list[tuple[int, int]] = []
        """Source numbers with the temporal ids that hold from there on; the last two."""

    def begin(self, ext_seq: int) -> None:
        """A key frame: all that is wanted can begin too."""
        self._held = [(ext_seq, self.wanted)]

    @property
    def most(self) -> int:
        """Highest temporal id that goes to the viewer now."""
        return self._held[-1][1]

    def move(self, packet: InboundPacket) -> None:
        """Go on to what is wanted if it can be done at this packet."""
        if not packet.place.starts_picture:
            return
        if self.wanted < self.most:
            self._hold(packet, self.wanted)
        elif packet.place.opens > self.most and packet.place.temporal_id <= self.most + 1:
            self._hold(packet, min(self.wanted, packet.place.opens))

    def _hold(self, packet: InboundPacket, most: int) -> None:
        if most != self.most:
            self._held = [self._held[-1], (packet.ext_seq, most)]

    def at(self, ext_seq: int) -> int | None:
        """The highest temporal id at a place in the past; None where it is not known any more."""
        return next((most for since, most in reversed(self._held) if ext_seq >= since), None)
