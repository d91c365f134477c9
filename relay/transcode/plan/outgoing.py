"""One rendition's pictures as RTP packets (RFC 6184, packetization mode 1). Pure."""

from dataclasses import dataclass

from relay.rtp.h264_packets import payloads
from relay.rtp.packet import write_packet

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

    def packets(self, picture: bytes, ts: int) -> list[bytes]:
        """Packets of an Annex B picture, the last one marked; messages (SEI) are left out: x264
        puts a kilobyte of its settings into one."""
        parts = [part for part in payloads(picture, PAYLOAD_BYTES) if part[0] & 0x1F != _SEI]
        packets = []
        for number, part in enumerate(parts, 1):
            packets.append(
                write_packet(
                    part,
                    payload_type=self.payload_type,
                    seq=self.seq,
                    ts=ts,
                    ssrc=self.ssrc,
                    is_marked=number == len(parts),
                )
            )
            self.seq = (self.seq + 1) & 0xFFFF
        return packets
