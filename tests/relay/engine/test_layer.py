"""One layer's packets and one viewer's reports, against the model."""

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.rtp.header import PacketView
from relay.rtp.rtcp_reports import ReportBlock
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.keyframe_requests import TAPPED_INTERVAL_SECONDS, KeyframeRequests
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.packets import (
    SEND_TIME,
    arrive,
    h264_delimiter,
    h264_payload,
    layer_of,
    opus_payload,
    publication_of,
    rtp,
    subscription_of,
    vp8_payload,
)
from tests.support.native_values import i64, u16, u32

CODECS = [Codec.OPUS, Codec.H264, Codec.VP8]
DELIMITER = 4
"""In place of a mark: a packet before a picture (of VP8: what has no marks)."""
Three = ctypes.c_int64 * 3
Six = ctypes.c_int64 * 6
PACKET = st.tuples(
    st.sampled_from([1, 1, 1, 1, 2, 30, 300, 1_100]),
    st.sampled_from([0, 0, 0, 1, 4, 200]),
    st.sampled_from([0, 3, 20, 400, 1_070, 1_600]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 1_000, 1_380]),
    st.sampled_from([3, 0, 1, 0, 2, DELIMITER]),
)
"""Step, how far behind the newest, ms since the last, key frame, repaired, bytes added, mark of its
temporal layer."""


def payload(codec: Codec, number: int, is_key: bool, more: int, mark: int) -> bytes:
    if codec is Codec.OPUS:
        return opus_payload(number) + bytes(more)
    if codec is Codec.H264 and mark == DELIMITER:
        return h264_delimiter()
    if codec is Codec.H264:
        return h264_payload(number, is_key=is_key, idc=mark) + bytes(more)
    frame = vp8_payload(
        number & 0x7FFF,
        number & 0xFF,
        is_key=is_key,
        temporal_id=mark % DELIMITER,
        is_layer_sync=number % 3 == 0,
    )
    return frame + bytes(more)


class Requests:
    """When the model asks an encoder for a key frame."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.wishes = KeyframeRequests()
        self._given_up = 0

    def due(self, is_tapped: bool, now: float) -> bool:
        if self.layer.has_lost_pattern:
            self.layer.has_lost_pattern = False
            self.wishes.want()
        if self.layer.nacks.given_up > self._given_up:
            self._given_up = self.layer.nacks.given_up
            self.wishes.want()
        if is_tapped and self.layer.keyframe_age(now) >= TAPPED_INTERVAL_SECONDS:
            self.wishes.want()
        return self.wishes.due(now)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(CODECS),
    st.lists(st.tuples(PACKET, st.booleans(), st.booleans()), max_size=50),
)
def test_a_layer_is_what_the_model_says(
    native: ctypes.CDLL,
    codec: Codec,
    events: list[tuple[tuple[int, int, int, bool, bool, int, int], bool, bool]],
) -> None:
    native.layer_made.restype = native.layer_find.restype = ctypes.c_void_p
    native.layer_take.restype = native.layer_keyframe_due.restype = ctypes.c_bool
    native.layer_lives.restype = ctypes.c_bool
    native.layer_burst_start.restype = native.layer_lost.restype = ctypes.c_int64
    ours = ctypes.c_void_p(native.layer_made(CODECS.index(codec)))
    model = layer_of(codec)
    requests = Requests(model)
    number, now_us = 65_000, 7_000_050
    for (step, behind, after_ms, is_key, is_repaired, more, mark), is_asked, is_tapped in events:
        # no two instants are whole ms apart: the model's seconds are floating
        number, now_us = number + step, now_us + 1000 * after_ms + 7
        now = now_us / 1e6
        content = payload(codec, number - behind, is_key, more, mark)
        packet = rtp(content, number - behind, number // 2 * 90)
        found, before = Six(), model.keyframe
        is_new = native.layer_take(ours, packet, len(packet), i64(now_us), is_repaired, found)
        received = model.receive(PacketView(packet), now, is_repaired=is_repaired)
        assert is_new == (received is not None)
        if received is not None:
            place = received.place
            expected = [received.ext_seq, received.starts_keyframe, model.pixels]
            expected += [place.temporal_id, place.starts_picture, place.opens]
            assert list(found) == expected
        if model.keyframe is not before:
            requests.wishes.keyframe_began()
        burst = model.since_keyframe(now)
        start = native.layer_burst_start(ours, i64(now_us))
        assert start == (burst[0].ext_seq if burst else 0)
        for ext_seq in range(0x10000 + number - 3, 0x10000 + number + 2):
            there = native.layer_find(ours, i64(ext_seq)) is not None
            assert there == (model.find(ext_seq) is not None)
        for later_us in (900_003, 1_100_003, 2_600_003, 4_000_003):
            lives = native.layer_lives(ours, i64(now_us + later_us))
            assert lives == model.is_live((now_us + later_us) / 1e6)
        if is_asked and codec is not Codec.OPUS:
            due = native.layer_keyframe_due(ours, is_tapped, i64(now_us))
            assert due == requests.due(is_tapped, now)
    assert native.layer_lost(ours) == model.stats.lost
    native.layer_free(ours)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 1, 1, 2, 5]), st.sampled_from([0, 0, 0, 1])), min_size=1
    ),
    st.lists(st.tuples(st.integers(0, 40), st.integers(-3, 30)), max_size=6),
)
def test_what_the_publisher_lost_is_not_the_viewers_loss(
    native: ctypes.CDLL, packets: list[tuple[int, int]], reports: list[tuple[int, int]]
) -> None:
    native.viewed_new.restype = ctypes.c_void_p
    ours = ctypes.c_void_p(native.viewed_new(u16(500)))
    layer = layer_of(Codec.H264)
    model = subscription_of(MediaKind.VIDEO)
    model.set_source(publication_of(layer))
    model.set_target("")
    number, highest, lost = 100, 500, 0
    seen: set[int] = set()
    for index, (step, behind) in enumerate(packets):
        number += step
        if number - behind in seen:
            continue
        seen.add(number - behind)
        now_us = 1_000_000 + 10_000 * index
        given = h264_payload(number, is_key=not index)
        packet = arrive(layer, given, number - behind, 0, now_us / 1e6)
        model.forward(layer, packet, SEND_TIME)
        native.viewed_forward(ours, i64(packet.ext_seq), i64(now_us))
        if index < len(reports):
            highest, lost = highest + reports[index][0], lost + reports[index][1]
            found = Three()
            native.viewed_report(ours, u32(highest), lost, found)
            before = model.counts.received
            told = model.reported(ReportBlock(7_000, 0, lost, highest, 0, 0, 0))
            assert (found[0], found[1]) == told
            arrived = model.counts.received - before
            assert not arrived or found[2] == arrived
    native.viewed_free(ours)


@pytest.mark.parametrize(
    ("gaps_ms", "lives_ms", "dead_ms"),
    [
        ([66] * 9, 990, 1_010),
        ([66] * 9 + [1_070], 2_600, 2_700),
        ([1_070, 9_000], 2_600, 2_700),
        ([1_070] + [66] * 30, 990, 1_010),
    ],
    ids=["15 a second", "the first of one a second", "one a second, paused", "more again"],
)
def test_a_layer_of_one_picture_a_second_lives(
    native: ctypes.CDLL, gaps_ms: list[int], lives_ms: int, dead_ms: int
) -> None:
    native.layer_made.restype = ctypes.c_void_p
    native.layer_lives.restype = ctypes.c_bool
    ours = ctypes.c_void_p(native.layer_made(CODECS.index(Codec.H264)))
    now_us = 7_000_000
    for number, gap_ms in enumerate([0, *gaps_ms]):
        now_us += 1000 * gap_ms
        packet = rtp(h264_payload(number, is_key=not number), number, 3_000 * number)
        native.layer_take(ours, packet, len(packet), i64(now_us), False, Six())
    lives = [native.layer_lives(ours, i64(now_us + 1000 * ms)) for ms in (lives_ms, dead_ms)]
    native.layer_free(ours)
    assert lives == [True, False]
