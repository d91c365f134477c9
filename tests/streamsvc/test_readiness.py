"""What the service says of itself: true, and soon, whatever hangs."""

import asyncio
import time
from pathlib import Path

import pytest

from streamsvc import readiness
from streamsvc.base.clock import SystemClock
from streamsvc.readiness import Readiness
from streamsvc.school.io.database import open_database


async def test_every_part_and_a_disk_that_fills_up(tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/school.db", SystemClock())
    for min_free_bytes, disk in ((0, "ok"), (1 << 62, "disk-full")):
        ready = Readiness(
            check_database=database.check,
            is_recorder_running=lambda: True,
            folder=tmp_path,
            min_free_bytes=min_free_bytes,
        )
        assert await ready() == {"database": "ok", "recorder": "ok", "disk": disk}
        await ready.close()
    await database.close()


@pytest.mark.parametrize(
    ("name", "state"), [("soffice", "ok"), ("none", "courseware-needs-office")]
)
async def test_whether_presentations_can_be_read(tmp_path: Path, name: str, state: str) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/school.db", SystemClock())
    ready = Readiness(
        check_database=database.check,
        is_recorder_running=lambda: True,
        folder=tmp_path,
        min_free_bytes=0,
        office=str(tmp_path / name),
    )
    assert (await ready())["presentations"] == state
    await ready.close()
    await database.close()


@pytest.mark.parametrize(("lacks", "state"), [(False, "ok"), (True, "transcoders-full")])
async def test_whether_rooms_go_without_lower_pictures(
    tmp_path: Path, lacks: bool, state: str
) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/school.db", SystemClock())
    ready = Readiness(
        check_database=database.check,
        is_recorder_running=lambda: True,
        folder=tmp_path,
        min_free_bytes=0,
        lacks_transcoders=lambda: lacks,
    )
    assert (await ready())["lower_pictures"] == state
    await ready.close()
    await database.close()


async def test_a_damaged_database_and_a_dead_recorder(tmp_path: Path) -> None:
    file = tmp_path / "school.db"
    database = await open_database(f"sqlite+aiosqlite:///{file}", SystemClock())
    await database.close()
    for left in (file, file.with_suffix(".db-wal")):
        if left.exists():
            left.write_bytes(b"no database any more" * 400)
    ready = Readiness(
        check_database=database.check,
        is_recorder_running=lambda: False,
        folder=tmp_path / "gone",
        min_free_bytes=0,
    )
    assert await ready() == {
        "database": "database-unusable",
        "recorder": "recorder-down",
        "disk": "disk-unwritable",
    }
    await ready.close()
    await database.close()


async def test_questions_that_hang_are_bounded_and_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_WITHIN_SECONDS", 0.05)
    may_answer, asked = asyncio.Event(), 0

    async def check_database() -> None:
        nonlocal asked
        asked += 1
        await may_answer.wait()

    ready = Readiness(
        check_database=check_database,
        is_recorder_running=lambda: True,
        folder=tmp_path,
        min_free_bytes=0,
    )
    began = time.monotonic()
    for _ in range(2):
        assert (await ready())["database"] == "database-unusable"
    assert time.monotonic() - began < 2 and asked == 1
    may_answer.set()
    monkeypatch.undo()
    assert (await ready())["database"] == "ok"
    await ready.close()
