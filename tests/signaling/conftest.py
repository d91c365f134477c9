"""The real application over a real school in SQLite; relay and recorder are fakes at ports."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.signaling.house import House, open_house
from tests.streamsvc.school.conftest import make_once
from tests.streamsvc.school.county import County


@pytest.fixture(scope="session")
def counties(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, County]:
    path = tmp_path_factory.mktemp("signaling-counties") / "school.db"
    return path, asyncio.run(make_once(path))


@pytest.fixture
async def house(tmp_path: Path, counties: tuple[Path, County]) -> AsyncIterator[House]:
    """The application over two counties, answering without a socket."""
    shutil.copy(counties[0], tmp_path / "school.db")
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        yield house
