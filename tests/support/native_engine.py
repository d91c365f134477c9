"""The engine's C sources compiled for tests: as a library to call, or as a program with sanitizers.

Programs and libraries are kept by the hash of what they are made of, so that a test run compiles
only what changed.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "relay" / "engine"
NATIVE = ROOT / "tests" / "relay" / "engine" / "native"
BUILT = ROOT / ".cache" / "native"
COMMON = ("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", "-pthread")


def engine_sources() -> list[Path]:
    """All of the engine's C, without its binding to Python."""
    return sorted(path for path in ENGINE.glob("*.c") if path.name != "_binding.c")


def compiled(
    name: str, sources: Sequence[Path], options: Sequence[str], compiler: str = "cc"
) -> Path:
    """The file made of these sources; AssertionError with the compiler's words if it can't be."""
    command = [compiler, *COMMON, *options, f"-I{ENGINE}", *map(str, sources)]
    known = hashlib.sha256(" ".join(command).encode())
    for path in sorted({*sources, *ENGINE.glob("*.h"), *NATIVE.glob("*.h")}):
        known.update(path.read_bytes())
    made = BUILT / f"{name}-{known.hexdigest()[:16]}"
    if not made.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        for former in BUILT.glob(f"{name}-*"):
            former.unlink(missing_ok=True)
        fresh = made.with_suffix(f".{os.getpid()}")
        ended = subprocess.run(
            [*command, "-o", str(fresh), "-lm"], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        fresh.replace(made)
    return made


def has_clang() -> bool:
    """Whether libFuzzer is here."""
    return shutil.which("clang") is not None


def library() -> ctypes.CDLL:
    """The engine's parts and the tests' shims around them."""
    sources = [*engine_sources(), NATIVE / "shims.c"]
    return ctypes.CDLL(str(compiled("shims", sources, ("-O1", "-fPIC", "-shared"))))
