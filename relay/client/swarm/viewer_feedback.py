"""What a viewer tells the server: receiver reports, REMB and NACKs, as Chrome writes them."""

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relay.client.swarm.plan import Estimate, Feedback
from relay.client.swarm.sampled_stream import SampledStream
from relay.rtp.rtcp_feedback import write_nack, write_remb
from relay.rtp.rtcp_reports import RECEIVER_REPORT, packet
from streamsvc.base.media import MediaKind

_BLOCK = struct.Struct("!IIIIII")
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
    """One compound: a receiver report on all tracks, and REMB for the pictures, unless the server
    estimates. It tells of no loss: what is measured must not be changed by it."""
    blocks = b"".join(_block(stream, heard.get(stream.ssrc), now) for stream in streams)
    compound = packet(RECEIVER_REPORT, len(streams), own_ssrc.to_bytes(4, "big") + blocks)
    pictures = tuple(stream.ssrc for stream in streams if stream.kind == MediaKind.VIDEO)
    if not pictures or feedback.estimate is not Estimate.REMB:
        return compound
    return compound + _remb(own_ssrc, feedback.remb_bps, pictures)


def _block(stream: SampledStream, heard: HeardReport | None, now: float) -> bytes:
    """A report block (RFC 3550 §6.4.1), packed in one go: thousands are written each second."""
    highest = stream.expected_now(now) & 0xFFFFFFFF
    if heard is None:
        return _BLOCK.pack(stream.ssrc, 0, highest, _JITTER_TICKS, 0, 0)
    delay = int((now - heard.at) * 65_536) & 0xFFFFFFFF
    return _BLOCK.pack(stream.ssrc, 0, highest, _JITTER_TICKS, heard.middle_ntp, delay)


@lru_cache(maxsize=16_384)
def _remb(own_ssrc: int, bitrate_bps: int, pictures: tuple[int, ...]) -> bytes:
    return write_remb(own_ssrc, bitrate_bps, pictures)


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
