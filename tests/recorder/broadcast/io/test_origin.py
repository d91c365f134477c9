import asyncio
from pathlib import Path

import pytest

from recorder.broadcast.io import origin as origins
from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.origin import HeldLimit, LessonOrigin
from recorder.broadcast.io.playlists import write_playlists
from recorder.broadcast.plan.shelf import DateRange, Shelf
from recorder.broadcast.plan.waiting import Reached
from streamsvc.base.errors import Overload, ProtocolError, UserError

STREAM = "low-aac"
ZERO = 1_800_000_000_000
DATES = [
    DateRange(f"board-{n}", "streamsvc.board", ZERO + 2_000 * n, f"board/{n:06}.json")
    for n in range(60)
]
PARTS = 20 * 10


def shelf_of(parts: int) -> Shelf:
    """Segments of ten parts of 0.4 s."""
    shelf = Shelf(400)
    for n in range(parts):
        first, last = n % 10 == 0, n % 10 == 9
        shelf.add(ZERO + 400 * n, 0.4, "i.mp4", is_independent=first, ends_segment=last)
    return shelf


def dates_until(parts: int) -> list[DateRange]:
    return [date for date in DATES if date.start_wall_ms <= ZERO + 400 * parts]


def words(parts: int, skip: str = "") -> bytes:
    """What is to be told of so many parts."""
    shelf, dates = shelf_of(parts), dates_until(parts)
    return shelf.text(dates, is_delta=bool(skip), skips_dates=skip == "v2").encode()


def write(folder: Path, parts: int) -> None:
    """As a packager does: its end with each part, the whole with each segment."""
    for count, is_whole in ((parts - parts % 10, True), (parts, False)):
        write_playlists(
            LiveFolder(folder), STREAM, shelf_of(count), dates_until(count), is_whole=is_whole
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, PARTS + 1)
    (tmp_path / STREAM / "5.0.m4s").write_text("part")
    return tmp_path


def opened(folder: Path, most: int = 100) -> LessonOrigin:
    origin = LessonOrigin(folder, 0.5, HeldLimit(most))
    origin.published(STREAM, Reached(5, 0))
    return origin


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


async def test_a_thousand_who_wait_get_it_when_it_is_there(folder: Path) -> None:
    origin = opened(folder, 2_000)
    path = f"{STREAM}/live.m3u8"
    waiting = [asyncio.ensure_future(origin.playlist(path, 5, 1, "YES")) for _ in range(1_000)]
    await settled()
    assert not any(task.done() for task in waiting)
    write(folder, PARTS + 2)
    origin.published(STREAM, Reached(5, 1))
    assert set(await asyncio.gather(*waiting)) == {words(PARTS + 2, "YES")}


async def test_what_is_there_is_told_at_once(folder: Path) -> None:
    origin = opened(folder)
    path = f"{STREAM}/live.m3u8"
    assert await origin.playlist(path, None, None, "") == words(PARTS + 1)
    assert await origin.playlist(path, 5, 0, "v2") == words(PARTS + 1, "v2")
    assert await origin.playlist(path, 4, None, "YES") == words(PARTS + 1, "YES")
    assert (folder / path).read_bytes() == words(PARTS)  # a file of a segment ago
    assert words(PARTS + 1, "v2").count(b"DATERANGE") < words(PARTS, "YES").count(b"DATERANGE")


@pytest.mark.parametrize("parts", [1, 9, 10, 95, 111, PARTS, PARTS + 7])
def test_what_is_laid_together_is_what_stands_there(tmp_path: Path, parts: int) -> None:
    write(tmp_path, parts)
    assert LiveFolder(tmp_path).playlist(STREAM) == words(parts).decode()


async def test_the_next_part_is_waited_for_and_no_other(folder: Path) -> None:
    origin = opened(folder)
    assert await origin.file(f"{STREAM}/5.0.m4s") == b"part"
    waiting = asyncio.ensure_future(origin.file(f"{STREAM}/5.1.m4s"))
    await settled()
    (folder / STREAM / "5.1.m4s").write_text("next")
    origin.published(STREAM, Reached(5, 1, is_complete=True))
    assert await waiting == b"next"
    for name in ("5.2.m4s", "6.1.m4s", "7.m4s", "init-9-9.mp4"):
        with pytest.raises(UserError, match="live-file-unknown"):
            await origin.file(f"{STREAM}/{name}")


async def test_a_part_that_a_dead_packager_promised_is_none(folder: Path) -> None:
    origin = opened(folder)
    waiting = asyncio.ensure_future(origin.file(f"{STREAM}/5.1.m4s"))
    await settled()
    origin.published(STREAM, Reached(6, 0))
    with pytest.raises(UserError, match="live-file-unknown"):
        await waiting


async def test_no_more_wait_than_may_and_nobody_is_harmed(folder: Path) -> None:
    origin = opened(folder, 50)
    path = f"{STREAM}/live.m3u8"
    asked = [asyncio.ensure_future(origin.playlist(path, 5, 1, "")) for _ in range(10_000)]
    await settled()
    refused = [task for task in asked if task.done()]
    assert len(refused) == 9_950
    assert all(isinstance(task.exception(), Overload) for task in refused)
    assert await origin.playlist(path, 5, 0, "") == words(PARTS + 1)
    origin.published(STREAM, Reached(5, 1))
    held = [task for task in asked if task not in refused]
    assert len(await asyncio.gather(*held)) == 50
    assert await origin.playlist(path, 5, 1, "") == words(PARTS + 1)


async def test_who_leaves_makes_room(folder: Path) -> None:
    origin = opened(folder, 1)
    gone = asyncio.ensure_future(origin.playlist(f"{STREAM}/live.m3u8", 5, 1, ""))
    await settled()
    gone.cancel()
    await settled()
    another = asyncio.ensure_future(origin.playlist(f"{STREAM}/live.m3u8", 5, 1, ""))
    await settled()
    assert not another.done()
    origin.end()
    assert await another == words(PARTS + 1)


async def test_nobody_waits_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "HOLD_SECONDS", 0.05)
    origin = opened(folder)
    with pytest.raises(Overload, match="live-not-yet"):
        await origin.playlist(f"{STREAM}/live.m3u8", 5, 1, "")
    with pytest.raises(Overload, match="live-not-yet"):
        await LessonOrigin(folder, 0.5, HeldLimit(1)).playlist("main.m3u8", None, None, "")


@pytest.mark.parametrize(
    ("number", "part", "skip"),
    [(None, 1, ""), (8, 0, ""), (8, None, ""), (5, 9, ""), (5, 1, "NO"), (None, None, "yes")],
)
async def test_what_can_not_be_asked_for(
    folder: Path, number: int | None, part: int | None, skip: str
) -> None:
    with pytest.raises(ProtocolError, match="live-reload-wrong"):
        await opened(folder).playlist(f"{STREAM}/live.m3u8", number, part, skip)


async def test_a_lesson_that_is_over_is_told_at_once(folder: Path) -> None:
    origin = opened(folder)
    origin.end()
    assert await origin.playlist(f"{STREAM}/live.m3u8", 6, 3, "") == words(PARTS + 1)


async def test_the_main_playlist_is_waited_for_though_a_screen_is_there_before(
    folder: Path,
) -> None:
    origin = opened(folder)
    asked = asyncio.ensure_future(origin.playlist("main.m3u8", None, None, ""))
    await settled()
    origin.published("screen-aac", Reached(0, 0))
    await settled()
    assert not asked.done()
    (folder / "main.m3u8").write_text("main")
    origin.published(STREAM, Reached(5, 1))
    assert await asked == b"main"
    assert await LessonOrigin(folder, 0.5, HeldLimit(1)).playlist("main.m3u8", None, None, "")
