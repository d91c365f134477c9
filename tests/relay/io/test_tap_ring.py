from hypothesis import given
from hypothesis import strategies as st

from relay.io.tap_ring import RingFrame, TapRing


def packet(name: int, size: int = 10) -> RingFrame:
    return RingFrame(name.to_bytes(size, "big"), track_number=1)


def drained(ring: TapRing) -> list[int]:
    sent = []
    while (data := ring.next_frame()) is not None:
        sent.append(int.from_bytes(data, "big"))
    return sent


def test_what_was_not_synced_is_sent_again_under_its_number() -> None:
    ring = TapRing()
    for name in range(1, 6):
        ring.append(packet(name))
    assert ring.restart() == 1
    assert drained(ring) == [1, 2, 3, 4, 5]
    ring.synced(3)
    assert ring.restart() == 4
    assert drained(ring) == [4, 5]


def test_an_announcement_that_left_the_ring_is_remembered_until_its_track_ends() -> None:
    ring = TapRing()
    ring.append(RingFrame(b"track 1", None, announces=1))
    ring.append(packet(1))
    ring.append(RingFrame(b"end 1", None, ends=1))
    drained(ring)
    assert ring.announced == {}  # still in the ring, so it is said in its place
    ring.synced(1)
    assert ring.unsynced_frames == 0
    assert ring.announced == {}


def test_an_open_track_is_announced_after_a_reconnect() -> None:
    ring = TapRing()
    ring.append(RingFrame(b"track 1", None, announces=1))
    ring.append(packet(1))
    drained(ring)
    ring.synced(1)
    assert ring.announced == {1: b"track 1"}


def test_the_oldest_goes_when_nobody_reads_and_is_counted() -> None:
    ring = TapRing(max_bytes=100)
    for name in range(1, 16):
        ring.append(packet(name))
    assert ring.lost_packets == 5
    assert ring.take_lost() == {1: 5}
    assert ring.take_lost() == {}
    assert ring.restart() == 1  # never sent, so they never had a number
    assert drained(ring) == list(range(6, 16))


def test_a_number_the_recorder_will_not_get_asks_for_a_new_connection() -> None:
    ring = TapRing(max_bytes=50)
    for name in range(1, 6):
        ring.append(packet(name))
    drained(ring)
    ring.restart()
    before = ring.needs_reconnect
    ring.append(packet(6))
    assert (before, ring.needs_reconnect) == (False, True)
    assert ring.restart() == 2
    assert drained(ring) == [2, 3, 4, 5, 6]


@given(st.lists(st.sampled_from(["packet", "send", "sync", "reconnect"]), max_size=200))
def test_numbers_and_packets_always_agree(steps: list[str]) -> None:
    ring = TapRing(max_bytes=120)
    names: dict[int, int] = {}  # number to packet, as the recorder learned them
    made, expected = 0, ring.restart()
    for step in steps:
        if step == "packet":
            made += 1
            ring.append(packet(made))
        if step == "reconnect" or ring.needs_reconnect:
            expected = ring.restart()
        if step == "send" and (data := ring.next_frame()) is not None:
            name = int.from_bytes(data, "big")
            assert names.setdefault(expected, name) == name
            expected += 1
        if step == "sync" and expected > 1:
            ring.synced(expected - 1)
