"""The munger against its model: same numbers out for whatever comes in, and what must hold."""

import ctypes
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.engine_model import vp8
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.munger import Munger
from tests.support.engine_model.vp8_munger import Vp8Munger
from tests.support.native_values import Held, i64, u16, u32

CLOCK = 90_000
FIRST = 0x10000
Out = ctypes.c_int64 * 4


@dataclass(frozen=True)
class Arrives:
    """A packet of the present source, `behind` its newest one."""

    step: int
    behind: int
    after_ms: int
    picture: int
    """7, 15: bits of its picture id; 1: VP8 without one; 0: not VP8, or only padding."""


@dataclass(frozen=True)
class LeaveOut:
    """Packets of pictures that this viewer does not get, the first `step` after the newest."""

    step: int
    packets: int
    is_same_picture: bool


@dataclass(frozen=True)
class Switch:
    """Another source takes over; its numbers have nothing to do with the former's."""

    seq: int
    ts: int
    picture_id: int
    hint: int | None


ARRIVES = st.builds(
    Arrives,
    step=st.sampled_from([1, 1, 1, 1, 2, 5, 700]),
    behind=st.sampled_from([0, 0, 0, 0, 1, 3, 40]),
    after_ms=st.integers(0, 500),
    picture=st.sampled_from([7, 15, 15, 15, 1, 0]),
)


LEAVE_OUT = st.builds(
    LeaveOut,
    step=st.sampled_from([1, 1, 1, 2, 5]),
    packets=st.sampled_from([1, 1, 2, 3]),
    is_same_picture=st.booleans(),
)


def is_clear(hint: int) -> bool:
    """Not at the edge of what is plausible, where the model's floating seconds may round away."""
    return abs(abs(hint) - CLOCK) > 2_000


SWITCH = st.builds(
    Switch,
    seq=st.sampled_from([0, 1, 65_530, 65_535]) | st.integers(0, 65_535),
    ts=st.sampled_from([0, 0xFFFF_FF00]) | st.integers(0, 0xFFFF_FFFF),
    picture_id=st.sampled_from([0, 126, 127, 32_766, 32_767]) | st.integers(0, 32_767),
    hint=st.none() | st.integers(-200_000, 200_000).filter(is_clear),
)


def vp8_payload(bits: int, picture_id: int, tl0: int) -> bytes:
    if bits == 7:
        return bytes((0x90, 0xC0, picture_id & 0x7F, tl0 & 0xFF, 1, 9))
    if bits == 15:
        return bytes((0x90, 0xC0, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF, tl0 & 0xFF, 1))
    return bytes((0x10, 1, 9)) if bits == 1 else b""


class Both:
    """The engine's munger and the model's, fed alike."""

    def __init__(self, native: ctypes.CDLL, first_seq: int, first_ts: int) -> None:
        self.held = Held(native, "munger")
        self.held.call("munger_init", CLOCK, u16(first_seq), u32(first_ts))
        self.model, self.vp8 = Munger(CLOCK, first_seq, first_ts), Vp8Munger()

    def switch(self, ext_seq: int, ts: int, at_us: int, hint: int | None) -> None:
        given = None if hint is None else ctypes.byref(u32(hint))
        self.held.call("munger_switch", i64(ext_seq), u32(ts), i64(at_us), given)
        self.model.switch(ext_seq, ts, at_us / 1e6, None if hint is None else hint & 0xFFFFFFFF)
        self.vp8.switch()

    def leave_out(self, ext_seq: int, ts: int) -> None:
        self.held.call("leave_out", i64(ext_seq), u32(ts), result=None)
        self.model.leave_out(ext_seq, ts)

    def is_late(self, ext_seq: int) -> bool:
        is_late = self.held.call("is_late", i64(ext_seq), result=ctypes.c_bool)
        assert is_late == self.model.is_late(ext_seq)
        return bool(is_late)

    def munge(
        self, ext_seq: int, ts: int, at_us: int, payload: bytes
    ) -> tuple[int, int, bytes] | None:
        """Numbers and payload; AssertionError where they differ."""
        out, place = Out(), ctypes.create_string_buffer(payload, len(payload) + 1)
        length = len(payload)
        done = self.held.call(
            "munge", i64(ext_seq), u32(ts), i64(at_us), place, length, out, result=ctypes.c_bool
        )
        expected = self.model.munge(ext_seq, ts, at_us / 1e6)
        assert done == (expected is not None)
        if expected is None:
            return None
        assert out[0] == expected[0]
        # the model counts in floating seconds: a tick of the clock may round the other way
        assert (out[1] - expected[1] + 1) & 0xFFFFFFFF <= 2
        self.model.ts_shift += out[1] - expected[1]
        if self.model.last_ts == expected[1]:
            self.model.last_ts = out[1]
        written = place.raw[:length]
        if payload:
            found = vp8.descriptor(memoryview(payload))
            packet = InboundPacket(ext_seq, ts, False, payload, 0.0, False, found, b"")
            assert written == self.vp8.munge(packet, self.model.pictures_left_out(ext_seq))
        return out[0], out[1], written


@settings(max_examples=60, deadline=None)
@given(
    first=st.sampled_from([0, 1, 65_535]),
    first_ts=st.sampled_from([0, 0xFFFF_FFF0]),
    events=st.lists(SWITCH | ARRIVES | LEAVE_OUT, max_size=90),
)
def test_it_does_what_the_model_does(
    native: ctypes.CDLL, first: int, first_ts: int, events: list[Arrives | Switch | LeaveOut]
) -> None:
    both = Both(native, first, first_ts)
    ext_seq, ts, picture_id, at_us = 0, 0, 0, 1_000_000
    for event in events:
        if isinstance(event, Switch):
            ext_seq, ts, picture_id = FIRST + event.seq, event.ts, event.picture_id
            hint = None if event.hint is None else both.model.last_ts + event.hint
            both.switch(ext_seq, ts, at_us, hint)
            continue
        if isinstance(event, LeaveOut):
            ext_seq += event.step
            for _ in range(event.packets):
                ts += 0 if event.is_same_picture else 3_000
                if not both.is_late(ext_seq):
                    both.leave_out(ext_seq, ts & 0xFFFFFFFF)
                ext_seq += 1
            continue
        ext_seq, at_us = ext_seq + event.step, at_us + 1000 * event.after_ms
        ts, picture_id = ts + 90 * event.after_ms, picture_id + event.step
        number = ext_seq - event.behind
        payload = vp8_payload(event.picture, picture_id - event.behind & 0x7FFF, picture_id >> 2)
        both.munge(number, ts & 0xFFFFFFFF, at_us, payload)
    assert both.held.call("munger_take_skipped") == both.model.take_skipped()


@settings(max_examples=25, deadline=None)
@given(
    segments=st.lists(
        st.tuples(
            SWITCH,
            st.permutations(range(12)),
            st.sampled_from([7, 15]),
            st.frozensets(st.integers(1, 11)),
        ),
        min_size=2,
        max_size=6,
    )
)
def test_a_receiver_never_sees_a_number_twice_nor_a_step_back_at_a_switch(
    native: ctypes.CDLL, segments: list[tuple[Switch, list[int], int, frozenset[int]]]
) -> None:
    """Whatever the order inside a segment, the next one begins after all that was sent."""
    bits = segments[0][2]
    both = Both(native, 65_530, 0xFFFF_0000)
    sent: list[int] = []
    pictures: set[int] = set()
    at_us = 1_000_000
    for switch, order, _, unwanted in segments:
        start = FIRST + switch.seq
        both.switch(start, switch.ts, at_us, None)
        # a key frame begins it
        for place in [0, *(other for other in order if other)]:
            at_us += 5_000
            if place in unwanted and not both.is_late(start + place):
                both.leave_out(start + place, switch.ts + 3_000 * place)
                continue
            payload = vp8_payload(bits, switch.picture_id + place, place)
            numbers = both.munge(start + place, switch.ts + 3_000 * place, at_us, payload)
            assert numbers is not None
            seq, _, written = numbers
            found = vp8.descriptor(memoryview(written)).picture_id
            assert found is not None
            assert found not in pictures
            pictures.add(found)
            sent.append(seq)
    assert sorted(sent) == list(range(sent[0], sent[0] + len(sent)))


def test_a_pause_leaves_no_hole(native: ctypes.CDLL) -> None:
    both = Both(native, 100, 0)
    both.switch(FIRST, 0, 0, None)
    assert both.munge(FIRST, 0, 0, b"") is not None
    # packets were left out on purpose; the next segment begins 10 s later
    both.switch(FIRST + 900, 900_000, 10_000_000, None)
    numbers = both.munge(FIRST + 900, 900_000, 10_000_000, b"")
    assert numbers is not None
    assert numbers[:2] == (0x10000 + 101, 900_000)
    assert both.munge(FIRST + 899, 899_000, 10_000_001, b"") is None
