"""Uploads in pieces: who writes, what is kept, and whose make room."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamsvc.base.courseware import CoursewareLimits, HalfUpload
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import CoursewareId, LessonId, PersonId
from streamsvc.courseware.io.halves import BLOCK_BYTES, KEPT_SECONDS, MAX_OF_PERSON, Halves
from streamsvc.courseware.io.store import CoursewareFolder

LESSON, OTHER = LessonId("les_a"), LessonId("les_b")
LIMITS = CoursewareLimits(
    max_bytes=10_000_000, max_slides=9, reads_presentations=False, is_office_exposed=False
)
DATA = b"%PDF-1.7 " + os.urandom(3 * BLOCK_BYTES)


def half(name: str = "cw_a", lesson_id: LessonId = LESSON, person: str = "per_a") -> HalfUpload:
    return HalfUpload(CoursewareId(name), lesson_id, PersonId(person), "a.pdf", len(DATA), 0, 0)


@pytest.fixture
def folder(tmp_path: Path) -> CoursewareFolder:
    made = CoursewareFolder(tmp_path)
    made.make()
    return made


@pytest.fixture
def halves(folder: CoursewareFolder) -> Halves:
    return Halves(folder, 0)


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 50_000):
        await asyncio.sleep(0)
        yield data[start : start + 50_000]


async def outcome(halves: Halves, offset: int) -> str:
    try:
        written = await halves.write(half(), offset, pieces(DATA[offset:]), LIMITS)
    except StreamsvcError as error:
        return error.error_id
    return "whole" if written.offset == len(DATA) else "part"


async def test_of_two_who_write_at_one_moment_one_does(
    halves: Halves, folder: CoursewareFolder
) -> None:
    await halves.begin(half(), LIMITS)
    outcomes = await asyncio.gather(*(outcome(halves, 0) for _ in range(3)))
    assert sorted(outcomes) == ["upload-broken", "upload-broken", "whole"]
    assert folder.upload(half().id).read_bytes() == DATA


async def test_a_file_that_grew_otherwise_is_not_written_to(
    halves: Halves, folder: CoursewareFolder
) -> None:
    await halves.begin(half(), LIMITS)

    async def meanwhile() -> AsyncIterator[bytes]:
        yield DATA[:BLOCK_BYTES]
        with folder.upload(half().id).open("ab") as file:
            file.write(b"late")
        yield DATA[BLOCK_BYTES:]

    with pytest.raises(StreamsvcError) as caught:
        await halves.write(half(), 0, meanwhile(), LIMITS)
    assert caught.value.error_id == "upload-offset-wrong"
    assert folder.upload(half().id).read_bytes() == DATA[:BLOCK_BYTES] + b"late"


async def test_who_asks_in_another_lesson_stops_nobody(halves: Halves) -> None:
    await halves.begin(half(), LIMITS)
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield DATA[:BLOCK_BYTES]
        began.set()
        await goes_on.wait()
        yield DATA[BLOCK_BYTES:]

    writing = asyncio.ensure_future(halves.write(half(), 0, slow(), LIMITS))
    await began.wait()
    for stranger in (half(lesson_id=OTHER), half("cw_none")):
        with pytest.raises(StreamsvcError) as caught:
            await halves.find(stranger.id, stranger.lesson_id)
        assert caught.value.error_id == "upload-unknown"
    goes_on.set()
    assert (await writing).offset == len(DATA)


async def test_what_is_too_old_is_unknown_and_goes(
    halves: Halves, folder: CoursewareFolder
) -> None:
    await halves.begin(half(), LIMITS)
    found = await halves.find(half().id, LESSON)
    too_old = found.expires_at_ms / 1000 - 2 * KEPT_SECONDS - 1
    os.utime(folder.upload(half().id), (too_old, too_old))
    with pytest.raises(StreamsvcError) as caught:
        await halves.find(half().id, LESSON)
    assert caught.value.error_id == "upload-unknown"
    await halves.expire()
    assert not list((folder.path / "uploads").iterdir())


async def test_a_persons_oldest_makes_room_and_nobody_elses(
    halves: Halves, folder: CoursewareFolder
) -> None:
    await halves.begin(half("cw_other", LessonId("les_x"), "per_b"), LIMITS)
    names = [f"cw_{n}" for n in range(MAX_OF_PERSON + 2)]
    for n, name in enumerate(names):
        await halves.begin(half(name, LessonId(f"les_{n}")), LIMITS)
        os.utime(folder.upload(CoursewareId(name)), (0, time.time() + n - 1000))
    kept = [n for n, name in enumerate(names) if await is_there(halves, name, f"les_{n}")]
    assert kept == list(range(2, MAX_OF_PERSON + 2))
    assert await is_there(halves, "cw_other", "les_x")


async def is_there(halves: Halves, name: str, lesson: str) -> bool:
    try:
        await halves.find(CoursewareId(name), LessonId(lesson))
    except StreamsvcError:
        return False
    return True
