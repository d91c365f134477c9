"""One way of an emulated link, its clock moved by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.link.kinds import kind_of
from tests.support.link.way import Setting, Way


def packet(size: int, number: int = 0, protocol: int = 17) -> bytes:
    """An IPv4 packet of that size."""
    head = bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol])
    return head + number.to_bytes(4, "big") + bytes(size - len(head) - 4)


def test_a_packet_takes_its_time_at_the_rate_and_the_delay() -> None:
    way = Way(Setting(rate_bps=8_000, delay_seconds=0.3), seed=1)
    assert way.put(packet(100), 0.0) == 0.0
    assert way.next_at == pytest.approx(0.1)
    assert way.take(0.39) == []
    assert way.take(0.4) == [packet(100)]


def test_what_waits_too_long_is_dropped_at_the_tail() -> None:
    way = Way(Setting(rate_bps=8_000, queue_seconds=0.25), seed=1)
    waits = [way.put(packet(100), 0.0) for _ in range(5)]
    assert waits == [0.0, pytest.approx(0.1), pytest.approx(0.2), None, None]
    assert way.figures["queue_dropped"] == 2
    assert len(way.take(1.0)) == 3


def test_what_waits_is_sent_at_a_rate_that_was_set_meanwhile() -> None:
    way = Way(Setting(rate_bps=8_000, queue_seconds=9), seed=1)
    for number in range(11):
        way.put(packet(100, number), 0.0)
    assert len(way.take(0.1)) == 1
    way.set(rate_bps=80_000)
    assert len(way.take(0.3)) == 11 - 1  # the second was under way at the old rate


def test_a_cut_stops_what_comes_and_what_waits() -> None:
    way = Way(Setting(rate_bps=8_000), seed=1)
    way.put(packet(100), 0.0)
    way.set(is_cut=True)
    assert way.put(packet(100), 0.05) is None
    assert way.take(1.0) == []
    way.set(is_cut=False)
    way.put(packet(100), 2.0)
    assert len(way.take(3.0)) == 1


def test_only_protocols_that_pass_do() -> None:
    way = Way(Setting(passes="tcp"), seed=1)
    assert way.put(packet(100, protocol=17), 0.0) is None
    assert way.put(packet(100, protocol=6), 0.0) == 0.0


def test_only_the_port_that_passes_does() -> None:
    way = Way(Setting(passes="tcp", port=443), seed=1)
    there, back, elsewhere = (
        bytes(packet(100, protocol=6)[:20]) + a.to_bytes(2, "big") + b.to_bytes(2, "big")
        for a, b in ((50_000, 443), (443, 50_000), (50_000, 8081))
    )
    assert [way.put(each, 0.0) for each in (there, back, elsewhere)] == [0.0, 0.0, None]


@pytest.mark.parametrize("burst", [1.0, 5.0])
def test_losses_have_the_share_and_the_bursts_that_were_asked_for(burst: float) -> None:
    way, count = Way(Setting(loss=0.1, burst=burst), seed=3), 40_000
    arrived = set()
    for number in range(count):
        way.put(packet(40, number), float(number))
        arrived |= {each[10:14] for each in way.take(float(number))}
    is_lost = [number.to_bytes(4, "big") not in arrived for number in range(count)]
    runs = sum(1 for a, b in zip([False, *is_lost], is_lost, strict=False) if b and not a)
    assert sum(is_lost) / count == pytest.approx(0.1, rel=0.1)
    expected = burst if burst > 1 else 1 / 0.9
    assert sum(is_lost) / runs == pytest.approx(expected, rel=0.1)


@given(
    st.lists(st.tuples(st.floats(0, 0.3), st.integers(20, 1500)), max_size=60),
    st.integers(8_000, 2_000_000),
    st.floats(0, 0.7),
)
def test_order_rate_and_delay_hold_for_any_traffic(
    traffic: list[tuple[float, int]], rate_bps: int, delay: float
) -> None:
    way = Way(Setting(rate_bps=rate_bps, delay_seconds=delay, queue_seconds=1), seed=1)
    now, admitted, out = 0.0, [], []
    for number, (pause, size) in enumerate(traffic):
        now += pause
        out += [(now, each) for each in way.take(now)]
        if way.put(packet(size, number), now) is not None:
            admitted.append((now, packet(size, number)))
    while way.next_at < float("inf"):
        now = max(now, way.next_at)
        out += [(now, each) for each in way.take(now)]
    assert [each for _, each in out] == [each for _, each in admitted]
    for (arrived, each), (put, _) in zip(out, admitted, strict=True):
        assert arrived >= put + delay + 8 * len(each) / rate_bps - 1e-6


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (bytes([128, 0x80 | 111]), "rtp-111"),
        (bytes([129, 200]), "rtcp"),
        (bytes([0, 1]), "stun"),
        (bytes([22, 254]), "dtls"),
        (bytes([9, 9]), "udp"),
    ],
)
def test_a_packet_is_told_by_its_headers(payload: bytes, kind: str) -> None:
    assert kind_of(packet(28)[:28] + payload) == kind
    assert kind_of(packet(40, protocol=6)) == "tcp"
