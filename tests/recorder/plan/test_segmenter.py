"""Where segments are cut, and what stands in when something is missing."""

import itertools

import pytest

from recorder.plan.samples import Picture, VoiceSample
from recorder.plan.segmenter import (
    BLANK_MS,
    HOLD_MS,
    LONGEST_MS,
    PART_MS,
    Segment,
    Segmenter,
    parts_of,
)

FRAME_MS = 100.0


def pictures(
    start_ms: float, end_ms: float, key_every_ms: float, config: bytes = b"a"
) -> list[Picture]:
    count = round((end_ms - start_ms) / FRAME_MS)
    every = round(key_every_ms / FRAME_MS)
    return [
        Picture(
            start_ms + n * FRAME_MS, b"%d" % n, n % every == 0, config if n % every == 0 else b""
        )
        for n in range(count)
    ]


def voice(start_ms: float, end_ms: float) -> list[VoiceSample]:
    count = round((end_ms - start_ms) / 20)
    return [VoiceSample(round(start_ms * 48) + n * 960, 960, b"v") for n in range(count)]


def segments(
    shown: list[Picture], heard: list[VoiceSample], *, has_voice: bool = True
) -> list[Segment]:
    segmenter = Segmenter(has_voice, itertools.count(1))
    segmenter.add_voice(heard)
    for picture in shown:
        segmenter.add_picture(picture)
    end_ms = max([p.at_ms for p in shown] + [s.position / 48 for s in heard], default=0.0)
    return [*segmenter.drain(end_ms), *segmenter.flush()]


def lengths(cut: list[Segment]) -> list[float]:
    return [segment.end_ms - segment.start_ms for segment in cut]


def test_a_segment_per_keyframe_interval() -> None:
    cut = segments(pictures(0, 12_000, 2_000), voice(0, 12_000))
    assert lengths(cut)[:5] == [2_000] * 5
    assert all(segment.pictures[0].is_keyframe for segment in cut)
    assert sum(len(segment.voice) for segment in cut) == 600
    assert {segment.section.number for segment in cut} == {1}


def test_four_seconds_at_most_without_keyframes() -> None:
    cut = segments(pictures(0, 13_000, 60_000), voice(0, 13_000))
    assert max(lengths(cut)) <= LONGEST_MS
    assert sum(len(segment.pictures) for segment in cut) == 130


def test_frequent_keyframes_do_not_make_crumbs() -> None:
    cut = segments(pictures(0, 9_000, 300), voice(0, 9_000))
    assert all(length >= 1_500 for length in lengths(cut)[:-1])


def test_another_form_of_picture_is_another_section() -> None:
    shown = [*pictures(0, 3_000, 2_000), *pictures(3_000, 6_000, 2_000, b"b")]
    cut = segments(shown, voice(0, 6_000))
    assert 3_000 in [segment.start_ms for segment in cut]
    assert [segment.section.number for segment in cut] == sorted(
        1 if segment.start_ms < 3_000 else 2 for segment in cut
    )


def test_voice_alone_gets_a_blank_picture() -> None:
    cut = segments([], voice(1_000, 9_000))
    assert lengths(cut)[:3] == [BLANK_MS] * 3
    assert all(len(segment.pictures) == 1 and not segment.pictures[0].data for segment in cut)
    assert cut[0].section.keyframe == b""


def test_a_camera_that_comes_later() -> None:
    cut = segments(pictures(5_000, 9_000, 2_000), voice(0, 9_000))
    blank = [segment for segment in cut if not segment.section.keyframe]
    assert blank[-1].end_ms == 5_000
    assert cut[len(blank)].pictures[0].at_ms == 5_000


def test_voice_and_picture_begin_together_where_the_playlist_says() -> None:
    first = segments(pictures(487, 12_487, 2_000), voice(0, 12_500))[0]
    assert (first.start_ms, first.pictures[0].at_ms) == (487, 487)
    assert abs(first.voice[0].position / 48 - 487) <= 10


def test_a_short_stall_holds_the_last_picture() -> None:
    shown = [*pictures(0, 3_000, 2_000), *pictures(9_000, 12_000, 2_000)]
    cut = segments(shown, voice(0, 12_000))
    every = [picture for segment in cut for picture in segment.pictures]
    held = [picture for picture in every if picture.duration_ms > FRAME_MS]
    assert [(picture.at_ms, picture.duration_ms) for picture in held] == [(2_900, 6_100)]
    assert {segment.section.number for segment in cut} == {1}
    assert max(lengths(cut)) <= LONGEST_MS


def test_a_long_stall_turns_blank_and_comes_back_with_a_keyframe() -> None:
    shown = [*pictures(0, 3_000, 2_000), *pictures(40_000, 45_000, 2_000)[5:]]
    cut = segments(shown, voice(0, 45_000))
    every = [picture for segment in cut for picture in segment.pictures]
    for one, two in itertools.pairwise(every):
        assert abs(one.at_ms + one.duration_ms - two.at_ms) < 0.01
    blank = [segment for segment in cut if not segment.section.keyframe]
    assert blank[0].start_ms == 2_900 + HOLD_MS
    assert blank[-1].end_ms == 42_000


def test_a_screen_leaves_a_hole() -> None:
    shown = [*pictures(0, 3_000, 2_000), *pictures(40_000, 43_000, 2_000)]
    cut = segments(shown, [], has_voice=False)
    assert 40_000 in [segment.start_ms for segment in cut]
    assert all(segment.pictures for segment in cut)
    assert max(lengths(cut)) <= LONGEST_MS


def test_nothing_is_cut_before_it_is_known() -> None:
    segmenter = Segmenter(True, itertools.count(1))
    for picture in pictures(0, 3_000, 2_000):
        segmenter.add_picture(picture)
    segmenter.add_voice(voice(0, 1_500))
    assert segmenter.drain(3_000) == []
    segmenter.add_voice(voice(1_500, 2_500))
    assert lengths(segmenter.drain(3_100)) == [2_000]


def test_late_pictures_are_never_before_what_was_written() -> None:
    segmenter = Segmenter(False, itertools.count(1), not_before_ms=5_000)
    for picture in pictures(4_000, 8_000, 2_000):
        segmenter.add_picture(picture)
    cut = segmenter.flush()
    every = [picture.at_ms for segment in cut for picture in segment.pictures]
    assert every == sorted(every)
    assert every[0] >= 5_000 - 1


@pytest.mark.parametrize("key_every_ms", [2_000.0, 3_500.0, 60_000.0])
@pytest.mark.parametrize("has_voice", [True, False])
def test_what_is_certain_of_a_segment_stays_so(key_every_ms: float, has_voice: bool) -> None:
    segmenter = Segmenter(has_voice, itertools.count(1))
    shown, heard = pictures(0.25, 9_000, key_every_ms), voice(0.25, 9_000)
    begun: list[Segment] = []
    cut: list[Segment] = []
    for place, picture in enumerate(shown):
        segmenter.add_picture(picture)
        if has_voice:
            segmenter.add_voice(heard[5 * place : 5 * place + 5])
        cut += segmenter.drain(picture.at_ms)
        if found := segmenter.begun():
            begun.append(found)
    cut += segmenter.flush()
    whole = {segment.start_ms: parts_of(segment) for segment in cut}
    assert len(begun) > 30
    for found in begun:
        parts = parts_of(found)
        assert parts == whole[found.start_ms][: len(parts)]
        assert found.end_ms - found.start_ms == len(parts) * PART_MS
    assert [one for parts in whole.values() for part in parts for one in part.voice] == (
        heard if has_voice else []
    )


def test_nothing_is_certain_without_pictures() -> None:
    segmenter = Segmenter(True, itertools.count(1))
    segmenter.add_voice(voice(0, 3_000))
    segmenter.drain(3_000)
    assert segmenter.begun() is None
