"""What goes to a viewer who gets fewer pictures, against the model, and what must hold."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.rtp.header import PacketView
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model import vp8
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.packets import (
    SEND_TIME,
    h264_delimiter,
    h264_payload,
    layer_of,
    publication_of,
    rtp,
    subscription_of,
    vp8_payload,
)
from tests.support.native_values import i64, u16

CODECS = [Codec.OPUS, Codec.H264, Codec.VP8]
THREE_LAYERS = [0, 2, 1, 2]
IDC = {0: 3, 1: 1, 2: 0}
VP8_SYNCS = [False, True, True, False, False, False, False, False]
"""As libvpx sends it: every second time the upper layers refer to nothing but the lowest."""
FIRST_SEQ = 65_400


@dataclass(frozen=True)
class Sent:
    """A packet of the source."""

    seq: int
    picture: int
    temporal_id: int
    rtp: bytes


def source(
    codec: Codec,
    pictures: Sequence[int],
    keyframes: frozenset[int],
    syncs: Sequence[bool] = VP8_SYNCS,
    *,
    is_delimited: bool = False,
) -> Iterator[Sent]:
    """Pictures of so many packets each, in three temporal layers; one more before each of H.264
    that `is_delimited`."""
    seq, since_key, tl0 = FIRST_SEQ, 0, 0
    for number, packets in enumerate(pictures):
        is_key = number in keyframes
        since_key = 0 if is_key else since_key + 1
        temporal_id = THREE_LAYERS[since_key % 4]
        tl0 = (tl0 + (temporal_id == 0)) & 0xFF
        if is_delimited:
            yield Sent(seq, number, 0, rtp(h264_delimiter(), seq, 3_000 * number))
            seq += 1
        for part in range(packets):
            if codec is Codec.H264:
                payload = h264_payload(seq, is_key=is_key and not part, idc=IDC[temporal_id])
            else:
                sync = syncs[since_key % 8]
                payload = vp8_payload(
                    (32_700 + number) & 0x7FFF,
                    tl0,
                    is_key=is_key,
                    temporal_id=temporal_id,
                    is_layer_sync=sync,
                )
                # only its first packet starts a frame
                payload = (payload if not part else b"\x80" + payload[1:]) + bytes((seq & 0xFF,))
            yield Sent(seq, number, temporal_id, rtp(payload, seq, 3_000 * number))
            seq += 1


class Viewer:
    """The engine's and the model's, fed alike."""

    def __init__(self, native: ctypes.CDLL, codec: Codec) -> None:
        native.layer_made.restype = native.viewed_new.restype = ctypes.c_void_p
        self.native = native
        self.ours = ctypes.c_void_p(native.viewed_new(u16(FIRST_SEQ)))
        self.layer = ctypes.c_void_p(native.layer_made(CODECS.index(codec)))
        self.model_layer: Layer = layer_of(codec)
        self.model = subscription_of(MediaKind.VIDEO)
        self.model.set_source(publication_of(self.model_layer))
        self.want(2)
        self.now = 10.0
        self.sent: list[tuple[Sent, PacketView]] = []

    def want(self, most_temporal: int) -> None:
        self.native.viewed_want(self.ours, most_temporal)
        self.model.set_target("", most_temporal)

    def take(self, packet: Sent) -> None:
        """AssertionError where they differ."""
        self.now += 0.005
        out = ctypes.create_string_buffer(1_600)
        length = self.native.viewed_take(
            self.ours, self.layer, packet.rtp, len(packet.rtp), i64(int(self.now * 1e6)), out
        )
        received = self.model_layer.receive(PacketView(packet.rtp), self.now, is_repaired=False)
        expected = None
        if received is not None:
            expected = self.model.forward(self.model_layer, received, SEND_TIME)
        assert (length > 0) == (expected is not None), packet
        if expected is None:
            return
        view, wanted = PacketView(out.raw[:length]), PacketView(expected)
        # the model's stream begins with another number
        assert (view.seq - FIRST_SEQ) & 0xFFFF == (wanted.seq - 500) & 0xFFFF
        assert bytes(view.payload) == bytes(wanted.payload)
        self.sent.append((packet, view))

    def close(self) -> None:
        self.native.viewed_free(self.ours)
        self.native.layer_free(self.layer)

    @property
    def shown(self) -> list[int]:
        """Pictures of which anything was sent."""
        return sorted({packet.picture for packet, view in self.sent if len(view.payload)})


def picture_id(view: PacketView) -> int:
    found = vp8.descriptor(view.payload).picture_id
    assert found is not None
    return found


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
@pytest.mark.parametrize(("most", "every"), [(0, 4), (1, 2), (2, 1)])
def test_what_is_left_out_leaves_no_gap(
    native: ctypes.CDLL, codec: Codec, most: int, every: int
) -> None:
    viewer = Viewer(native, codec)
    packets = list(source(codec, [1, 2, 3, 1] * 60, frozenset([0])))
    learning, rest = packets[:84], packets[84:]  # H.264's pattern must show first
    for packet in learning:
        viewer.take(packet)
    viewer.want(most)
    viewer.sent.clear()
    for packet in rest:
        viewer.take(packet)
    seqs = [(view.seq - viewer.sent[0][1].seq) & 0xFFFF for _, view in viewer.sent]
    assert seqs == list(range(len(seqs)))
    assert all(b - a == every for a, b in zip(viewer.shown, viewer.shown[1:], strict=False))
    if codec is Codec.VP8:
        ids = {picture_id(view) - 32_700 & 0x7FFF for _, view in viewer.sent}
        assert ids == set(range(min(ids), min(ids) + len(viewer.shown)))
    viewer.close()


@pytest.mark.parametrize(("most", "every"), [(0, 4), (1, 2)])
def test_who_gets_fewer_pictures_gets_no_delimiters(
    native: ctypes.CDLL, most: int, every: int
) -> None:
    """One alone, whose picture is left out, would stop a browser until the next key frame."""
    viewer = Viewer(native, Codec.H264)
    packets = list(source(Codec.H264, [1, 2, 3] * 40, frozenset([0]), is_delimited=True))
    for packet in packets[:120]:
        viewer.take(packet)
    assert len(viewer.sent) == 119  # it begins with the key frame's parameter sets
    viewer.want(most)
    viewer.sent.clear()
    for packet in packets[120:200]:
        viewer.take(packet)
    assert all(bytes(view.payload) != h264_delimiter() for _, view in viewer.sent)
    assert all(b - a == every for a, b in zip(viewer.shown, viewer.shown[1:], strict=False))
    viewer.want(2)
    for packet in packets[200:]:
        viewer.take(packet)
    seqs = [(view.seq - viewer.sent[0][1].seq) & 0xFFFF for _, view in viewer.sent]
    assert seqs == list(range(len(seqs)))
    whole = {packet.picture for packet in packets[220:]}
    assert whole <= set(viewer.shown)
    last = [packet.rtp for packet in packets[220:]]
    assert [packet.rtp for packet, _ in viewer.sent][-len(last) :] == last
    viewer.close()


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
def test_it_climbs_where_the_decoder_can_follow(native: ctypes.CDLL, codec: Codec) -> None:
    viewer = Viewer(native, codec)
    packets = list(source(codec, [1] * 80, frozenset([0])))
    for packet in packets[:40]:
        viewer.take(packet)
    viewer.want(0)
    for packet in packets[40:53]:
        viewer.take(packet)
    viewer.want(2)
    for packet in packets[53:]:
        viewer.take(packet)
    shown = [number for number in viewer.shown if number >= 40]
    # VP8: the middle layer from its next sync, the upper one from the sync after that
    steps = {
        Codec.H264: [40, 44, 48, 52, *range(56, 80)],
        Codec.VP8: [40, 44, 48, 52, 56, 58, 60, 62, 64, *range(65, 80)],
    }
    assert shown == steps[codec]
    viewer.close()


def test_where_no_place_to_climb_is_marked_a_key_frame_is_asked_for(native: ctypes.CDLL) -> None:
    native.viewed_needs_keyframe.restype = ctypes.c_bool
    viewer = Viewer(native, Codec.VP8)
    packets = list(source(Codec.VP8, [1] * 80, frozenset([0, 60]), syncs=[False] * 8))

    def second(number: int) -> bool:
        for packet in packets[10 * number : 10 * number + 10]:
            viewer.take(packet)
        return bool(native.viewed_needs_keyframe(viewer.ours))

    viewer.want(0)
    assert not any(second(number) for number in range(2))
    viewer.want(2)
    assert [second(number) for number in range(2, 8)] == [False] * 3 + [True, False, False]
    assert viewer.shown[-20:] == list(range(60, 80))
    viewer.close()


def test_marks_that_are_no_layers_thin_nothing(native: ctypes.CDLL) -> None:
    """All that no other refers to, all in a row, or a middle that is not one."""
    for marks in ([3, 0, 0, 0, 0], [0], [1], [3], [2, 1, 1], [3, 1]):
        viewer = Viewer(native, Codec.H264)
        viewer.want(0)
        for number in range(60):
            idc = marks[number % len(marks)]
            payload = h264_payload(number, is_key=not number, idc=idc)
            viewer.take(Sent(number, number, 0, rtp(payload, number, 3_000 * number)))
        assert viewer.shown == list(range(60)), marks
        viewer.close()


def test_a_pattern_that_ends_is_given_up_and_mended(native: ctypes.CDLL) -> None:
    viewer = Viewer(native, Codec.H264)
    native.layer_keyframe_due.restype = ctypes.c_bool
    viewer.want(0)
    marks = [3, *[0, 1, 0, 3] * 10, *[1] * 20]
    for number, idc in enumerate(marks):
        payload = h264_payload(number, is_key=not number, idc=idc)
        viewer.take(Sent(number, number, 0, rtp(payload, number, 3_000 * number)))
    assert set(range(42, 61)) <= set(viewer.shown)
    assert 41 not in viewer.shown
    assert native.layer_keyframe_due(viewer.layer, False, i64(int(viewer.now * 1e6)))
    viewer.close()


def arrivals(packets: list[Sent], delays: list[int | None]) -> list[Sent]:
    """In the order in which they come; some never."""
    late = ((n + delay, n) for n, delay in enumerate(delays[: len(packets)]) if delay is not None)
    return [packets[n] for _, n in sorted(late)]


def halves(viewer: Viewer, came: list[Sent]) -> list[int]:
    """Pictures of which a part that came was sent and another was not."""
    if not viewer.sent:
        return []
    first = viewer.sent[0][0]
    since = [p for p in came[came.index(first) :] if p.picture > first.picture]
    sent = {packet.seq for packet, view in viewer.sent if len(view.payload)}
    shown, left_out = (
        {p.picture for p in since if (p.seq in sent) == is_sent} for is_sent in (True, False)
    )
    return sorted(shown & left_out)


STREAM = st.tuples(
    st.lists(st.sampled_from([1, 1, 2, 4]), min_size=60, max_size=180),
    st.frozensets(st.integers(1, 180), max_size=2),
    st.lists(st.sampled_from([0] * 14 + [3, 9, 40, None]), min_size=800, max_size=800),
)
"""Packets of each picture, which are key frames, and how much later than others a packet comes."""


@settings(max_examples=80, deadline=None)
@given(
    codec=st.sampled_from([Codec.H264, Codec.VP8]),
    stream=STREAM,
    wished=st.dictionaries(st.integers(0, 300), st.integers(0, 2), max_size=8),
)
def test_whatever_is_lost_and_late_a_number_is_used_once(
    native: ctypes.CDLL,
    codec: Codec,
    stream: tuple[list[int], frozenset[int], list[int | None]],
    wished: dict[int, int],
) -> None:
    pictures, keyframes, delays = stream
    viewer = Viewer(native, codec)
    came = arrivals(list(source(codec, pictures, keyframes | {0})), delays)
    for n, packet in enumerate(came):
        if n in wished:
            viewer.want(wished[n])
        viewer.take(packet)
    seqs = [view.seq for _, view in viewer.sent]
    assert len(seqs) == len(set(seqs)) < 65_536
    if len(wished) < 2:
        assert not halves(viewer, came)
    # numbers keep the order of the source
    by_source = [view.seq for _, view in sorted(viewer.sent, key=lambda each: each[0].seq)]
    steps = [(b - a) & 0xFFFF for a, b in zip(by_source, by_source[1:], strict=False)]
    assert all(0 < step < 0x8000 for step in steps)
    if codec is Codec.VP8:  # all parts of a picture have its one id, and no other picture has it
        ids = {(p.picture, picture_id(view)) for p, view in viewer.sent if len(view.payload)}
        assert len(ids) == len({number for _, number in ids}) == len({p for p, _ in ids})
    viewer.close()
