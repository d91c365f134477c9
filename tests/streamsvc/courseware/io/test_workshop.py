"""Receiving, queueing, converting, forgetting; with the real process and what may befall it."""

import argparse
import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from streamsvc.base.clock import SystemClock
from streamsvc.base.courseware import Slide
from streamsvc.base.errors import EnvironmentFault, StreamsvcError, UserError
from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io import conversion, convert, receiving, workshop
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.io.workshop import MAX_RECEIVING, Workshop
from streamsvc.courseware.settings import WorkshopSettings
from tests.support import papers
from tests.support.waiting import SECOND, until

PATIENCE = 60
"""Seconds: a converting process is the least of all on a busy machine."""
A, B = CoursewareId("cw_a"), CoursewareId("cw_b")


@dataclass
class Notes:
    """Everything the workshop told."""

    totals: dict[str, int] = field(default_factory=dict)
    slides: list[tuple[str, int]] = field(default_factory=list)
    made: list[Slide] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    fail_once_at: int | None = None
    fault: Exception = field(default_factory=lambda: EnvironmentFault("database-unusable"))

    async def opened(self, courseware_id: CoursewareId, total: int) -> None:
        self.totals[courseware_id] = total

    async def slide_made(self, courseware_id: CoursewareId, slide: Slide) -> None:
        if self.fail_once_at == slide.number:
            self.fail_once_at = None
            raise self.fault
        self.slides.append((courseware_id, slide.number))
        self.made.append(slide)

    async def converted(self, courseware_id: CoursewareId) -> None:
        self.ended.append((courseware_id, "ready"))

    async def refused(self, courseware_id: CoursewareId, error: StreamsvcError) -> None:
        self.ended.append((courseware_id, error.error_id))


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@asynccontextmanager
async def opened(path: Path, **some: Any) -> AsyncIterator[tuple[Workshop, Notes]]:
    settings = WorkshopSettings(folder=path, **({"min_free_bytes": 0, "office": "off"} | some))
    found, notes = Workshop(settings, SystemClock()), Notes()
    found.listen(notes)
    await found.start([], set())
    try:
        yield found, notes
    finally:
        await found.close()


def files(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())


async def refusal(work: Any) -> str:
    with pytest.raises(StreamsvcError) as caught:
        await work
    return caught.value.error_id


# ---- receiving -----------------------------------------------------------------------------------


async def test_a_file_is_received_converted_and_let_go(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shop, notes):
        data = papers.pdf(2)
        await shop.receive(A, chunks(data[:10], data[10:]), len(data))
        assert files(tmp_path) == ["originals/cw_a"]
        shop.convert(A)
        await until(lambda: notes.ended == [(A, "ready")], PATIENCE)
        assert (notes.totals, notes.slides) == ({A: 2}, [(A, 1), (A, 2)])
        names = {f"slides/{p.sha256[:2]}/{p.sha256}.webp" for s in notes.made for p in s.pictures}
        await until(lambda: set(files(tmp_path)) == names, PATIENCE)
        await shop.remove_slides({p.sha256 for s in notes.made for p in s.pictures})
        assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("parts", "announced", "expected"),
    [
        ([b""], 0, "courseware-empty"),
        ([b"MZ", b"\x90" * 3_000], 0, "courseware-kind-unknown"),
        ([papers.presentation()], 0, "courseware-needs-office"),
        ([b"%PDF-1.4"], 50_001, "courseware-too-large"),
        ([b"%PDF-1.4", b"x" * 50_000], 0, "courseware-too-large"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    tmp_path: Path, parts: list[bytes], announced: int, expected: str
) -> None:
    async with opened(tmp_path, max_bytes=50_000) as (shop, _):
        assert await refusal(shop.receive(A, chunks(*parts), announced)) == expected
        assert files(tmp_path) == []


async def test_the_wrong_kind_is_refused_before_the_rest_comes(tmp_path: Path) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"MZ" + bytes(2_000)

    async with opened(tmp_path) as (shop, _):
        assert await refusal(shop.receive(A, endless(), 0)) == "courseware-kind-unknown"
    assert asked == 1


async def test_a_full_disk_is_said_before_and_during_an_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, min_free_bytes=1 << 60) as (shop, _):
        assert await refusal(shop.receive(A, chunks(papers.pdf(1)), 0)) == "disk-full"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    async with opened(tmp_path) as (shop, _):
        assert await refusal(shop.receive(A, chunks(papers.pdf(1)), 0)) == "disk-full"
        assert files(tmp_path) == []


async def test_an_upload_leaves_the_recordings_their_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its length is not announced, and the disk fills up meanwhile."""
    reserve, block = 1_000_000_000, receiving.BLOCK_BYTES
    free = iter(reserve + blocks * block for blocks in (3, 3, 2, 0))
    monkeypatch.setattr(CoursewareFolder, "free_bytes", lambda _: next(free))
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b"%PDF-1.4" + bytes(block - 8)
        while True:
            taken += 1
            yield bytes(block)

    async with opened(tmp_path, min_free_bytes=reserve) as (shop, _):
        assert await refusal(shop.receive(A, endless(), 0)) == "disk-full"
        assert files(tmp_path) == []
    assert taken == 2, "two blocks had room, the third had not"


async def test_an_upload_that_drips_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield papers.pdf(1)
        while True:
            await asyncio.sleep(0.01)
            yield b" "

    monkeypatch.setattr(receiving, "UPLOAD_SECONDS", 0.1)
    async with opened(tmp_path) as (shop, _):
        assert await refusal(shop.receive(A, dripping(), 0)) == "upload-broken"
        assert files(tmp_path) == []


async def test_so_many_uploads_at_a_time(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield papers.pdf(1)
        await gate.wait()

    async with opened(tmp_path) as (shop, _):
        ids = [CoursewareId(f"cw_{n}") for n in range(MAX_RECEIVING)]
        async with asyncio.TaskGroup() as group:
            for courseware_id in ids:
                group.create_task(shop.receive(courseware_id, slow(), 0))
            await until(lambda: len(files(tmp_path)) == MAX_RECEIVING, PATIENCE)
            assert await refusal(shop.receive(B, chunks(papers.pdf(1)), 0)) == "courseware-busy"
            gate.set()
        await shop.receive(B, chunks(papers.pdf(1)), 0)


async def test_an_upload_that_falls_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield papers.pdf(1)
        await asyncio.Event().wait()

    monkeypatch.setattr(receiving, "SILENT_SECONDS", 0.05)
    async with opened(tmp_path) as (shop, _):
        assert await refusal(shop.receive(A, stuck(), 0)) == "upload-broken"
        assert files(tmp_path) == []


# ---- converting ----------------------------------------------------------------------------------


async def receive(shop: Workshop, courseware_id: CoursewareId, data: bytes) -> None:
    await shop.receive(courseware_id, chunks(data), len(data))
    shop.convert(courseware_id)


async def test_one_file_after_the_other_and_a_bad_one_harms_no_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shop, notes):
        await receive(shop, A, papers.torn_pdf())
        await receive(shop, B, papers.pdf(1))
        await until(lambda: len(notes.ended) == 2, PATIENCE)
        assert notes.ended == [(A, "courseware-unreadable"), (B, "ready")]


async def test_a_page_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "SLIDE_SECONDS", 4 * SECOND)
    async with opened(tmp_path) as (shop, notes):
        await receive(shop, A, papers.endless_pdf())
        await until(lambda: bool(notes.ended), PATIENCE)
        assert notes.ended == [(A, "courseware-too-slow")]
        assert notes.slides == [(A, 1)]
        await until(lambda: shop.converter_pid is None, PATIENCE)


async def test_a_process_that_dies_is_said_and_the_next_file_is_converted(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shop, notes):
        await receive(shop, A, papers.pdf(60))
        await until(lambda: len(notes.slides) > 0, PATIENCE)
        os.kill(shop.converter_pid or 0, signal.SIGKILL)
        await receive(shop, B, papers.pdf(1))
        await until(lambda: len(notes.ended) == 2, PATIENCE)
        assert notes.ended == [(A, "courseware-too-heavy"), (B, "ready")]


async def test_what_is_not_wanted_any_more_is_stopped_and_removed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shop, notes):
        await receive(shop, A, papers.pdf(60))
        await receive(shop, B, papers.pdf(60))
        await until(lambda: len(notes.slides) > 0, PATIENCE)
        await shop.forget(B)
        await shop.forget(A)
        await until(lambda: shop.converter_pid is None, PATIENCE)
        assert notes.ended == []
        assert [f for f in files(tmp_path) if not f.startswith("slides/")] == []


@pytest.mark.parametrize(
    "fault",
    [
        EnvironmentFault("database-unusable"),
        OperationalError("UPDATE slides", {}, sqlite3.OperationalError("database is locked")),
    ],
    ids=["ours", "the database's"],
)
async def test_a_listener_that_fails_hears_again_of_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(workshop, "RETRY_SECONDS", 0.05)
    async with opened(tmp_path) as (shop, notes):
        notes.fail_once_at, notes.fault = 2, fault
        await receive(shop, A, papers.pdf(3))
        await until(lambda: notes.ended == [(A, "ready")], PATIENCE)
        assert notes.slides == [(A, 1), (A, 2), (A, 3)]


async def test_after_a_restart_it_goes_on_and_clears_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shop, notes):
        await receive(shop, A, papers.pdf(40))
        await until(lambda: len(notes.slides) >= 2, PATIENCE)
    folder = CoursewareFolder(tmp_path)
    folder.upload(B).write_bytes(b"half")
    folder.original(B).write_bytes(b"of nobody")
    folder.work(B).mkdir()
    known = {p.sha256 for slide in notes.made for p in slide.pictures}
    stray = folder.write_slide(b"stray").sha256
    settings = WorkshopSettings(folder=tmp_path, min_free_bytes=0, office="off")
    again, more = Workshop(settings, SystemClock()), Notes()
    again.listen(more)
    await again.start([A], known)
    assert not folder.upload(B).exists() and not folder.original(B).exists()
    assert not folder.work(B).exists() and not folder.slide(stray).exists()
    assert all(folder.slide(sha256).exists() for sha256 in known)
    again.convert(A, len(notes.slides) + 1)
    await until(lambda: bool(more.slides), PATIENCE)
    assert more.slides[0] == (A, len(notes.slides) + 1)
    await again.close()


# ---- LibreOffice ---------------------------------------------------------------------------------


def fake_office(path: Path, script: str) -> str:
    program = path / "soffice"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return str(program)


async def test_a_presentation_is_refused_where_office_keeps_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "can_leave_network", lambda: False)
    office = fake_office(tmp_path, "exit 1\n")
    async with opened(tmp_path / "courseware", office=office) as (shop, _):
        assert not shop.limits.reads_presentations
        with pytest.raises(UserError, match="courseware-office-exposed"):
            await receive(shop, A, papers.presentation())
    async with opened(tmp_path / "online", office=office, office_online=True) as (shop, _):
        assert shop.limits.reads_presentations
    folder = CoursewareFolder(tmp_path / "courseware")
    folder.original(A).write_bytes(papers.presentation())
    asked = argparse.Namespace(courseware_id=A, office=office)
    with pytest.raises(UserError, match="courseware-office-exposed"):
        convert.readable(asked, folder, may_use_office=False)


async def test_a_presentation_goes_through_office(tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(papers.pdf(2))
    copy = 'while [ "$1" != --outdir ]; do shift; done; cp "%s" "$2/slides.pdf"\n'
    office = fake_office(tmp_path, copy % (tmp_path / "made.pdf"))
    async with opened(tmp_path / "courseware", office=office, office_online=True) as (shop, notes):
        assert shop.limits.reads_presentations
        await receive(shop, A, papers.presentation())
        await until(lambda: bool(notes.ended), PATIENCE)
        assert (notes.ended, notes.totals) == ([(A, "ready")], {A: 2})
        await until(lambda: not any((tmp_path / "courseware" / "work").iterdir()), PATIENCE)


async def test_an_office_that_sets_itself_up_first_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(papers.pdf(1))
    script = (
        f"if [ ! -e {tmp_path}/profile ]; then touch {tmp_path}/profile; exit 81; fi\n"
        f'while [ "$1" != --outdir ]; do shift; done; cp {tmp_path}/made.pdf "$2/slides.pdf"\n'
    )
    office = fake_office(tmp_path, script)
    async with opened(tmp_path / "courseware", office=office, office_online=True) as (shop, notes):
        await receive(shop, A, papers.presentation())
        await until(lambda: bool(notes.ended), PATIENCE)
        assert notes.ended == [(A, "ready")]


async def test_an_office_that_fails_or_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = fake_office(tmp_path, "exit 1\n")
    async with opened(tmp_path / "courseware", office=office, office_online=True) as (shop, notes):
        await receive(shop, A, papers.presentation())
        await until(lambda: bool(notes.ended), PATIENCE)
        assert notes.ended == [(A, "courseware-unreadable")]
    pid_file = tmp_path / "pid"
    office = fake_office(tmp_path, f"echo $$ > {pid_file}; exec sleep 600\n")
    monkeypatch.setattr(conversion, "OPEN_SECONDS", 2.0 * SECOND)
    async with opened(tmp_path / "courseware", office=office, office_online=True) as (shop, notes):
        await receive(shop, B, papers.presentation())
        await until(lambda: bool(notes.ended), PATIENCE)
        assert notes.ended == [(B, "courseware-too-slow")]
        pid = int(pid_file.read_text())
        await until(lambda: not Path(f"/proc/{pid}/stat").exists() or _is_zombie(pid), PATIENCE)


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()
