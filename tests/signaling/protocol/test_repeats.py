"""What is said again over a channel that loses, at instants that the test makes."""

import json
import random
import zlib
from itertools import pairwise
from typing import Any

import pytest

from signaling.protocol.heard import read_heard
from signaling.protocol.repeats import (
    AT_SECONDS,
    MOST_BPS,
    MOST_BYTES,
    MOST_WAITING,
    OVERHEAD_BYTES,
    Datagram,
    Repeats,
)


def event(seq: int, more: str = "") -> str:
    return json.dumps({"type": "slide_turned", "seq": seq, "more": more})


def seqs(datagram: Datagram) -> list[int]:
    text = datagram if isinstance(datagram, str) else zlib.decompress(datagram).decode()
    events: list[dict[str, Any]] = json.loads(text)
    return [one["seq"] for one in events]


def noise(size: int, seed: int = 1) -> str:
    """Text that does not pack."""
    return "".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


class Sending:
    """A schedule and what it sent, at which instants."""

    def __init__(self) -> None:
        self.repeats = Repeats(0.0)
        self.now = 0.0
        self.sent: list[tuple[float, list[int]]] = []
        self.bits = 0

    def put(self, *numbers: int, more: str = "") -> None:
        for seq in numbers:
            self.repeats.put(seq, event(seq, more), self.now)

    def until(self, end: float) -> None:
        while (due_at := self.repeats.next_at()) is not None and due_at <= end:
            self.now = max(self.now, due_at)
            for datagram in self.repeats.take(self.now):
                assert len(datagram) <= MOST_BYTES
                self.bits += 8 * (len(datagram) + OVERHEAD_BYTES)
                self.sent.append((round(self.now, 3), seqs(datagram)))
        self.now = end


def test_an_event_goes_at_once_and_at_its_instants_and_not_for_ever() -> None:
    sending = Sending()
    assert sending.repeats.next_at() is None
    sending.put(7)
    sending.until(60)
    assert sending.sent == [(at, [7]) for at in AT_SECONDS]
    counted = sending.repeats
    assert (counted.sent, counted.repeated, counted.dropped) == (1, len(AT_SECONDS) - 1, 1)
    assert sending.repeats.next_at() is None


def test_what_the_page_has_is_not_said_again() -> None:
    sending = Sending()
    sending.put(7, 8)
    sending.until(0.4)
    sending.repeats.confirm(7)
    sending.until(1.0)
    assert [numbers for _, numbers in sending.sent] == [[7, 8]] * 2 + [[8]] * 3
    sending.repeats.confirm(9)
    assert sending.repeats.next_at() is None


def test_each_datagram_carries_all_that_is_not_confirmed() -> None:
    sending = Sending()
    for seq in range(1, 6):
        sending.put(seq)
        sending.until(sending.now + 0.2)
    newest = [numbers for _, numbers in sending.sent if 5 in numbers]
    assert newest
    assert all(numbers == [1, 2, 3, 4, 5] for numbers in newest)
    apart = [after - before for (before, _), (after, _) in pairwise(sending.sent)]
    assert min(apart) >= 0.099


def test_while_somebody_draws_it_takes_a_few_datagrams_a_second() -> None:
    sending = Sending()
    for seq in range(1, 51):
        sending.put(seq)
        sending.until(sending.now + 0.2)
        sending.repeats.confirm(seq - 5)
    assert len(sending.sent) == 50


def test_nothing_is_sent_beyond_what_the_link_has() -> None:
    sending = Sending()
    sending.repeats.allow(20_000)
    for seq in range(1, 101):
        sending.put(seq, more=noise(300, seq))
        sending.until(sending.now + 0.1)
    assert sending.bits <= 10_000 * 10 + MOST_BPS
    assert sending.bits >= 10_000 * 8


def test_more_than_one_datagram_holds_goes_in_several_in_order() -> None:
    sending = Sending()
    for seq in range(1, 6):
        sending.put(seq, more=noise(700, seq))
    sending.until(0.0)
    numbers = [seq for _, each in sending.sent for seq in each]
    assert numbers == [1, 2, 3, 4, 5]
    assert len(sending.sent) > 1


def test_what_fits_no_datagram_is_left_to_the_websocket() -> None:
    sending = Sending()
    sending.put(1, more=noise(4_000))
    sending.put(2)
    sending.until(0.0)
    assert sending.sent == [(0.0, [2])]
    assert sending.repeats.dropped == 1


def test_the_oldest_gives_way() -> None:
    sending = Sending()
    sending.put(*range(1, MOST_WAITING + 6))
    sending.until(0.0)
    assert min(min(numbers) for _, numbers in sending.sent) == 6
    assert sending.repeats.dropped == 5


def test_a_page_that_can_not_unpack_gets_json_in_one_byte_letters() -> None:
    sending = Sending()
    sending.repeats = Repeats(0.0, is_packed=False)
    sending.repeats.put(1, json.dumps({"seq": 1, "more": "第一页"}, ensure_ascii=False), 0.0)
    (datagram,) = sending.repeats.take(0.0)
    assert isinstance(datagram, str)
    assert datagram.isascii()
    assert json.loads(datagram) == [{"seq": 1, "more": "第一页"}]


@pytest.mark.parametrize("is_packed", [True, False])
def test_two_that_only_just_fit_go_one_by_one(is_packed: bool) -> None:
    sending = Sending()
    sending.repeats = Repeats(0.0, is_packed=is_packed)
    size = 1_550 if is_packed else 1_000
    sending.put(1, more=noise(size, 1))
    sending.put(2, more=noise(size, 2))
    sending.until(0.1)
    assert [numbers for _, numbers in sending.sent] == [[1], [2]]
    assert sending.repeats.dropped == 0


def test_who_draws_on_uses_up_no_copies_and_an_outage_heals() -> None:
    sending = Sending()
    for seq in range(1, 21):
        sending.put(seq)
        sending.until(sending.now + 0.2)
    assert not sending.repeats.has_hole(0), "4 s after the first"
    assert sending.sent[-1][1] == list(range(1, 21))
    sending.until(30)
    assert sending.repeats.has_hole(0)
    assert sending.repeats.has_hole(19)
    assert not sending.repeats.has_hole(20)


def test_what_gave_way_is_a_hole_and_what_was_too_large_is_none() -> None:
    sending = Sending()
    sending.put(*range(1, MOST_WAITING + 2))
    assert sending.repeats.has_hole(0)
    assert not sending.repeats.has_hole(1)
    sending.put(MOST_WAITING + 2, more=noise(4_000))
    assert not sending.repeats.has_hole(1)


@pytest.mark.parametrize(
    ("message", "is_good"),
    [
        ('{"heard": 3}', True),
        (b'{"heard": 0, "packed": false}', True),
        ('{"heard": -1}', False),
        ('{"heard": "3", "more": 1}', False),
        ("[]", False),
        (b"\xff\xfe", False),
        ('{"heard": 1}' + " " * 200, False),
    ],
)
def test_what_a_page_says_is_read_or_dropped(message: str | bytes, is_good: bool) -> None:
    assert (read_heard(message) is not None) is is_good
