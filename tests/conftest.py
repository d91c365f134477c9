"""Nothing clever: tests import what they need from `tests.support`."""

import pytest

REAL_WORLD_TRIES = 2
"""More tries of a test with real browsers, media or processes, whose deadlines a busy machine may
miss. A bound that the product breaks fails all tries; unit tests get one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give integration and browser tests their further tries; each is reported as a rerun."""
    for item in items:
        if item.get_closest_marker("e2e") or item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.flaky(reruns=REAL_WORLD_TRIES))
