"""Everything one subscriber says, and the reports it gets. Its pictures go through `Subscription`.

Drive rule: `receive_rtcp` each compound and send what it returns; call `reports` once a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from relay.forwarding.downlink import Downlink
from relay.forwarding.round_trips import LEAST_SAMPLES
from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp import rtcp
from relay.rtp.rtcp_feedback import KeyframeRequest, Nack, Remb
from relay.rtp.rtcp_reports import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    write_receiver_report,
    write_sender_report,
    write_source_description,
)
from relay.rtp.rtcp_xr import (
    DelaySinceReferenceTime,
    ReceiverReferenceTime,
    write_delay_since_reference_time,
)
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import MediaKind
from tests.support.engine_model.nack_responder import RepairBudget
from tests.support.engine_model.subscription import Subscription

KEYFRAME_INTERVAL_SECONDS = 1.0
"""One viewer on a bad link must not make its wishes everybody's bitrate."""
MAX_NACKED = 512
"""Numbers answered of one NACK; a receiver that asks for more is lost anyway."""


@dataclass(slots=True)
class Reply:
    """What to do about a compound."""

    rtp: list[bytes] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)
    keyframes: list[Subscription] = field(default_factory=list)
    """Subscriptions whose decoder needs a key frame."""


class SubscriberFeed:
    """One subscriber and its subscriptions."""

    def __init__(self, specs: Sequence[SubscriptionSpec], now: float) -> None:
        self.downlink = Downlink(now)
        self.sent_bps = 0
        self._budget = RepairBudget(now, self.downlink.bps)
        self.subscriptions = [Subscription(spec, self._budget) for spec in specs]
        self._by_ssrc = {s.spec.media.ssrc: s for s in self.subscriptions}
        self._ssrc = specs[0].media.ssrc if specs else 0
        self._asked_at: dict[int, float] = {}
        self._answered: dict[int, int] = {}
        self._round_trips: tuple[float, float] | None = None
        """Smoothed, and the least."""
        """LSR of the last report on each SSRC."""
        self._octets = 0
        self._measured_at = now

    # ---- from the subscriber

    def receive_rtcp(self, compound: bytes, now: float, wall_ms: int, send_time: bytes) -> Reply:
        """Take in a compound. Raises ProtocolError `rtcp-malformed`."""
        reply = Reply()
        for message in rtcp.parse(compound):
            match message:
                case Nack(media_ssrc, seqs):
                    self._on_nack(reply, media_ssrc, seqs, now, send_time)
                case KeyframeRequest(media_ssrc):
                    self._on_keyframe_request(reply, media_ssrc, now)
                case Remb(bitrate_bps):
                    self.downlink.remb(bitrate_bps, now)
                case ReceiverReport(_, blocks) | SenderReport(blocks=blocks):
                    self._on_blocks(blocks, now, wall_ms)
                case ReceiverReferenceTime():
                    reply.rtcp = [self._reference_time_answer(message)]  # of a hundred, the last
        return reply

    def _on_nack(
        self, reply: Reply, media_ssrc: int, seqs: tuple[int, ...], now: float, send_time: bytes
    ) -> None:
        subscription = self._by_ssrc.get(media_ssrc)
        if subscription is not None:
            chosen = seqs[:MAX_NACKED]
            reply.rtp += subscription.repair(chosen, now, self.downlink.round_trip, send_time)

    def _on_keyframe_request(self, reply: Reply, media_ssrc: int, now: float) -> None:
        subscription = self._by_ssrc.get(media_ssrc)
        if subscription is None or subscription.kind is MediaKind.AUDIO:
            return
        if now - self._asked_at.get(media_ssrc, float("-inf")) >= KEYFRAME_INTERVAL_SECONDS:
            self._asked_at[media_ssrc] = now
            reply.keyframes.append(subscription)

    def _on_blocks(self, blocks: Sequence[ReportBlock], now: float, wall_ms: int) -> None:
        expected = lost = 0
        for block in blocks:
            subscription = self._by_ssrc.get(block.ssrc)
            if subscription is None:
                continue
            more_expected, more_lost = subscription.reported(block)
            expected, lost = expected + more_expected, lost + more_lost
            round_trip = round_trip_seconds(block, wall_ms)
            # one that knows no newer report of ours tells of the link as it was then
            is_news = self._answered.get(block.ssrc) != block.last_sr
            self._answered[block.ssrc] = block.last_sr
            if round_trip is not None and is_news:
                self._measured_round_trip(round_trip)
        if expected and self.downlink.reported(expected, lost, self.sent_bps, now):
            self._budget.set_link(self.downlink.bps)

    def _measured_round_trip(self, seconds: float) -> None:
        before, least = self._round_trips or (seconds, seconds)
        smoothed = before + (seconds - before) / 2
        self._round_trips = smoothed, min(seconds, least + (smoothed - least) / LEAST_SAMPLES)
        self.downlink.round_trips(*self._round_trips)

    def _reference_time_answer(self, asked: ReceiverReferenceTime) -> bytes:
        """At once, so the delay since then is nothing (RFC 3611 §4.5)."""
        last_rr = asked.ntp_time >> 16 & 0xFFFFFFFF
        answer = DelaySinceReferenceTime(asked.ssrc, last_rr, 1)
        head = write_receiver_report(ReceiverReport(self._ssrc))
        return head + write_delay_since_reference_time(self._ssrc, answer)

    # ---- to the subscriber

    def reports(self, now: float, wall_ms: int) -> list[bytes]:
        """Sender reports of all tracks that flow, one compound each; call once a second."""
        self._measure(now)
        self.downlink.climb(self.sent_bps, now)
        self._budget.set_link(self.downlink.bps)
        return [c for s in self.subscriptions if (c := self.report(s, now, wall_ms)) is not None]

    def report(self, subscription: Subscription, now: float, wall_ms: int) -> bytes | None:
        """Sender report of one track; None if nothing of it was sent yet."""
        report = subscription.sender_report(now, wall_ms)
        if report is None:
            return None
        slot = subscription.spec.media.slot
        return write_sender_report(report) + write_source_description(report.ssrc, slot or "")

    def _measure(self, now: float) -> None:
        octets = sum(subscription.counts.octets for subscription in self.subscriptions)
        elapsed = now - self._measured_at
        if elapsed > 0:
            self.sent_bps = int((octets - self._octets) * 8 / elapsed)
        self._octets, self._measured_at = octets, now


def round_trip_seconds(block: ReportBlock, wall_ms: int) -> float | None:
    """Arrival of the report, minus LSR, minus DLSR; None if it knows no report of ours."""
    if not block.last_sr:
        return None
    middle = ntp_from_wall_ms(wall_ms) >> 16 & 0xFFFFFFFF
    ticks = (middle - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
    return ticks / 65536 if ticks < 60 * 65536 else None
