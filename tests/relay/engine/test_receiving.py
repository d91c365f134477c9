"""What is counted and asked for of a publisher's packets, against the model."""

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st

from streamsvc.base.clock import ntp_from_wall_ms
from tests.support.engine_model.media_clock import MediaClock, WallOffset
from tests.support.engine_model.nack_generator import NackGenerator
from tests.support.engine_model.rate_meter import RateMeter
from tests.support.engine_model.receive_stats import ReceiveStats
from tests.support.native_values import Held, Longs, i64, u32, u64

MANY = settings(max_examples=80, deadline=None)
CLOCK = 90_000
START = 0x10000 + 65_500
"""The sequence numbers of every run wrap."""
ARRIVAL = st.tuples(
    st.sampled_from([1, 1, 1, 2, 3, 9, 600, -1, -3]), st.integers(0, 200), st.integers(-900, 9_000)
)
"""Step of the sequence number, ms since the last packet, ticks beyond the regular timestamp."""


@MANY
@given(st.lists(st.tuples(ARRIVAL, st.booleans(), st.booleans()), min_size=1, max_size=50))
def test_report_blocks_are_the_models(
    native: ctypes.CDLL, events: list[tuple[tuple[int, int, int], bool, bool]]
) -> None:
    held, model = Held(native, "receive_stats"), ReceiveStats(CLOCK)
    held.call("stats_clock_rate", CLOCK, result=None)
    number, now_us, ts = START, 5_000_000, 0xFFFF_0000
    for (step, after_ms, ticks), is_reported, has_sender_report in events:
        number, now_us = number + step, now_us + 1000 * after_ms
        ts = (ts + 90 * after_ms + ticks) & 0xFFFFFFFF
        held.call("receive_stats_add", i64(number), u32(ts), i64(now_us), result=None)
        model.received(number, ts, now_us / 1e6, is_repaired=False)
        if has_sender_report:
            ntp = ntp_from_wall_ms(1_800_000_000_000 + now_us // 1000)
            held.call("receive_stats_sender_report", u64(ntp), i64(now_us), result=None)
            model.sender_report(ntp, now_us / 1e6)
        if is_reported:
            found = Longs()
            held.call("report_block", u32(7), i64(now_us + 1_500), found)
            block = model.report(7, now_us / 1e6 + 0.0015)
            assert list(found)[:4] == [
                7,
                block.fraction_lost,
                block.packets_lost,
                block.highest_seq,
            ]
            assert abs(found[4] - block.jitter_ticks) <= 1
            assert found[5] == block.last_sr
            assert abs(found[6] - block.delay_since_last_sr) <= 1
    assert held.call("receive_stats_expected") == model.expected
    assert held.call("receive_stats_lost") == model.lost


def test_a_source_silent_for_weeks_has_a_jitter_that_fits(native: ctypes.CDLL) -> None:
    held = Held(native, "receive_stats")
    held.call("stats_clock_rate", CLOCK, result=None)
    held.call("receive_stats_add", i64(START), u32(0), i64(1), result=None)
    weeks_us = 60 * 86_400 * 1_000_000
    held.call("receive_stats_add", i64(START + 1), u32(3_000), i64(weeks_us), result=None)
    found = Longs()
    held.call("report_block", u32(7), i64(weeks_us), found)
    assert found[4] == 0xFFFFFFFF


@MANY
@given(st.lists(st.tuples(ARRIVAL, st.booleans()), max_size=60))
def test_what_is_asked_for_is_what_the_model_asks_for(
    native: ctypes.CDLL, events: list[tuple[tuple[int, int, int], bool]]
) -> None:
    held, model = Held(native, "nack_list"), NackGenerator()
    number, now_us = START, 1_000_000
    seqs = (ctypes.c_uint16 * 512)()
    for index, ((step, after_ms, _), is_asked) in enumerate(events):
        number, now_us = number + step, now_us + 1000 * after_ms
        held.call("nack_list_received", i64(number), i64(now_us), result=None)
        model.received(number, now_us / 1e6)
        if is_asked:  # at odd instants, where both clocks agree about what is due
            at_us = now_us + 500 + index
            count = held.call("nack_list_due", i64(at_us), seqs, result=ctypes.c_int)
            assert list(seqs[:count]) == [n & 0xFFFF for n in model.due(at_us / 1e6)]
    assert held.call("nack_list_given_up") == model.given_up


def test_a_packet_that_never_comes_is_given_up_after_ten_requests(native: ctypes.CDLL) -> None:
    held, seqs = Held(native, "nack_list"), (ctypes.c_uint16 * 512)()
    held.call("nack_list_received", i64(START), i64(0), result=None)
    held.call("nack_list_received", i64(START + 2), i64(0), result=None)
    asked = sum(
        held.call("nack_list_due", i64(20_000 * n), seqs, result=ctypes.c_int) for n in range(200)
    )
    assert (asked, held.call("nack_list_given_up")) == (10, 1)


REPORT = st.tuples(st.integers(0, 2_000), st.integers(-700, 700), st.integers(0, 2**32 - 1))
"""ms since the last report, ms by which the publisher's clock is off, its timestamp."""


@MANY
@given(st.lists(REPORT, min_size=1, max_size=20), st.integers(-20_000, 20_000))
def test_timestamps_lie_on_the_wall_clock_where_the_model_puts_them(
    native: ctypes.CDLL, reports: list[tuple[int, int, int]], ahead_ms: int
) -> None:
    offset, clock = Held(native, "wall_offset"), Held(native, "media_clock")
    native.clock_init(clock.memory, offset.memory, CLOCK)
    model_offset = WallOffset()
    model = MediaClock(CLOCK, model_offset)
    ts, wall = ctypes.c_uint32(), ctypes.c_double()
    asks = [ctypes.c_double(0.0), ctypes.byref(ts)]
    assert not clock.call("media_clock_ts_at", *asks, result=ctypes.c_bool)
    wall_ms = 1_800_000_000_000
    for after_ms, error_ms, rtp_time in reports:
        wall_ms += after_ms
        ntp = ntp_from_wall_ms(wall_ms + error_ms)
        offset.call("wall_offset_learn", u64(ntp), ctypes.c_double(wall_ms), result=None)
        clock.call("media_clock_learn", u64(ntp), u32(rtp_time), result=None)
        model_offset.sender_report(ntp, wall_ms)
        model.sender_report(ntp, rtp_time)
    expected = model.ts_at(wall_ms + ahead_ms)
    at = ctypes.c_double(wall_ms + ahead_ms)
    assert clock.call("media_clock_ts_at", at, ctypes.byref(ts), result=ctypes.c_bool)
    assert expected is not None
    assert abs((ts.value - expected + 2**31) % 2**32 - 2**31) <= 90  # the model knows whole ms
    assert clock.call("media_clock_wall_ms", ts, ctypes.byref(wall), result=ctypes.c_bool)
    assert abs(wall.value - wall_ms - ahead_ms) < 0.1


def test_a_report_about_another_century_tells_no_timestamp(native: ctypes.CDLL) -> None:
    offset, clock = Held(native, "wall_offset"), Held(native, "media_clock")
    native.clock_init(clock.memory, offset.memory, CLOCK)
    offset.call("wall_offset_learn", u64(0), ctypes.c_double(1.8e12), result=None)
    clock.call("media_clock_learn", u64(2**64 - 1), u32(0), result=None)
    ts = ctypes.c_uint32()
    for wall_ms in (1e18, -1e18):
        at = ctypes.c_double(wall_ms)
        asked = clock.call("media_clock_ts_at", at, ctypes.byref(ts), result=ctypes.c_bool)
        assert asked is False


@MANY
@given(st.lists(st.tuples(st.integers(1, 1_500), st.integers(0, 700)), max_size=60))
def test_the_rate_is_the_models_within_a_bucket(
    native: ctypes.CDLL, packets: list[tuple[int, int]]
) -> None:
    held, model, now_us = Held(native, "rate_meter"), RateMeter(), 10_050_000
    passed: list[tuple[int, int]] = []
    for size, after_ms in packets:
        now_us += 1000 * after_ms
        passed.append((now_us, size))
        found = held.call("meter", size, i64(now_us), result=ctypes.c_uint32)
        model.add(size, now_us / 1e6)
        assert found <= model.bps(now_us / 1e6)  # its window is up to a bucket longer
        assert found >= 8 * sum(size for at, size in passed if now_us - at < 900_000)
