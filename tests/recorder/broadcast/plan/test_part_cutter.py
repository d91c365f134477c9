from hypothesis import given
from hypothesis import strategies as st

from recorder.broadcast.plan.cutter import (
    HELD_MS,
    PATIENCE_MS,
    SHORTEST_PART_MS,
    CutPart,
    PartCutter,
)
from recorder.plan.samples import Picture

PART_MS = 500.0
VOICE = float("inf")


def picture(at_ms: float, *, is_key: bool = False, config: bytes = b"a") -> Picture:
    return Picture(at_ms, f"{at_ms}".encode(), is_key, config if is_key else b"")


def cut(cutter: PartCutter, now_ms: float) -> list[CutPart]:
    parts = []
    while (part := cutter.next_part(now_ms, VOICE)) is not None:
        parts.append(part)
    return parts


def fed(seconds: float, *, gap_ms: float = 40, keys: float = 3_500) -> tuple[PartCutter, float]:
    """A cutter that got even pictures, and when the last came."""
    cutter, at_ms, key_ms = PartCutter(PART_MS), 0.0, 0.0
    while at_ms < seconds * 1000:
        cutter.add_picture(picture(at_ms, is_key=at_ms >= key_ms))
        key_ms += keys if at_ms >= key_ms else 0
        at_ms += gap_ms
    return cutter, at_ms - gap_ms


def check_chain(parts: list[CutPart]) -> None:
    """Parts follow each other, none is longer than it may be, and each but a segment's last is long
    enough."""
    for before, after in zip(parts, parts[1:], strict=False):
        assert after.start_ms == before.end_ms
        assert after.begins_segment == before.ends_segment
    for part in parts:
        assert 0 < part.end_ms - part.start_ms <= PART_MS
        assert part.ends_segment or part.end_ms - part.start_ms >= 0.85 * PART_MS
        assert part.pictures or part.end_ms - part.start_ms >= SHORTEST_PART_MS - 1e-6  # some voice
        assert all(part.start_ms <= one.at_ms < part.end_ms for one in part.pictures)


def test_segments_begin_with_the_key_frames() -> None:
    cutter, now_ms = fed(12)
    parts = cut(cutter, now_ms)
    check_chain(parts)
    starts = [part.start_ms for part in parts if part.begins_segment]
    assert starts == [0, 3_520, 7_000, 10_520]
    assert all(part.is_independent for part in parts if part.begins_segment)


def test_nothing_is_given_before_it_is_certain() -> None:
    cutter = PartCutter(PART_MS)
    cutter.add_picture(picture(0, is_key=True))
    cutter.add_picture(picture(400))
    assert cutter.next_part(420, VOICE) is None  # a key frame may come at 430
    cutter.add_picture(picture(440))
    assert cutter.next_part(441, 420) is None  # the voice is not there
    part = cutter.next_part(441, 430)
    assert part is not None and [one.at_ms for one in part.pictures] == [0, 400]
    assert part.pictures[-1].duration_ms == 40


def test_without_a_key_frame_a_segment_ends_anyway_and_says_so() -> None:
    cutter, now_ms = fed(10, keys=60_000)
    parts = cut(cutter, now_ms)
    check_chain(parts)
    starts = [part for part in parts if part.begins_segment]
    assert [part.is_independent for part in starts] == [True, False, False]
    lengths = [
        after.start_ms - one.start_ms for one, after in zip(starts, starts[1:], strict=False)
    ]
    assert all(4_000 <= length < 4_500 for length in lengths)  # rounded: 4 s


def test_a_stalled_picture_is_held_then_the_last_key_frame_then_blank() -> None:
    cutter, now_ms = fed(2)
    parts = cut(cutter, now_ms + HELD_MS + 5_000)
    check_chain(parts)
    shown_until = 0.0
    for part in parts:  # no hole that would stop a player
        for one in part.pictures:
            assert one.at_ms <= shown_until + 1
            shown_until = max(shown_until, one.at_ms + one.duration_ms)
        assert shown_until >= part.end_ms
    still = [one for part in parts for one in part.pictures if one.at_ms > 3_000]
    assert {one.data for one in still} == {b"0.0", b""}
    assert all(one.is_keyframe for one in still)
    blank = next(part for part in parts if not part.section.keyframe)
    assert blank.begins_segment
    assert HELD_MS <= blank.start_ms - now_ms < HELD_MS + 600
    assert cutter.needs_keyframe


def test_after_a_stall_a_key_frame_is_needed_and_the_segment_is_another() -> None:
    cutter, now_ms = fed(2)
    cut(cutter, now_ms + 4_000)
    assert cutter.start_ms is not None
    back_ms = now_ms + 4_100
    cutter.add_picture(picture(back_ms))
    cutter.add_picture(picture(back_ms + 40, is_key=True))
    cutter.add_picture(picture(back_ms + 1_200))
    parts = cut(cutter, back_ms + 1_200)
    datas = [one.data for part in parts for one in part.pictures]
    assert str(back_ms).encode() not in datas
    first = next(
        p for p in parts if p.pictures and p.pictures[0].data == f"{back_ms + 40}".encode()
    )
    assert first.begins_segment


def test_another_size_begins_another_section() -> None:
    cutter, at_ms = fed(1)
    cutter.add_picture(picture(at_ms + 40, is_key=True, config=b"b"))
    cutter.add_picture(picture(at_ms + 600))
    parts = cut(cutter, at_ms + 600)
    check_chain(parts)
    assert [part.section.config for part in parts] == [b"a", b"a", b"a", b"b"]
    assert parts[-1].begins_segment


def test_a_late_key_frame_of_another_size_waits_for_its_own_section() -> None:
    cutter, at_ms = fed(1)
    parts = cut(cutter, at_ms + PATIENCE_MS + PART_MS)
    start_ms = cutter.start_ms
    assert start_ms is not None and not parts[-1].ends_segment
    cutter.add_picture(picture(start_ms - 200, is_key=True, config=b"b"))
    cutter.add_picture(picture(start_ms - 160))
    cutter.add_picture(picture(start_ms + 700))
    late = cut(cutter, start_ms + 700)
    check_chain([*parts, *late])
    assert late[0].ends_segment and not late[0].pictures
    assert late[0].section.config == b"a"
    assert late[1].begins_segment and late[1].section.config == b"b"
    assert [one.data for one in late[1].pictures] == [
        f"{start_ms - 200}".encode(),
        f"{start_ms - 160}".encode(),
    ]


@given(
    gaps=st.lists(st.floats(1, 900), min_size=1, max_size=60),
    kinds=st.lists(st.sampled_from([b"", b"a", b"b"]), min_size=60, max_size=60),
    late=st.lists(st.floats(0, 1_500), min_size=60, max_size=60),
)
def test_no_key_frame_is_under_another_init_section(
    gaps: list[float], kinds: list[bytes], late: list[float]
) -> None:
    """Whatever comes, and however late: a picture's section is its key frame's."""
    cutter, at_ms, parts, config = PartCutter(PART_MS), 0.0, [], b"a"
    configs: dict[bytes, bytes] = {b"": b""}
    for place, (gap_ms, kind, late_ms) in enumerate(zip(gaps, kinds, late, strict=False)):
        if place == 0 or kind:
            config = kind or b"a"
        one = picture(at_ms, is_key=place == 0 or bool(kind), config=config)
        configs[one.data] = config
        parts += cut(cutter, at_ms + late_ms)
        cutter.add_picture(one)
        at_ms += gap_ms
    parts += cut(cutter, at_ms + 1_500 + PATIENCE_MS + PART_MS)
    check_chain(parts)
    for part in parts:
        for shown in part.pictures:
            assert configs[shown.data] == part.section.config


def test_few_pictures_make_parts_of_the_same_length() -> None:
    cutter, now_ms = fed(8, gap_ms=1_000)
    parts = cut(cutter, now_ms)
    check_chain(parts)
    empty = [part for part in parts if not part.pictures]
    assert empty and all(not part.is_independent for part in empty)


def test_a_teacher_without_a_camera_is_a_blank_picture() -> None:
    cutter = PartCutter(PART_MS)
    cutter.begin(100)
    parts = cut(cutter, 3_000)
    check_chain(parts)
    assert parts[0].is_independent and parts[0].section.keyframe == b""


@given(
    gaps=st.lists(st.floats(1, 3_000), min_size=1, max_size=60),
    keys=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_whatever_comes_parts_are_a_chain_without_holes(
    gaps: list[float], keys: list[bool]
) -> None:
    cutter, at_ms, parts = PartCutter(PART_MS), 0.0, []
    for place, (gap_ms, is_key) in enumerate(zip(gaps, keys, strict=False)):
        parts += cut(cutter, at_ms)
        cutter.add_picture(picture(at_ms, is_key=is_key or place == 0))
        at_ms += gap_ms
    parts += cut(cutter, at_ms + PATIENCE_MS + PART_MS)
    check_chain(parts)
    shown_until = parts[0].start_ms if parts else 0.0
    for part in parts:
        for one in part.pictures:
            assert one.at_ms <= shown_until + 1.5
            shown_until = max(shown_until, one.at_ms + one.duration_ms)
        assert shown_until >= part.end_ms - 1e-6
