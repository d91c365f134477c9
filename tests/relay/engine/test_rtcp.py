"""RTCP as the engine reads and writes it, against the readers and writers of Python and aiortc."""

import ctypes

from aiortc import rtp as other
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.rtp import rtcp
from relay.rtp.rtcp_feedback import KeyframeRequest, Nack, Remb, write_fir, write_nack, write_remb
from relay.rtp.rtcp_reports import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    write_receiver_report,
    write_sender_report,
)
from relay.rtp.rtcp_xr import DelaySinceReferenceTime, write_receiver_reference_time
from streamsvc.base.errors import ProtocolError
from tests.relay.engine.model.test_twcc import read as read_transport_cc
from tests.support.native_values import Held, i64, u16, u32, u64

MANY = settings(max_examples=100, deadline=None)
ROWS = 4096
COMPOUND_BYTES = 1400
SENDER, BLOCK, NACK, KEYFRAME, REMB, CLOCK = range(1, 7)
SSRC = st.integers(0, 2**32 - 1)
BLOCKS = st.builds(
    ReportBlock,
    ssrc=SSRC,
    fraction_lost=st.integers(0, 255),
    packets_lost=st.integers(-(2**23), 2**23 - 1),
    highest_seq=SSRC,
    jitter_ticks=SSRC,
    last_sr=SSRC,
    delay_since_last_sr=SSRC,
)
SEQS = st.builds(
    lambda first, steps: [(first + sum(steps[:n])) & 0xFFFF for n in range(len(steps))],
    st.integers(0, 65_535),
    st.lists(st.integers(1, 40), min_size=1, max_size=200),
)


def said(native: ctypes.CDLL, compound: bytes) -> list[tuple[int, ...]] | None:
    """(kind, values...) of what the engine reads; None if it refuses the compound."""
    rows = (ctypes.c_int64 * (5 * ROWS))()
    count = native.read_rtcp(compound, len(compound), rows)
    return None if count < 0 else [tuple(rows[5 * n : 5 * n + 5]) for n in range(count)]


@MANY
@given(SSRC, st.lists(BLOCKS, max_size=31), SEQS, st.integers(0, 2**50))
def test_what_is_written_elsewhere_is_read(
    native: ctypes.CDLL, ssrc: int, blocks: list[ReportBlock], seqs: list[int], bps: int
) -> None:
    report = SenderReport(ssrc, bps << 10, 77, 1, 2, tuple(blocks))
    compound = write_sender_report(report) + write_nack(1, ssrc, seqs)
    compound += write_fir(1, ssrc, 3) + write_remb(1, bps, [ssrc])
    compound += write_receiver_reference_time(ssrc, bps << 13)
    told = said(native, compound)
    assert told is not None
    assert told[0] == (SENDER, ssrc, bps << 10, 77, 0)
    assert told[1 : 1 + len(blocks)] == [
        (BLOCK, b.ssrc, b.packets_lost, b.fraction_lost, b.highest_seq) for b in blocks
    ]
    (whole,) = (m for m in rtcp.parse(compound) if isinstance(m, Remb))
    assert (REMB, whole.bitrate_bps, 0, 0, 0) in told
    assert (KEYFRAME, ssrc, 0, 0, 0) in told
    assert (CLOCK, ssrc, i64(bps << 13).value, 0, 0) in told
    asked = []
    for kind, media_ssrc, pid, mask, _ in told:
        if kind == NACK:
            assert media_ssrc == ssrc
            asked += [pid] + [(pid + n + 1) & 0xFFFF for n in range(16) if mask >> n & 1]
    assert asked == seqs


@MANY
@given(SSRC, SSRC, st.integers(0, 2**57), SEQS)
def test_what_the_engine_writes_is_read_by_others(
    native: ctypes.CDLL, ssrc: int, media_ssrc: int, bps: int, seqs: list[int]
) -> None:
    out = ctypes.create_string_buffer(2_000)
    numbers = (ctypes.c_uint16 * len(seqs))(*seqs)
    length = native.write_all(u32(ssrc), u32(media_ssrc), u64(bps), numbers, len(seqs), out)
    compound = out.raw[:length]
    assert length <= COMPOUND_BYTES
    sender, receiver, name, pli, fir, remb, delay, goodbye, nack = rtcp.parse(compound)
    assert sender == SenderReport(ssrc, bps, 4, 5, 6)
    block = ReportBlock(media_ssrc, 7, -3, 70_000, 9, 5, 0)
    assert receiver == ReceiverReport(ssrc, (block,))
    assert name == SourceDescription(ssrc, "streamsvc")
    assert (pli, fir) == (KeyframeRequest(media_ssrc), KeyframeRequest(media_ssrc))
    assert isinstance(remb, Remb)
    assert remb.ssrcs == (media_ssrc,)
    assert remb.bitrate_bps <= bps <= remb.bitrate_bps * (1 + 2**-17) + 1
    assert delay == DelaySinceReferenceTime(media_ssrc, 11, 12)
    assert goodbye == Goodbye((ssrc,))
    assert nack == Nack(media_ssrc, tuple(seqs))
    assert len(other.RtcpPacket.parse(compound)) == 8  # aiortc has no extended reports


@MANY
@given(
    st.binary(max_size=80)
    | st.lists(BLOCKS, max_size=3)
    .map(tuple)
    .flatmap(
        lambda blocks: st.binary(max_size=12).map(
            lambda tail: write_receiver_report(ReceiverReport(1, blocks)) + tail
        )
    )
)
def test_lengths_that_lie_are_refused_as_in_the_model(native: ctypes.CDLL, compound: bytes) -> None:
    try:
        rtcp.split(compound)
    except ProtocolError:
        assert said(native, compound) is None
        return
    assert (said(native, compound) is None) is (not compound)


def test_a_nack_too_long_for_a_datagram_is_cut(native: ctypes.CDLL) -> None:
    seqs = list(range(0, 65_000, 20))
    out = ctypes.create_string_buffer(2_000)
    numbers = (ctypes.c_uint16 * len(seqs))(*seqs)
    length = native.write_all(1, 2, u64(3), numbers, len(seqs), out)
    assert COMPOUND_BYTES - 4 <= length <= COMPOUND_BYTES
    *_, nack = rtcp.parse(out.raw[:length])
    assert isinstance(nack, Nack)
    assert list(nack.seqs) == seqs[: len(nack.seqs)]


# ---- transport-wide congestion control

ARRIVALS = st.lists(
    st.one_of(st.none(), st.integers(0, 8_000_000)), min_size=1, max_size=400
).filter(lambda arrivals: any(arrival is not None for arrival in arrivals))


@MANY
@given(st.integers(0, 65_535), ARRIVALS)
def test_arrivals_are_read_back(native: ctypes.CDLL, base: int, arrivals: list[int | None]) -> None:
    out = ctypes.create_string_buffer(2_000)
    given_us = (ctypes.c_int64 * len(arrivals))(*(-1 if at is None else at for at in arrivals))
    length = native.write_transport_cc(u16(base), given_us, len(arrivals), out)
    found_base, found = read_transport_cc(out.raw[:length])
    assert found_base == base
    assert [at is None for at in found] == [at is None for at in arrivals]
    for expected, actual in zip(arrivals, found, strict=True):
        if expected is not None and actual is not None:
            assert abs(expected / 1e6 - actual) < 0.0005


def test_packets_are_reported_once_however_they_come(native: ctypes.CDLL) -> None:
    feedback = Transport(native)
    for seq in (65_534, 65_535, 1, 0, 3):
        feedback.received(seq, 1_000_000)
    assert feedback.due(1_050_000) is not None
    feedback.received(0, 1_060_000)  # was reported
    assert feedback.due(1_300_000) is None
    feedback.received(4, 1_300_000)
    base, found = feedback.due(1_400_000) or (0, [])
    assert (base, len(found)) == (4, 1)


@MANY
@given(st.lists(st.integers(0, 65_535), min_size=1, max_size=900))
def test_wild_numbers_never_make_a_report_too_long(native: ctypes.CDLL, seqs: list[int]) -> None:
    feedback = Transport(native)
    for index, seq in enumerate(seqs):
        feedback.received(seq, 1_000_000 + index)
    _, found = feedback.due(2_000_000) or (0, [])
    assert len(found) <= 400


class Transport:
    """The engine's collector of arrivals."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self.held = Held(native, "transport")

    def received(self, seq: int, now_us: int) -> None:
        self.held.call("transport_feedback_received", u16(seq), u32(7), i64(now_us))

    def due(self, now_us: int) -> tuple[int, list[float | None]] | None:
        out = ctypes.create_string_buffer(2_000)
        length = self.held.call("transport_due", u32(1), i64(now_us), out, result=ctypes.c_int)
        return read_transport_cc(out.raw[:length]) if length else None
