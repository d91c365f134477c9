"""Packets of a video track to frames. After a gap nothing is given out until the next keyframe."""

from dataclasses import dataclass
from typing import Protocol

from streamsvc.base.depacketize.rtp import RtpPacket

FRAME_PACKETS_LIMIT = 2_048
"""A frame of more packets is nobody's picture."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture (H.264 access unit as Annex B, or a VP8 frame)."""

    ts: int
    data: bytes
    is_keyframe: bool
    arrival_ms: float
    config: bytes = b""
    """What a decoder must be set up anew for when it changes; set on keyframes."""


class BrokenFrame(Exception):
    """Packets that belong together but make no whole frame; caught by FrameAssembler."""


class PayloadFormat(Protocol):
    """How one codec lies in RTP payloads."""

    def frame(self, packets: list[RtpPacket]) -> Frame | None:
        """The frame of all packets with one timestamp; None if they hold no picture.
        Raises BrokenFrame if its beginning or a fragment is missing."""


class FrameAssembler:
    """Groups ordered packets by timestamp and marker, and drops what can't be decoded.

    A last frame without its marker is never given out: nobody knows that it is whole.
    """

    def __init__(self, payload_format: PayloadFormat) -> None:
        self.dropped = 0
        self.is_waiting = True
        """True until a keyframe comes; somebody should ask for one."""
        self._format = payload_format
        self._packets: list[RtpPacket] = []

    def gap(self) -> None:
        """Packets are missing here. What came of a frame is worth nothing; its rest will be seen
        to lack its beginning."""
        self.dropped += bool(self._packets)
        self._packets.clear()
        self.is_waiting = True

    def push(self, packet: RtpPacket) -> list[Frame]:
        """Take the next packet in order; return the frames it completes."""
        if not packet.payload:
            return []
        frames = []
        if self._packets and packet.ts != self._packets[0].ts:
            frames += self._complete()
        self._packets.append(packet)
        if packet.marker or len(self._packets) > FRAME_PACKETS_LIMIT:
            frames += self._complete()
        return frames

    def _complete(self) -> list[Frame]:
        packets, self._packets = self._packets, []
        try:
            frame = self._format.frame(packets)
        except BrokenFrame:
            self.is_waiting = True
            self.dropped += 1
            return []
        if frame is None:
            return []
        if self.is_waiting and not frame.is_keyframe:
            self.dropped += 1
            return []
        self.is_waiting = False
        return [frame]
