"""Films in pieces: what a break costs, and what is refused."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamsvc.base.errors import EnvironmentFault, PeerGone, UserError
from streamsvc.base.ids import LessonId
from streamsvc.premieres.shelf import PremiereShelf
from streamsvc.premieres.uploads import KEPT_SECONDS, FilmUploads

LESSON = LessonId("les_1")


@pytest.fixture
def shelf(tmp_path: Path) -> PremiereShelf:
    return PremiereShelf(tmp_path / "premieres", tmp_path / "recordings")


@pytest.fixture
def uploads(shelf: PremiereShelf) -> FilmUploads:
    return FilmUploads(shelf, 0)


async def pieces(*given: bytes, breaks: bool = False) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece
    if breaks:
        raise PeerGone("upload-broken")


async def test_a_break_costs_nothing_that_came(uploads: FilmUploads, shelf: PremiereShelf) -> None:
    upload = await uploads.begin(LESSON, "分数", 10, ends_lesson=False)
    with pytest.raises(PeerGone):
        await uploads.write(upload, 0, pieces(b"0123", breaks=True))
    again = await FilmUploads(shelf, 0).find(LESSON, upload.id)  # also of another process
    assert (again.offset, again.title, again.ends_lesson) == (4, "分数", False)
    whole = await uploads.write(again, 4, pieces(b"45", b"6789"))
    assert whole.is_whole
    assert shelf.upload(LESSON, upload.id).read_bytes() == b"0123456789"


async def test_the_wrong_place_is_told(uploads: FilmUploads) -> None:
    upload = await uploads.begin(LESSON, "x", 10, ends_lesson=True)
    with pytest.raises(UserError, match="upload-offset-wrong") as told:
        await uploads.write(upload, 3, pieces(b"34"))
    assert told.value.details["offset"] == 0


async def test_more_than_was_said_ends_it(uploads: FilmUploads) -> None:
    upload = await uploads.begin(LESSON, "x", 3, ends_lesson=True)
    with pytest.raises(UserError, match="file-too-large"):
        await uploads.write(upload, 0, pieces(b"0123"))
    with pytest.raises(UserError, match="upload-unknown"):
        await uploads.find(LESSON, upload.id)


async def test_the_newest_request_goes_on_with_it(uploads: FilmUploads) -> None:
    upload = await uploads.begin(LESSON, "x", 4, ends_lesson=True)
    waits = asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        await waits.wait()
        yield b"old"

    former = asyncio.create_task(uploads.write(upload, 0, held()))
    await asyncio.sleep(0)
    assert (await uploads.write(upload, 0, pieces(b"new"))).offset == 3
    waits.set()
    with pytest.raises(PeerGone):
        await former


async def test_one_of_a_lesson_and_a_day(uploads: FilmUploads, shelf: PremiereShelf) -> None:
    first = await uploads.begin(LESSON, "x", 4, ends_lesson=True)
    second = await uploads.begin(LESSON, "y", 4, ends_lesson=True)
    with pytest.raises(UserError, match="upload-unknown"):
        await uploads.find(LESSON, first.id)
    part = shelf.upload(LESSON, second.id)
    for file in (part, part.with_suffix(".json")):
        os.utime(file, (0, 1_700_000_000 - KEPT_SECONDS))
    uploads.sweep()
    with pytest.raises(UserError, match="upload-unknown"):
        await uploads.find(LESSON, second.id)


async def test_what_can_not_be_kept_is_refused(shelf: PremiereShelf) -> None:
    for size, error in ((0, "file-unreadable"), (9_000_000_000, "file-too-large")):
        with pytest.raises(UserError, match=error):
            await FilmUploads(shelf, 0).begin(LESSON, "x", size, ends_lesson=True)
    with pytest.raises(EnvironmentFault, match="disk-full"):
        await FilmUploads(shelf, 10**18).begin(LESSON, "x", 10, ends_lesson=True)
