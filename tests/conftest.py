"""Nothing clever: tests import what they need from `tests.support`."""

import gc
from asyncio import constants
from pathlib import Path

import pytest

constants.DEBUG_STACK_DEPTH = 3  # type: ignore[misc]  # final only to type checkers
"""Debug mode checks all it checks, and says of every future where it was made: in three frames, not
ten, for reading them was a fifth of the work of all tests that wait."""

REAL_FOLDERS = [Path(__file__).parent / name for name in ("integration", "e2e")]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Modules live as long as the run. Looked through again and again, their quarter of a million
    objects stop the emulated links, and with them the pictures, for tenths of a second. Not where
    examples are invented: Hypothesis, imported later, looks for who refers to what."""
    if not session.config.pluginmanager.hasplugin("hypothesispytest"):
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those marked as real are where `.ci/checks.py` looks for them, and all that is there is."""
    for item in items:
        is_marked = any(item.get_closest_marker(name) for name in ("integration", "e2e"))
        if is_marked != any(folder in item.path.parents for folder in REAL_FOLDERS):
            raise pytest.UsageError(f"{item.nodeid}: `integration` or `e2e`, and its folder")
