"""Which packets are sent again to a viewer, against the model."""

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st

from streamsvc.base.media import MediaKind
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.nack_responder import NackResponder, RepairBudget, Sent, SentRing
from tests.support.native_values import Held, i64, u16, u32

MANY = settings(max_examples=80, deadline=None)
SENT, TOO_SOON, TOO_OFTEN, OVER_BUDGET, UNKNOWN = range(5)
PACKETS = 40
FIRST = 0x10000 + 65_520
"""Their numbers wrap."""


def sent(number: int, size: int) -> Sent:
    packet = InboundPacket(number, 0, False, b"", 0.0, False, None, bytes(size))
    return Sent(number, 0, packet, b"", b"")


class Both:
    """The engine's ring, budget and decision, and the model's responder."""

    def __init__(self, native: ctypes.CDLL, kind: MediaKind, link_bps: int, size: int) -> None:
        self.native, self.size, self.is_voice = native, size, kind is MediaKind.AUDIO
        self.ring, self.budget = Held(native, "sent_ring"), Held(native, "budget")
        self.ring.call("sent_ring_init", 32, result=None)
        self.budget.call("repair_budget_init", u32(link_bps), i64(0), result=None)
        model_ring = SentRing(32)
        self.model = NackResponder(model_ring, RepairBudget(0.0, link_bps), kind)
        for number in range(FIRST, FIRST + PACKETS):
            self.ring.call("sent_ring_put", u16(number), i64(0), result=ctypes.c_void_p)
            model_ring.put(sent(number, size))

    def ask(self, number: int, round_trip_ms: int, now_ms: int) -> int:
        """What the engine does; AssertionError if the model does something else."""
        counts = self.model.counts
        before = [counts.repaired, counts.too_soon, counts.too_often, counts.over_budget]
        # the model's seconds are floating: no instant of the tests may lie on an edge
        self.model.answer((number & 0xFFFF,), now_ms / 1e3, (round_trip_ms - 0.01) / 1e3)
        after = [counts.repaired, counts.too_soon, counts.too_often, counts.over_budget]
        changed = [n for n in range(4) if after[n] != before[n]]
        place = self.ring.call("sent_ring_find", u16(number), result=ctypes.c_void_p)
        found = int(
            self.native.repair_decide(
                ctypes.c_void_p(place),
                self.budget.memory,
                self.size,
                self.is_voice,
                i64(1000 * round_trip_ms),
                i64(1000 * now_ms),
            )
        )
        assert found == (changed[0] if changed else UNKNOWN)
        return found


@MANY
@given(
    kind=st.sampled_from(list(MediaKind)),
    link_bps=st.sampled_from([170_001, 333_333, 4_000_003]),
    asked=st.lists(
        st.tuples(st.integers(-5, PACKETS + 5), st.sampled_from([30, 50, 200]), st.integers(0, 90)),
        max_size=80,
    ),
)
def test_what_is_sent_again_is_what_the_model_sends(
    native: ctypes.CDLL, kind: MediaKind, link_bps: int, asked: list[tuple[int, int, int]]
) -> None:
    both, now_ms = Both(native, kind, link_bps, size=1_200), 10
    for behind, round_trip_ms, after_ms in asked:
        now_ms += after_ms
        both.ask(FIRST + behind, round_trip_ms, now_ms)
    native.sent_ring_free(both.ring.memory)


def test_pictures_stay_in_their_budget_and_voice_is_never_refused(native: ctypes.CDLL) -> None:
    for kind, expected in ((MediaKind.VIDEO, 3), (MediaKind.AUDIO, 20)):
        both = Both(native, kind, 0, size=1_200)  # 4,000 bytes a second
        found = [both.ask(FIRST + 15 + n, 50, 10) for n in range(20)]
        assert found.count(SENT) == expected
        assert set(found) <= {SENT, OVER_BUDGET}
        native.sent_ring_free(both.ring.memory)


def test_a_packet_goes_out_at_most_three_times_more(native: ctypes.CDLL) -> None:
    both = Both(native, MediaKind.VIDEO, 4_000_000, size=100)
    number = FIRST + PACKETS - 1
    found = [both.ask(number, 50, 1_000 * n) for n in range(1, 6)]
    assert found == [SENT, SENT, SENT, TOO_OFTEN, TOO_OFTEN]
    assert both.ask(number - 1, 50, 9_000) == SENT
    assert both.ask(number - 1, 50, 9_030) == TOO_SOON
    native.sent_ring_free(both.ring.memory)


@MANY
@given(st.integers(1, 400), st.integers(0, 0xFFFF))
def test_what_was_sent_within_six_seconds_is_known_in_as_little_as_it_takes(
    native: ctypes.CDLL, per_second: int, first: int
) -> None:
    ring, most, seconds = Held(native, "sent_ring"), 512, 15
    ring.call("sent_ring_init", most, result=None)
    count = seconds * per_second
    for number in range(first, first + count):
        now_us = (number - first) * 1_000_000 // per_second
        ring.call("sent_ring_put", u16(number), i64(now_us), result=ctypes.c_void_p)
    size = ring.call("sent_ring_size", result=ctypes.c_int)
    assert size <= max(64, min(most, 12 * per_second))
    kept = min(count, size, max(1, 6 * per_second - 1))
    for number in range(first + count - kept, first + count):
        assert ring.call("sent_ring_find", u16(number), result=ctypes.c_void_p)
    native.sent_ring_free(ring.memory)
