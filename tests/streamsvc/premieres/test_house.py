"""Films whose lesson does not begin, and processes that stand still."""

import math
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streamsvc.base.premieres import Premiere, PremiereState
from streamsvc.near import Near
from streamsvc.premieres.house import STUCK_SECONDS, PremiereHouse, _Playing
from streamsvc.premieres.shelf import PremiereShelf
from streamsvc.school.io.school import School
from streamsvc.school.lessons import LessonChange
from streamsvc.school.records import OPERATOR
from tests.streamsvc.school.conftest import make_once, open_at
from tests.streamsvc.school.county import County
from tests.support.clock import ManualClock


@pytest.fixture
async def county(tmp_path: Path) -> County:
    return await make_once(tmp_path / "made.db")


@pytest.fixture
async def school(tmp_path: Path, county: County) -> AsyncIterator[School]:
    shutil.copy(tmp_path / "made.db", tmp_path / "school.db")
    opened = await open_at(tmp_path / "school.db", ManualClock())
    yield opened
    await opened.close()


async def test_a_film_whose_lesson_never_began_is_missed_and_kept_for_a_day(
    tmp_path: Path, school: School, county: County
) -> None:
    clock = ManualClock()
    shelf = PremiereShelf(tmp_path / "premieres", tmp_path / "recordings")
    near = Near("http://127.0.0.1:1")
    house = PremiereHouse(shelf, school, clock, near=near, least_free_bytes=0)
    lesson = county.lessons["lesson_a1"]
    premiere = await house._plan(Premiere(lesson.id, "x", 60.0))  # noqa: SLF001
    film = shelf.film(premiere)
    film.write_bytes(b"film")

    async def looked() -> Premiere:
        found = await house.find(lesson.id)
        assert found is not None
        await house._look_at(found)  # noqa: SLF001
        found = await house.find(lesson.id)
        assert found is not None
        return found

    end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
    clock.advance((end_ms - clock.wall_ms()) / 1000)
    assert (await looked()).state is PremiereState.MISSED
    assert film.exists()
    later = LessonChange(scheduled_start_ms=end_ms + 3_600_000)
    await school.lessons.change(OPERATOR, lesson.id, later)
    assert (await looked()).state is PremiereState.WAITING
    clock.advance(2 * 86_400)
    assert (await looked()).state is PremiereState.FAILED
    assert not film.exists()


def playing() -> tuple[_Playing, Any]:
    child = SimpleNamespace(pid=1)
    return _Playing(child, "token"), child  # type: ignore[arg-type]


def at(seconds: float, state: PremiereState = PremiereState.ON_AIR) -> Premiere:
    return Premiere("les_1", "x", 60.0, state=state, at_seconds=seconds)  # type: ignore[arg-type]


def test_a_process_that_went_on_and_does_no_more_is_stuck() -> None:
    told, _ = playing()
    assert not told.is_stuck(at(1.0), 0.0)
    assert not told.is_stuck(at(1.5), 1.0)
    assert not told.is_stuck(at(1.5), STUCK_SECONDS)
    assert told.is_stuck(at(1.5), 2.0 + STUCK_SECONDS)


def test_one_that_has_just_been_started_or_waits_is_not() -> None:
    told, child = playing()
    assert not told.is_stuck(at(7.0), 0.0)  # what its former said
    assert not told.is_stuck(at(7.0), 60.0)
    assert not told.is_stuck(at(8.0), 61.0)
    child.pid = 2
    assert not told.is_stuck(at(8.0), 62.0)
    assert not told.is_stuck(at(8.0), 200.0)
    assert not told.is_stuck(at(8.0, PremiereState.WAITING), 201.0)
    assert told.heard_at == math.inf
