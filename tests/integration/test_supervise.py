import os
import signal
import sys
from pathlib import Path

import pytest

from streamsvc.base.clock import SystemClock
from streamsvc.supervise import Supervisor, restart_pause_seconds
from tests.support.waiting import until

pytestmark = pytest.mark.integration


def child(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_a_killed_child_comes_back() -> None:
    supervisor = Supervisor("sleeper", child("import time; time.sleep(60)"), SystemClock())
    supervisor.start()
    await until(lambda: supervisor.is_running)
    first = supervisor.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.starts == 2 and supervisor.is_running)
    assert supervisor.pid != first
    second = supervisor.pid
    await supervisor.close()
    await supervisor.close()
    assert not supervisor.is_running
    assert second is not None
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


async def test_a_child_that_can_not_be_started_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program, ran = tmp_path / "program", tmp_path / "ran"
    supervisor = Supervisor("late", [str(program)], SystemClock(), may_finish=True)
    supervisor.start()
    await until(lambda: "late ended with" in caplog.text)
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    await until(ran.exists)
    await supervisor.close()


async def test_a_child_that_is_done_stays_ended() -> None:
    supervisor = Supervisor("done", child("pass"), SystemClock(), may_finish=True)
    supervisor.start()
    await until(lambda: supervisor.starts == 1 and not supervisor.is_running)
    await supervisor.close()
    assert supervisor.starts == 1


async def test_a_child_that_ignores_us_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("streamsvc.supervise.GRACE_SECONDS", 0.3)
    ready = tmp_path / "ready"
    code = (
        "import signal,time,pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    supervisor = Supervisor("deaf", child(code), SystemClock())
    supervisor.start()
    await until(ready.exists)
    await supervisor.close()
    assert not supervisor.is_running


def test_pauses_double_up_to_a_bound_and_start_anew() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(restart_pause_seconds(pauses[-1], lived=1))
    assert pauses[1:] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert restart_pause_seconds(10.0, lived=31) == 0.2
