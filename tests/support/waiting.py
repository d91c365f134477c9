"""Waiting for something to become true, with a deadline; the one unit for test timeouts."""

import asyncio
import os
import time
from collections.abc import Callable

SECOND = float(os.environ.get("STREAMSVC_TEST_SECOND", "1"))
"""A second of the tests; a slow machine sets it higher."""


async def until(true: Callable[[], object], seconds: float = 5, what: str = "") -> None:
    """Poll `true` until it holds; AssertionError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds * SECOND
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or true}")
        await asyncio.sleep(0.01)


def until_sync(true: Callable[[], object], seconds: float = 5, what: str = "") -> None:
    """`until`, for a test without a loop."""
    deadline = time.monotonic() + seconds * SECOND
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or true}")
        time.sleep(0.01)
