from pathlib import Path

import pytest

from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId
from streamsvc.timeline import FileTimeline

LESSON = LessonId("les_1")


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    timeline = FileTimeline(tmp_path)
    assert timeline.read(LESSON) == []
    for line in ('{"seq":1}', '{"seq":2,"text":"好"}'):
        timeline.append(LESSON, line)
    assert FileTimeline(tmp_path).read(LESSON) == ['{"seq":1}', '{"seq":2,"text":"好"}']


@pytest.mark.parametrize("before", [[], ["whole"]])
def test_a_torn_line_is_cut_and_the_next_starts_clean(tmp_path: Path, before: list[str]) -> None:
    timeline = FileTimeline(tmp_path)
    for line in before:
        timeline.append(LESSON, line)
    timeline.path(LESSON).parent.mkdir(exist_ok=True)
    with timeline.path(LESSON).open("ab") as file:
        file.write(b"to")
    assert timeline.read(LESSON) == before
    timeline.append(LESSON, "next")
    assert timeline.read(LESSON) == [*before, "next"]


def test_a_reader_takes_nothing_from_a_line_that_is_being_written(tmp_path: Path) -> None:
    timeline = FileTimeline(tmp_path)
    timeline.append(LESSON, "whole")
    with timeline.path(LESSON).open("ab", buffering=0) as file:
        file.write(b"two ")
        assert timeline.read(LESSON) == ["whole"]
        file.write(b"halves\n")
    assert timeline.read(LESSON) == ["whole", "two halves"]


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\u0085", "\x0b", "\r"])
def test_only_a_line_feed_ends_a_line(tmp_path: Path, end: str) -> None:
    timeline = FileTimeline(tmp_path)
    timeline.append(LESSON, f"a{end}b")
    assert timeline.read(LESSON) == [f"a{end}b"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EnvironmentFault, match="disk-unwritable"):
        FileTimeline(tmp_path / "file").append(LESSON, "x")
