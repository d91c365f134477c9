"""One publisher's packet after it was read once: what every subscriber needs of it."""

from dataclasses import dataclass

from tests.support.engine_model.temporal import TemporalPlace
from tests.support.engine_model.vp8 import Descriptor


@dataclass(frozen=True, slots=True)
class InboundPacket:
    """A media packet of one layer, in the layer's own numbers."""

    ext_seq: int
    ts: int
    is_marked: bool
    payload: bytes
    """Without padding; empty for a bandwidth probe."""
    arrival: float
    starts_keyframe: bool
    """A decoder can start here (every Opus packet is such a place)."""
    descriptor: Descriptor | None
    """Of VP8."""
    packet: bytes
    """As it was sent, for the tap."""
    place: TemporalPlace = TemporalPlace()
