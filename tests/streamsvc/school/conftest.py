"""A real school in a real SQLite file, with a clock that stands still.

The two counties are made once and copied for each test.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from streamsvc.school.io.passwords import Passwords
from streamsvc.school.io.school import School, open_school
from tests.streamsvc.school.county import County, make_county
from tests.support.clock import ManualClock

CHINA = timezone(timedelta(hours=8))


def cheap_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def open_at(path: Path, clock: ManualClock) -> School:
    url = f"sqlite+aiosqlite:///{path}"
    return await open_school(url, clock, passwords=cheap_passwords(), zone=CHINA)


async def make_once(path: Path) -> County:
    school = await open_at(path, ManualClock())
    try:
        return await make_county(school)
    finally:
        await school.close()


@pytest.fixture(scope="session")
def counties(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, County]:
    path = tmp_path_factory.mktemp("counties") / "school.db"
    return path, asyncio.run(make_once(path))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def county(counties: tuple[Path, County]) -> County:
    return deepcopy(counties[1])


@pytest.fixture
async def school(
    tmp_path: Path, clock: ManualClock, counties: tuple[Path, County]
) -> AsyncIterator[School]:
    """Holds the two counties."""
    path = tmp_path / "school.db"
    shutil.copy(counties[0], path)
    school = await open_at(path, clock)
    yield school
    await school.close()
