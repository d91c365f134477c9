"""When to ask a track for a keyframe, so that segments are as long as they should be."""

from streamsvc.base.depacketize import h264, vp8
from streamsvc.base.depacketize.rtp import is_rtcp, parse_rtp
from streamsvc.base.media import Codec

RETRY_MS = 500.0


class KeyframeTimer:
    """One video track. A keyframe that comes by itself is as good as one asked for."""

    def __init__(self, codec: Codec, every_ms: float) -> None:
        self._begins = h264.begins_keyframe if codec is Codec.H264 else vp8.begins_keyframe
        self._every_ms = every_ms
        self._newest_ms = float("-inf")
        self._asked_ms = float("-inf")

    def is_due(self, packet: bytes, now_ms: float) -> bool:
        """True if one should be asked for, now that `packet` came."""
        if is_rtcp(packet):
            return False
        parsed = parse_rtp(packet, now_ms)
        if parsed is not None and self._begins(parsed.payload):
            self._newest_ms = now_ms
            return False
        age_ms = now_ms - self._newest_ms
        if age_ms < self._every_ms or now_ms - self._asked_ms < RETRY_MS:
            return False
        self._asked_ms = now_ms
        return True
