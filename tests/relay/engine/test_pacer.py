"""The bucket of what can wait, against the model; and the arithmetic of a probe."""

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamsvc.base.clock import ntp_from_wall_ms
from tests.support.engine_model.pacer import DEPTH_SECONDS, Pacer
from tests.support.native_values import Held, i64, u32, u64

MANY = settings(max_examples=80, deadline=None)
PACKET = 1_200


class Instant(ctypes.Structure):
    """As in instant.h."""

    _fields_ = (("now_us", ctypes.c_int64), ("wall_us", ctypes.c_int64))


class Both:
    """The engine's pacer and the model's."""

    def __init__(self, native: ctypes.CDLL, bps: int) -> None:
        self.held = Held(native, "pacer")
        self.held.call("pacer_init", u32(bps), i64(0), result=None)
        self.model = Pacer(bps, 0.0)
        self.sent_bytes = 0

    def set(self, bps: int) -> None:
        self.held.call("pacer_set", u32(bps), result=None)
        self.model.set(bps)

    def room(self, least: float, now_us: int) -> float:
        found = self.held.call(
            "pacer_room",
            u64(self.sent_bytes),
            ctypes.c_double(least),
            i64(now_us),
            result=ctypes.c_double,
        )
        assert found == pytest.approx(self.model.room(self.sent_bytes, least, now_us / 1e6), abs=1)
        return float(found)


@MANY
@given(
    bps=st.integers(10_000, 8_000_000),
    steps=st.lists(
        st.tuples(
            st.integers(0, 300_000),  # microseconds
            st.integers(0, 40_000),  # bytes that did not wait
            st.sampled_from([0.0, 0.0, 60_000.0]),
            st.one_of(st.none(), st.integers(10_000, 8_000_000)),
        ),
        max_size=60,
    ),
)
def test_it_grants_what_the_model_grants(
    native: ctypes.CDLL, bps: int, steps: list[tuple[int, int, float, int | None]]
) -> None:
    both, now_us = Both(native, bps), 0
    for after_us, more_bytes, least, new_bps in steps:
        now_us += after_us
        both.sent_bytes += more_bytes
        if new_bps is not None:
            both.set(new_bps)
        both.room(least, now_us)


@MANY
@given(
    bps=st.integers(150_000, 3_000_000),
    ticks=st.lists(st.integers(1_000, 40_000), min_size=20, max_size=120),
)
def test_what_waits_never_goes_faster_than_the_pace(
    native: ctypes.CDLL, bps: int, ticks: list[int]
) -> None:
    both, now_us = Both(native, bps), 0
    for after_us in ticks:
        now_us += after_us
        room = both.room(0.0, now_us)
        while room > 0:
            room -= PACKET
            both.sent_bytes += PACKET
        most = bps / 8 * (now_us / 1e6 + 2 * DEPTH_SECONDS) + PACKET
        assert both.sent_bytes <= most
    assert both.sent_bytes >= bps / 8 * sum(min(t, 1e6 * DEPTH_SECONDS) for t in ticks) / 1e6 * 0.9


def test_a_probe_fills_up_to_its_rate_and_ends_within_its_bounds(native: ctypes.CDLL) -> None:
    probe = Held(native, "probe")
    sent, now_us, length_us = 50_000, 1_000_000, 400_000
    probe.call("probe_begin", u32(800_000), i64(length_us), u64(sent), i64(now_us), result=None)
    began_us = now_us
    while not probe.call("probe_is_over", i64(now_us), result=ctypes.c_bool):
        now_us += 10_000
        room = probe.call("probe_room", u64(sent), i64(now_us), result=ctypes.c_double)
        assert room <= 100_000 * 0.03, "a late thread does not make up for all of it at once"
        while room > 0:
            room -= PACKET
            sent += PACKET
    assert now_us - began_us == length_us
    assert sent - 50_000 == pytest.approx(100_000 * length_us / 1e6, abs=2 * PACKET)


@pytest.mark.parametrize(("later", "told"), [(-1, 0), (0, 800_000), (1, 0)])
def test_a_probe_is_judged_by_who_knows_the_report_of_its_end(
    native: ctypes.CDLL, later: int, told: int
) -> None:
    probe = Held(native, "probe")
    began_us, length_us = 1_000_000, 400_000
    probe.call("probe_begin", u32(800_000), i64(length_us), u64(0), i64(began_us), result=None)
    end = Instant(began_us + length_us, 1_700_000_000_000_000)
    probe.call("probe_end", u64(40_000), end, result=None)
    last_sr = ntp_from_wall_ms(end.wall_us // 1_000) >> 16 & 0xFFFFFFFF

    def answered(sr: int) -> int:
        return int(probe.call("probe_answered", u32(sr), result=ctypes.c_uint32))

    assert probe.call("probe_waits", i64(end.now_us + 7_000_000), result=ctypes.c_bool)
    assert not probe.call("probe_waits", i64(end.now_us + 9_000_000), result=ctypes.c_bool)
    assert answered(last_sr + later) == told
    assert answered(last_sr) == (800_000 if later < 0 else 0), "once; and not after a later one"
