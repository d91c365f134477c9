"""Rings between threads, which layer of a publication is recorded, and who is found where."""

import ctypes
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamsvc.base.media import Codec
from tests.support.engine_model.layer import LIVE_SECONDS, Layer
from tests.support.engine_model.media_clock import WallOffset
from tests.support.engine_model.packets import publication_of
from tests.support.native_values import i64, u64

RING_BYTES = 1024


@given(
    st.lists(
        st.tuples(st.just("push"), st.integers(1, 9), st.binary(max_size=300))
        | st.tuples(st.just("take"), st.just(0), st.just(b"")),
        max_size=120,
    )
)
@settings(max_examples=80, deadline=None)
def test_a_ring_gives_back_what_was_put_in_and_refuses_what_does_not_fit(
    native: ctypes.CDLL, events: list[tuple[str, int, bytes]]
) -> None:
    native.ring_new.restype = ctypes.c_void_p
    native.ring_push.restype = ctypes.c_bool
    ring = ctypes.c_void_p(native.ring_new(u64(RING_BYTES)))
    waiting: deque[tuple[int, bytes]] = deque()
    out, kind = ctypes.create_string_buffer(RING_BYTES), ctypes.c_uint32()
    for what, number, body in events:
        if what == "take":
            length = native.ring_take(ring, ctypes.byref(kind), out)
            expected = waiting.popleft() if waiting else None
            found = (kind.value, out.raw[:length]) if length >= 0 else None
            assert found == expected
            continue
        half = len(body) // 2
        is_in = native.ring_push(ring, number, body[:half], half, body[half:], len(body) - half)
        if is_in:
            waiting.append((number, body))
        else:  # refused only for want of room; the end of the memory may be lost to a long record
            used = sum(16 + len(other) for _, other in waiting)
            assert used + 2 * (16 + len(body)) > RING_BYTES
    native.ring_delete(ring)


@pytest.mark.parametrize("size", [1 << 10, 1 << 16])
def test_two_threads_share_a_ring(native: ctypes.CDLL, size: int) -> None:
    refused = ctypes.c_uint64()
    records = 100_000
    native.ring_two_threads.restype = ctypes.c_uint32
    assert native.ring_two_threads(records, u64(size), ctypes.byref(refused)) == records


def test_a_record_larger_than_its_ring_is_refused(native: ctypes.CDLL) -> None:
    native.ring_new.restype = ctypes.c_void_p
    native.ring_push.restype = ctypes.c_bool
    ring = ctypes.c_void_p(native.ring_new(u64(RING_BYTES)))
    assert not native.ring_push(ring, 1, b"", 0, bytes(2 * RING_BYTES), 2 * RING_BYTES)
    assert native.ring_push(ring, 2, b"ab", 2, b"c", 1)
    native.ring_delete(ring)


LAYERS = 3
STEP = st.tuples(
    st.integers(0, LAYERS - 1), st.integers(1, 900), st.sampled_from([0, 20, 400, 1_100, 3_500])
)


@settings(max_examples=80, deadline=None)
@given(pixels=st.booleans(), steps=st.lists(STEP, min_size=1, max_size=40))
def test_the_layer_to_record_is_the_models(
    native: ctypes.CDLL, pixels: bool, steps: list[tuple[int, int, int]]
) -> None:
    native.layered_new.restype = ctypes.c_void_p
    ours = ctypes.c_void_p(native.layered_new(LAYERS))
    layers = [Layer(n + 1, "abc"[n], Codec.VP8, WallOffset()) for n in range(LAYERS)]
    model = publication_of(*layers)
    now_us = 50_000_000
    for number, size, after_ms in steps:
        now_us += 1000 * after_ms + 1
        now = now_us / 1e6
        area = (number + 1) * 10_000 if pixels else 0
        native.layered_packet(ours, number, area, size, i64(now_us))
        layers[number].pixels = area
        layers[number].last_packet_at = now
        layers[number].rate.add(size, now)
        if not pixels:  # equal rates may be ordered either way
            rates = [layer.rate.bps(now) for layer in layers]
            if len(set(rates)) < LAYERS:
                continue
        chosen = model.choose_tapped(now)
        index = layers.index(chosen) if chosen is not None else -1
        assert native.layered_choose(ours, i64(now_us)) == index
    native.layered_free(ours)
    assert LIVE_SECONDS == 1.0


Where = tuple[bool, int, int, int]
"""IPv6 or not, host, port, connection by TCP (then nothing else counts)."""
WHERE = st.tuples(
    st.booleans(), st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, 0, 0, 1, 2])
)
SLOTS = 24


def key_of(where: Where) -> tuple[object, ...]:
    return ("stream", where[3]) if where[3] else where


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, SLOTS - 1), st.none() | WHERE), max_size=150),
    st.lists(WHERE, max_size=20),
)
def test_everybody_is_found_at_the_address_last_taken(
    native: ctypes.CDLL, moves: list[tuple[int, Where | None]], asked: list[Where]
) -> None:
    native.addresses_new.restype = ctypes.c_void_p
    table = ctypes.c_void_p(native.addresses_new())
    there: dict[tuple[object, ...], int] = {}
    for slot, where in moves:
        there = {key: other for key, other in there.items() if other != slot}
        if where is None:
            native.addresses_remove(table, slot)
            continue
        is_v6, host, port, stream = where
        loser = native.addresses_move(table, slot, is_v6, host, port, u64(stream))
        assert loser == there.get(key_of(where), -1)
        there[key_of(where)] = slot
    for is_v6, host, port, stream in asked + [where for _, where in moves if where]:
        expected = there.get(key_of((is_v6, host, port, stream)), -1)
        assert native.addresses_find(table, is_v6, host, port, u64(stream)) == expected
    native.addresses_free(table)


MASK = 0xFFFFFFFFFFFFFFFF


def siphash_1_3(key: tuple[int, int], words: list[int]) -> int:
    """As its authors describe it, of words in memory's order."""
    a, b = key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D
    c, d = key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573

    def rotated(word: int, bits: int) -> int:
        return (word << bits | word >> (64 - bits)) & MASK

    def round_of(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
        a, c = (a + b) & MASK, (c + d) & MASK
        b, d, a = rotated(b, 13) ^ a, rotated(d, 16) ^ c, rotated(a, 32)
        c, a = (c + b) & MASK, (a + d) & MASK
        return a, rotated(b, 17) ^ c, rotated(c, 32), rotated(d, 21) ^ a

    for word in [*words, 8 * len(words) << 56 & MASK]:
        a, b, c, d = round_of(a, b, c, d ^ word)
        a ^= word
    c ^= 0xFF
    for _ in range(3):
        a, b, c, d = round_of(a, b, c, d)
    return a ^ b ^ c ^ d


WORD = st.integers(0, MASK)


@settings(max_examples=80, deadline=None)
@given(WORD, WORD, st.lists(WORD, max_size=5))
def test_the_hash_is_siphash(native: ctypes.CDLL, low: int, high: int, words: list[int]) -> None:
    native.hash_of.restype = ctypes.c_uint64
    there = (ctypes.c_uint64 * len(words))(*words)
    assert native.hash_of(u64(low), u64(high), there, len(words)) == siphash_1_3((low, high), words)


def test_nobody_can_choose_addresses_or_names_that_meet_in_a_table(native: ctypes.CDLL) -> None:
    for made in (native.addresses_new, native.names_new):
        made.restype = ctypes.c_void_p
    tables = [ctypes.c_void_p(native.addresses_new()) for _ in range(2)]
    names = [ctypes.c_void_p(native.names_new()) for _ in range(2)]
    neighbors = [(host << 24, 4_000) for host in range(256)]  # 0.0.0.0 to 0.0.0.255
    places = [
        [native.addresses_first_place(table, *address) for address in neighbors] for table in tables
    ]
    places += [[native.names_first_place(each, b"%012x" % n) for n in range(256)] for each in names]
    size = 64
    for found in places:
        assert max(found) < size
        # 256 in 64 places: each four, and never a heap
        assert max(found.count(place) for place in range(size)) < 24
    for one, other in (places[:2], places[2:]):  # and elsewhere in another process
        assert sum(a == b for a, b in zip(one, other, strict=True)) < 64
    for table in tables:
        native.addresses_free(table)
    for each in names:
        native.names_free(each)
