"""What a viewer tells the server: receiver reports, REMB and NACKs, as Chrome writes them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from relay.client.swarm.plan import Feedback
from relay.client.swarm.sampled_stream import SampledStream
from relay.rtp.rtcp_feedback import write_nack, write_remb
from relay.rtp.rtcp_reports import ReceiverReport, ReportBlock, write_receiver_report
from streamsvc.base.media import MediaKind

_JITTER_TICKS = 20
_RECENT = 50
"""Chrome asks for packets of the last half second or so."""


@dataclass(slots=True)
class HeardReport:
    """The last sender report of a track."""

    middle_ntp: int
    at: float


def report(
    own_ssrc: int,
    streams: Sequence[SampledStream],
    heard: dict[int, HeardReport],
    feedback: Feedback,
    now: float,
) -> bytes:
    """One compound: a receiver report on all tracks, and REMB for the pictures. It tells of no
    loss: what is measured must not be changed by it."""
    blocks = tuple(_block(stream, heard.get(stream.ssrc), now) for stream in streams)
    compound = write_receiver_report(ReceiverReport(own_ssrc, blocks))
    pictures = [stream.ssrc for stream in streams if stream.kind == MediaKind.VIDEO]
    return compound + (write_remb(own_ssrc, feedback.remb_bps, pictures) if pictures else b"")


def _block(stream: SampledStream, heard: HeardReport | None, now: float) -> ReportBlock:
    delay = int((now - heard.at) * 65_536) & 0xFFFFFFFF if heard else 0
    return ReportBlock(
        ssrc=stream.ssrc,
        fraction_lost=0,
        packets_lost=0,
        highest_seq=stream.expected_now(now),
        jitter_ticks=_JITTER_TICKS,
        last_sr=heard.middle_ntp if heard else 0,
        delay_since_last_sr=delay,
    )


def nacks(
    own_ssrc: int, stream: SampledStream, now: float, count: float, chance: random.Random
) -> bytes | None:
    """A NACK for so many recent packets on average; None when it is nobody's turn."""
    whole = int(count) + (chance.random() < count % 1)
    if not whole:
        return None
    newest = stream.expected_now(now)
    lost = sorted(chance.sample(range(newest - _RECENT, newest), min(whole, _RECENT)))
    return write_nack(own_ssrc, stream.ssrc, [seq & 0xFFFF for seq in lost])


def next_report(now: float, feedback: Feedback, chance: random.Random) -> float:
    """When the next compound is due: at the mean rate, each gap half to one and a half of it
    (RFC 3550 §6.2)."""
    return now + chance.uniform(0.5, 1.5) / feedback.compounds_per_second
