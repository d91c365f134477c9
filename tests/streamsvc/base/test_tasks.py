import asyncio
import logging

import pytest

from streamsvc.base.tasks import TaskScope
from tests.support.waiting import until


async def test_close_cancels_a_child_before_its_first_step() -> None:
    scope = TaskScope("t")
    task = scope.start("sleeper", asyncio.sleep(3600))
    await scope.close()
    await scope.close()
    assert task.cancelled()


async def test_a_failing_child_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[str] = []
    scope = TaskScope("t", on_failure=lambda name, error: failures.append(f"{name}: {error}"))

    async def fail() -> None:
        raise ValueError("boom")

    with caplog.at_level(logging.ERROR):
        scope.start("child", fail())
        await until(lambda: failures)
    assert failures == ["t/child: boom"]
    assert "t/child failed" in caplog.text
    await scope.close()


async def test_a_closed_scope_starts_nothing() -> None:
    scope = TaskScope("t")
    await scope.close()
    with pytest.raises(RuntimeError, match="closed"):
        scope.start("late", asyncio.sleep(0))


async def test_a_child_may_close_its_own_scope() -> None:
    scope = TaskScope("t")
    closed: list[bool] = []

    async def end() -> None:
        await scope.close()
        closed.append(True)

    scope.start("end", end())
    await until(lambda: closed)
    assert closed == [True]
