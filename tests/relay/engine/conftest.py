import ctypes

import pytest

from tests.support.native_engine import library


@pytest.fixture(scope="session")
def native() -> ctypes.CDLL:
    """The engine's C functions."""
    return library()
