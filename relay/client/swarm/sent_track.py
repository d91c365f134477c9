"""Numbers and clocks of one published track. Takes time, has none."""

import random
from collections.abc import Iterable

from relay.client.swarm.descriptions import AgreedTrack
from relay.client.swarm.replay import DuePacket
from relay.client.swarm.stamp import stamped
from relay.rtp.extensions import abs_send_time
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_reports import SenderReport, write_sender_report, write_source_description
from streamsvc.base.clock import ntp_from_wall_ms

CNAME = "swarm"
_LAYER_SHIFT = 28
"""Stamps of another layer are as far away as those of another publisher."""


class SentTrack:
    """Payloads in, RTP packets and sender reports out."""

    def __init__(
        self, agreed: AgreedTrack, ssrc: int, *, is_stamped: bool, rid: str = "", place: int = 0
    ) -> None:
        self.ssrc = ssrc
        self.is_known = False
        """The other side has reported on it: it needs no more names, as Chrome sees it."""
        self._rid = rid
        self._first_number = place << _LAYER_SHIFT
        self._agreed = agreed
        self._is_stamped = is_stamped
        self._seq = random.randrange(1 << 15)
        self._ts_offset = random.randrange(1 << 32)
        self._packets = self._bytes = 0
        self._ts = 0

    def packet(self, due: DuePacket, now_ns: int, transport_seq: int) -> bytes:
        """The packet as it is encrypted; `now_ns` goes into it as its time of sending."""
        number = self._first_number + self._packets
        payload = stamped(due.payload, number, now_ns) if self._is_stamped else due.payload
        self._ts = due.ts + self._ts_offset
        packet = write_packet(
            payload,
            payload_type=self._agreed.payload_type,
            seq=self._seq + self._packets,
            ts=self._ts,
            ssrc=self.ssrc,
            is_marked=due.is_marked,
            elements=self._elements(now_ns, transport_seq),
        )
        self._packets += 1
        self._bytes += len(payload)
        return packet

    def _elements(self, now_ns: int, transport_seq: int) -> Iterable[tuple[int, bytes]]:
        ids = self._agreed.extensions
        if not self.is_known:
            yield ids.mid, self._agreed.mid.encode()
            if self._rid:
                yield ids.rid, self._rid.encode()
        yield ids.abs_send_time, abs_send_time(now_ns % 64_000_000_000 / 1e9)
        yield ids.transport_cc, (transport_seq & 0xFFFF).to_bytes(2, "big")
        yield ids.audio_level, bytes((0x80 | 30,))  # speaking, 30 dB below the loudest

    def report(self, now_ns: int) -> bytes:
        """Sender report and name."""
        report = SenderReport(
            ssrc=self.ssrc,
            ntp_time=ntp_from_wall_ms(now_ns // 1_000_000),
            rtp_time=self._ts,
            packet_count=self._packets,
            octet_count=self._bytes,
        )
        return write_sender_report(report) + write_source_description(self.ssrc, CNAME)
