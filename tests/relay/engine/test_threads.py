"""The engine's thread and control's at once, under ThreadSanitizer and a flood of datagrams."""

import os
import subprocess

from tests.support.native_engine import NATIVE, compiled, engine_sources

SECONDS = "2"


def test_two_threads_never_touch_the_same_memory_unguarded() -> None:
    program = compiled(
        "storm", [*engine_sources(), NATIVE / "storm.c"], ("-O1", "-fsanitize=thread")
    )
    ended = subprocess.run(
        [str(program), SECONDS],
        env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1 exitcode=66"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "forwarded" in ended.stdout
