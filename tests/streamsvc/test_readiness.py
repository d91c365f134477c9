"""What the service says of itself: true, and soon, whatever hangs."""

import asyncio
import time
from pathlib import Path

import pytest

from streamsvc import readiness
from streamsvc.base.clock import SystemClock
from streamsvc.base.errors import EnvironmentFault
from streamsvc.readiness import Probe, Readiness
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


async def test_a_question_that_hangs_is_bounded_and_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_WITHIN_SECONDS", 0.05)
    answered, asked = asyncio.Event(), 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        await answered.wait()
        raise EnvironmentFault("disk-full")

    probe = Probe("slow", ask, "database-unusable")
    began = time.monotonic()
    assert [await probe.state() for _ in range(2)] == ["database-unusable"] * 2
    assert time.monotonic() - began < 2 and asked == 1
    answered.set()
    assert await probe.state() == "disk-full"
    await probe.close()
