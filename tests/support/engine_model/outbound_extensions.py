"""Header extensions of one outbound m-line, made ready so that a packet only fills in a time."""

from relay.rtp.extensions import ONE_BYTE_PROFILE, extension_block
from relay.sdp.negotiated import Extensions


class OutboundExtensions:
    """MID until the receiver has shown that it knows the SSRC, and abs-send-time always."""

    def __init__(self, agreed: Extensions, mid: str) -> None:
        time = (agreed.abs_send_time, bytes(3))
        self._has_time = agreed.abs_send_time != 0
        self._bare = extension_block([time])
        self._with_mid = extension_block([time, (agreed.mid, mid.encode())])
        self._block = self._with_mid

    def acknowledge(self) -> None:
        """The receiver reported on this SSRC: MID has done its work."""
        self._block = self._bare

    def block(self, send_time: bytes) -> bytes:
        """The whole block for a packet sent at `send_time` (3 bytes, see `abs_send_time`)."""
        block = self._block
        if not self._has_time:
            return block
        start = 5 if block[0] == ONE_BYTE_PROFILE >> 8 else 6  # the time stands first
        return block[:start] + send_time + block[start + 3 :]
