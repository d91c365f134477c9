"""What goes into a segment: samples with their place on the axis."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """One Opus packet. Positions and lengths count samples at 48 kHz."""

    position: int
    samples: int
    data: bytes

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.position + self.samples


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame on the axis; how long it shows is known when the next one comes."""

    at_ms: float
    data: bytes
    is_keyframe: bool
    config: bytes
