"""Voice merged for thin links: the same frames in fewer packets, whatever comes in."""

import ctypes
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.rtp.packet import write_packet
from tests.support.engine_model import opus
from tests.support.engine_model.merger import Frame, Merger
from tests.support.rtp_media import voice_clip

SPEECH, OTHER_SPEECH, SHORT, LONG, TWO = 0x78, 0x48, 0x70, 0x10, 0x79
"""First bytes: hybrid of 20 ms, another mode, one of 10 ms, SILK of 40 ms, two frames."""
Rows = ctypes.c_int64 * 13
Payloads = ctypes.c_uint8 * (3 * 1_500)


def merge(native: ctypes.CDLL, payloads: list[bytes], room: int = 1_400) -> bytes | None:
    lengths = (ctypes.c_int * len(payloads))(*map(len, payloads))
    out = ctypes.create_string_buffer(room + 1)
    length = native.merge_opus(b"".join(payloads), lengths, len(payloads), out, room)
    assert out.raw[room] == 0, "it wrote behind its room"
    return out.raw[:length] if length else None


PAYLOAD = st.builds(
    lambda toc, size: bytes((toc,)) + bytes(n * toc & 0xFF for n in range(size)),
    toc=st.sampled_from([SPEECH, SPEECH, SPEECH, OTHER_SPEECH, SHORT, LONG, TWO])
    | st.integers(0, 255),
    size=st.sampled_from([0, 1, 60, 60, 80, 251, 252, 253, 255, 256, 509]) | st.integers(0, 1_300),
)


@given(payloads=st.lists(PAYLOAD | st.just(b""), min_size=1, max_size=7))
def test_it_merges_as_the_model_does(native: ctypes.CDLL, payloads: list[bytes]) -> None:
    assert merge(native, payloads, 10_000) == opus.merged(payloads)


@given(
    toc=st.sampled_from([SPEECH, OTHER_SPEECH, SHORT]),
    sizes=st.lists(st.sampled_from([0, 1, 251, 252, 253, 400, 1_275]) | st.integers(0, 1_275)),
)
def test_the_frames_are_the_same_bit_for_bit(
    native: ctypes.CDLL, toc: int, sizes: list[int]
) -> None:
    found = [bytes((toc,)) + bytes((size + n) & 0xFF for n in range(size)) for size in sizes[:6]]
    made = merge(native, found, 10_000)
    if len(found) < 2:
        assert made is None
        return
    assert made is not None
    assert opus.frames(made) == [(toc, payload[1:]) for payload in found]


@given(room=st.integers(0, 300))
def test_it_stays_in_its_room(native: ctypes.CDLL, room: int) -> None:
    payloads = [bytes((SPEECH,)) + bytes(size) for size in (60, 70, 80)]
    made = merge(native, payloads, room)
    assert made is None or len(made) <= room


def heard(payloads: list[bytes]) -> np.ndarray:
    """What libopus makes of packets, one after the other."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "stereo"
    decoder.open()
    found = []
    for payload in payloads:
        packet = av.Packet(payload)
        packet.time_base = Fraction(1, 48_000)
        found += [frame.to_ndarray() for frame in decoder.decode(packet)]
    return np.concatenate(found, axis=1)


def test_libopus_hears_the_same_samples(native: ctypes.CDLL) -> None:
    singly = [bytes(packet.data) for packet in voice_clip(3.0)]
    groups = [singly[n : n + 3] for n in range(0, len(singly), 3)]
    together, merged = [], 0
    for group in groups:
        made = merge(native, group)
        merged += made is not None
        together += group if made is None else [made]
    assert merged > len(groups) * 0.9
    one, other = heard(singly), heard(together)
    assert one.shape == other.shape and one.size > 48_000
    assert one.any()
    assert np.array_equal(one, other)


# ---- groups


@dataclass(frozen=True)
class Arrives:
    """The next packet but `missing`, or one of the past."""

    missing: int
    behind: int
    toc: int
    size: int
    pause: int


ARRIVES = st.builds(
    Arrives,
    missing=st.sampled_from([0] * 12 + [1, 1, 2, 5, 60, 97, 130, 300, 600]),
    behind=st.sampled_from([0] * 12 + [1, 2, 3, 4, 7, 50, 95, 255]),
    toc=st.sampled_from([SPEECH] * 9 + [OTHER_SPEECH, SHORT, LONG, TWO]),
    size=st.sampled_from([60, 60, 60, 61, 80, 300, 1_000]),
    pause=st.sampled_from([0] * 9 + [960, 48_000]),
)


class Both:
    """The engine's merged layer and the model's, fed alike."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self.native, self.model = native, Merger()
        native.merging_new.restype = ctypes.c_void_p
        self.held = ctypes.c_void_p(native.merging_new())
        self.given: dict[int, Frame] = {}
        self.now_us = 1_000_000

    def close(self) -> None:
        self.native.merging_free(self.held)

    def restart(self) -> None:
        self.native.merging_restart(self.held)
        self.model.restart()

    def take(self, seq: int, ts: int, payload: bytes) -> tuple[list[Frame], int]:
        """What was made, and with which number a viewer may cross; AssertionError where they
        differ."""
        self.now_us += 20_000
        rows, payloads = Rows(), Payloads()
        packet = write_packet(
            payload, payload_type=111, seq=seq & 0xFFFF, ts=ts & 0xFFFFFFFF, ssrc=1
        )
        count = self.native.merging_take(
            self.held, packet, len(packet), ctypes.c_int64(self.now_us), rows, payloads
        )
        if count < 0:
            return [], 0
        made = []
        for n in range(count):
            ext_seq, its_ts, is_marked, length = rows[4 * n : 4 * n + 4]
            body = bytes(payloads[1_500 * n : 1_500 * n + length])
            made.append(Frame(ext_seq, its_ts, body, bool(is_marked)))
        frame = Frame(seq, ts & 0xFFFFFFFF, payload)
        self.given[seq] = frame
        assert made == self.model.take(frame)
        may_cross = self.model.boundary == seq and self.model.is_complete
        assert rows[12] == (self.model.next if may_cross else 0)
        return made, rows[12]


@pytest.fixture
def both(native: ctypes.CDLL) -> Both:
    return Both(native)


def parts(frame: Frame) -> list[tuple[int, bytes]]:
    """Timestamp and bytes of every frame in a packet."""
    if frame.payload[0] & 3 == 3:
        step = opus.frame_samples(frame.payload[0])
        return [
            ((frame.ts + n * step) & 0xFFFFFFFF, bytes((toc,)) + body)
            for n, (toc, body) in enumerate(opus.frames(frame.payload))
        ]
    return [(frame.ts, frame.payload)]


@settings(max_examples=150, deadline=None)
@given(first=st.sampled_from([0, 1, 65_500]), events=st.lists(ARRIVES, max_size=120))
def test_it_groups_as_the_model_does(
    native: ctypes.CDLL, first: int, events: list[Arrives]
) -> None:
    """And whatever comes: each frame once at most, none that was not given, no number twice."""
    both = Both(native)
    newest, ts = 0x10000 + first - 1, 0xFFFF_0000
    arrived: set[int] = set()
    numbers: set[int] = set()
    out: list[tuple[int, bytes]] = []
    for event in events:
        if event.behind:
            seq = newest - event.behind
            its_ts = ts - 960 * event.behind
        else:
            newest += 1 + event.missing
            ts += 960 * (1 + event.missing) + event.pause
            seq, its_ts = newest, ts
        if seq in arrived or newest - seq >= 256 or seq < 0x10000 + first:
            continue
        arrived.add(seq)
        payload = bytes((event.toc,)) + seq.to_bytes(4, "big") + bytes(event.size)
        if event.toc == TWO:  # two frames are never taken apart
            payload = bytes((event.toc,)) + payload[1 : 1 + 2 * ((len(payload) - 1) // 2)]
        made, _ = both.take(seq, its_ts, payload)
        assert not numbers & {frame.ext_seq for frame in made}
        numbers |= {frame.ext_seq for frame in made}
        out += [part for frame in made for part in parts(frame)]
    given_parts = {(frame.ts, frame.payload) for frame in both.given.values()}
    assert len(out) == len({payload for _, payload in out})
    assert set(out) <= given_parts
    both.close()


def test_without_loss_everything_is_there_in_a_third_of_the_packets(both: Both) -> None:
    made = []
    for n in range(300):
        payload = bytes((SPEECH, n & 0xFF)) + bytes(50 + n % 5)
        made += both.take(0x10000 + 65_400 + n, 960 * n, payload)[0]
    assert [frame.ext_seq for frame in made] == list(range(0x10000, 0x10000 + 100))
    assert [ts for frame in made for ts, _ in parts(frame)] == [960 * n for n in range(300)]
    both.close()


def test_a_late_packet_finds_the_number_that_was_kept_for_it(both: Both) -> None:
    made: list[Frame] = []
    for seq in (1, 2, 3, 4, 6, 7, 8, 9, 5):
        made += both.take(0x10000 + seq, 960 * seq, bytes((SPEECH, seq)))[0]
    assert [(frame.ext_seq - 0x10000, frame.ts // 960) for frame in made] == [
        (0, 1),
        (1, 4),
        (3, 6),
        (4, 7),
        (2, 5),
    ]
    both.close()


def test_nobody_crosses_while_something_may_still_come(both: Both) -> None:
    crossings = []
    for seq in (1, 2, 3, 4, 5, 6, 8, 9, 10, 7, 11, 12, 13, 14):
        crossings.append(both.take(0x10000 + seq, 960 * seq, bytes((SPEECH, seq)))[1])
    assert [bool(number) for number in crossings] == [
        *(True, False, False, True, False, False),
        *(False, False, False, False),  # 8 begins a group, but 7 is not there
        *(False, False, True, False),
    ]
    both.close()


def test_what_came_while_muted_is_in_no_group(both: Both) -> None:
    for seq in (1, 2, 3, 4):
        both.take(0x10000 + seq, 960 * seq, bytes((SPEECH, seq)))
    both.restart()
    made = []
    for seq in (6, 7, 8):
        made += both.take(0x10000 + seq, 960 * seq, bytes((SPEECH, seq)))[0]
    assert [body[1] for frame in made for _, body in parts(frame)] == [6, 7, 8]
    both.close()
