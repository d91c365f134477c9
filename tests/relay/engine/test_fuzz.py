"""A short run of every fuzz target with AddressSanitizer and UndefinedBehaviorSanitizer.

For longer: `FUZZ_SECONDS=600 pytest tests/relay/engine/test_fuzz.py`, with clang for libFuzzer.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.native_engine import NATIVE, compiled, engine_sources, has_clang

CORPUS = Path(__file__).parent / "corpus"
SANITIZERS = ("-O1", "-fno-sanitize-recover=all")
TARGETS = {
    "rtp": 20_000,
    "vp8": 20_000,
    "h264": 20_000,
    "rtcp": 20_000,
    "stun": 20_000,
    "stream": 20_000,
    "engine": 4_000,
    "control": 3_000,
    "streams": 250,
    "voice": 10_000,
}
"""Inputs of each in a short run of libFuzzer: half a second, and some three for the last ones."""
DRIVER_SECONDS = "0.7"


def fuzzer() -> Path:
    """libFuzzer where clang is here, else our small driver and gcc."""
    sources = [*engine_sources(), *NATIVE.glob("fuzz*.c")]
    if has_clang():
        return compiled(
            "fuzz", sources, ("-fsanitize=fuzzer,address,undefined", *SANITIZERS), "clang"
        )
    return compiled(
        "fuzz", [*sources, NATIVE / "driver.c"], ("-fsanitize=address,undefined", *SANITIZERS)
    )


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_bytes_break_it(target: str, tmp_path: Path) -> None:
    seconds = os.environ.get("FUZZ_SECONDS")
    seeds = CORPUS / target
    assert any(seeds.iterdir())
    arguments = [seconds or DRIVER_SECONDS, str(seeds)]
    if has_clang():  # what it finds goes into the first folder
        found = tmp_path / "found"
        found.mkdir()
        limit = f"-max_total_time={seconds}" if seconds else f"-runs={TARGETS[target]}"
        options = [limit, "-max_len=4096", "-timeout=10", "-verbosity=0"]
        arguments = [*options, "-print_final_stats=1", str(found), str(seeds)]
    ended = subprocess.run(
        [str(fuzzer()), *arguments],
        env={**os.environ, "FUZZ_TARGET": target},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[-4_000:]
    runs = re.search(r"number_of_executed_units: (\d+)|(\d+) runs", said)
    assert runs is not None, said[-1_000:]
    assert int(runs[1] or runs[2]) > 200
