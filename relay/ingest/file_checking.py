"""Asks the checking process about a file, and makes its answer an error of ours."""

import asyncio
import json
import sys
from pathlib import Path

from relay.ingest.file_check import FileReport
from streamsvc.base.errors import UserError

PATIENCE_SECONDS = 120.0
LARGEST_BYTES = 8_000_000_000
MOST_ANSWER_BYTES = 10_000


async def check_file(path: Path) -> FileReport:
    """What it is. Raises UserError `file-missing`, `file-too-large`, `file-unreadable`,
    `file-without-media`, `file-too-long`, `file-clock-jumps`, `file-too-demanding`."""
    size = await asyncio.to_thread(_size, path)
    if size is None:
        raise UserError("file-missing", name=path.name)
    if size > LARGEST_BYTES:
        raise UserError("file-too-large", name=path.name)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "relay.ingest.file_check", str(path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    except TimeoutError as error:
        raise UserError("file-too-demanding", name=path.name) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _report(path, said[:MOST_ANSWER_BYTES])


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _report(path: Path, said: bytes) -> FileReport:
    """A process that ended without a word was ended by its limits, or by the file."""
    try:
        told = json.loads(said)
    except ValueError as error:
        raise UserError("file-too-demanding", name=path.name) from error
    if "error" in told:
        raise UserError(str(told["error"]), name=path.name)
    return FileReport(**told)
