"""One rendition's pictures as RTP packets (RFC 6184, packetization mode 1; RFC 7741). Pure."""

from dataclasses import dataclass

from relay.rtp.h264_packets import payloads as h264_payloads
from relay.rtp.packet import write_packet
from relay.rtp.vp8_packets import payloads as vp8_payloads
from streamsvc.base.media import Codec

PAYLOAD_BYTES = 1_100
"""With headers, encryption and RTX still below 1,200, which every path takes."""
_SEI = 6


@dataclass
class Outgoing:
    """Numbers of one SSRC."""

    ssrc: int
    payload_type: int
    seq: int
    """Of the next packet."""
    codec: Codec = Codec.H264

    def __post_init__(self) -> None:
        # of VP8; where a child goes on for one that died, it is ahead of what that one gave
        self._picture_id = self.seq & 0x7FFF

    def packets(self, picture: bytes, ts: int) -> list[bytes]:
        """Packets of a picture (H.264: Annex B), the last one marked; or of an Opus packet.
        Messages (SEI) are left out: x264 puts a kilobyte of its settings into one."""
        parts = self._payloads(picture)
        packets = []
        for number, part in enumerate(parts, 1):
            packets.append(
                write_packet(
                    part,
                    payload_type=self.payload_type,
                    seq=self.seq,
                    ts=ts,
                    ssrc=self.ssrc,
                    is_marked=number == len(parts) and self.codec is not Codec.OPUS,
                )
            )
            self.seq = (self.seq + 1) & 0xFFFF
        return packets

    def _payloads(self, picture: bytes) -> list[bytes]:
        if self.codec is Codec.OPUS:
            return [picture]
        if self.codec is Codec.VP8:
            self._picture_id = (self._picture_id + 1) & 0x7FFF
            return vp8_payloads(picture, self._picture_id, PAYLOAD_BYTES)
        return [part for part in h264_payloads(picture, PAYLOAD_BYTES) if part[0] & 0x1F != _SEI]
