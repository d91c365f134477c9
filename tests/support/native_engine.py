"""The engine's C sources compiled for tests: as a library to call, or as a program with sanitizers.

Programs and libraries are kept by the hash of what they are made of, so that a test run compiles
only what changed.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "relay" / "engine"
NATIVE = ROOT / "tests" / "relay" / "engine" / "native"
BUILT = ROOT / ".cache" / "native"
SHIMS = ("shims", "viewers", "voices")
COMMON = ("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", "-pthread")


def engine_sources() -> list[Path]:
    """The engine's C without its binding to Python, as the build of the package lists it."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (module,) = described["tool"]["setuptools"]["ext-modules"]
    return [ROOT / source for source in module["sources"] if source.endswith(".c")]


def compiled(
    name: str, sources: Sequence[Path], options: Sequence[str], compiler: str = "cc"
) -> Path:
    """The file made of these sources; AssertionError with the compiler's words if it can't be."""
    command = [compiler, *COMMON, *options]
    known = hashlib.sha256(" ".join(command).encode())
    for path in sorted({*sources, *ENGINE.glob("*.h"), *NATIVE.glob("*.h")}):
        known.update(path.read_bytes())
    made = BUILT / f"{name}-{known.hexdigest()[:16]}"
    if not made.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        for former in BUILT.glob(f"{name}-*"):
            former.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILT) as folder:
            _make(command, sources, Path(folder)).replace(made)
    return made


def _make(command: Sequence[str], sources: Sequence[Path], folder: Path) -> Path:
    """One object of each source, as many at once as there are cores, and the whole of them."""

    def object_of(source: Path) -> str:
        target = str(folder / f"{source.stem}.o")
        _run([*command, f"-I{ENGINE}", "-c", str(source), "-o", target])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(object_of, sources))
    whole = folder / "whole"
    _run([*command, *objects, "-o", str(whole), "-lm"])
    return whole


def _run(command: Sequence[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def has_clang() -> bool:
    """Whether libFuzzer is here."""
    return shutil.which("clang") is not None


def library() -> ctypes.CDLL:
    """The engine's parts and the tests' shims around them."""
    sources = [*engine_sources(), *(NATIVE / f"{name}.c" for name in SHIMS)]
    return ctypes.CDLL(str(compiled("shims", sources, ("-O1", "-fPIC", "-shared"))))
