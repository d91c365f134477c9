"""The engine's thread and control's at once, under ThreadSanitizer and a flood of datagrams."""

import os
import subprocess

import pytest

from tests.support.native_engine import NATIVE, compiled, engine_sources

SECONDS = "2"
NO_ROOM = "unexpected memory mapping"
"""What ThreadSanitizer says where addresses are more random than it knows."""


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    options = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1 exitcode=66"}
    return subprocess.run(command, env=options, capture_output=True, text=True, check=False)


def test_two_threads_never_touch_the_same_memory_unguarded() -> None:
    program = compiled(
        "storm", [*engine_sources(), NATIVE / "storm.c"], ("-O1", "-fsanitize=thread")
    )
    ended = run([str(program), SECONDS])
    if NO_ROOM in ended.stderr:
        ended = run(["setarch", "-R", str(program), SECONDS])
    if NO_ROOM in ended.stderr or "setarch" in ended.stderr:
        pytest.skip("this kernel lays out memory as this ThreadSanitizer can't take it")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "forwarded" in ended.stdout
