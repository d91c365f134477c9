"""Tests that keep time with real media and real browsers."""

import asyncio

import pytest


@pytest.fixture(autouse=True)
async def _loop_as_in_production() -> None:
    """No asyncio debug mode: it copies the stack for every future, which doubles the work of a
    relay or a browser's driver in this process; the unit tests keep it."""
    asyncio.get_running_loop().set_debug(False)
