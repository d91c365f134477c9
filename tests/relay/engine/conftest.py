import ctypes
from collections.abc import AsyncIterator

import pytest

from tests.support.engine_peers import Stage
from tests.support.native_engine import library


@pytest.fixture(scope="session")
def native() -> ctypes.CDLL:
    """The engine's C functions."""
    return library()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.close()
