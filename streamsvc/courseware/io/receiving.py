"""A file on its way to disk: refused as soon as it is known to be wrong, kept only when whole."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from streamsvc.base.courseware import CoursewareLimits
from streamsvc.base.errors import EnvironmentFault, PeerGone, ProtocolError, UserError
from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.kinds import HEAD_BYTES, kind_of

BLOCK_BYTES = 1_000_000
"""Written at a time: a thread's turn for each network chunk would cost more than the write."""
SILENT_SECONDS = 60.0
"""A link that carries nothing for this long is gone, whatever its sockets think."""
UPLOAD_SECONDS = 7_200.0
"""For a whole upload: 300 MB at 350 kbit/s. Slower ones would keep a place from the others."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


async def receive(
    folder: CoursewareFolder,
    courseware_id: CoursewareId,
    chunks: AsyncIterator[bytes],
    announced_bytes: int,
    *,
    limits: CoursewareLimits,
    min_free_bytes: int,
) -> None:
    """Write `chunks` to the originals. Raises as `Workshop.receive` says; nothing is left then."""
    check_size(announced_bytes, limits)
    disk = Disk(folder, min_free_bytes)
    disk.check(announced_bytes)
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            await _write(disk, folder.upload(courseware_id), chunks, limits)
        await asyncio.to_thread(folder.keep_upload, courseware_id)
    except TimeoutError as error:
        raise PeerGone("upload-broken") from error
    except OSError as error:
        if error.errno in _FULL:
            raise EnvironmentFault("disk-full") from error
        raise EnvironmentFault("disk-unwritable", path=str(folder.path)) from error
    finally:
        folder.upload(courseware_id).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Disk:
    """Recordings need the last of it: each block asks, since others write there meanwhile."""

    folder: CoursewareFolder
    min_free_bytes: int

    def check(self, count: int) -> None:
        """Raises EnvironmentFault `disk-full` when `count` bytes more would be too many."""
        if self.folder.free_bytes() - count < self.min_free_bytes:
            raise EnvironmentFault("disk-full")

    def write(self, file: IO[bytes], block: bytes) -> None:
        """Blocking. Raises like `check`, and OSError."""
        self.check(len(block))
        file.write(block)

    def finish(self, file: IO[bytes], block: bytes) -> None:
        """Blocking: the rest, and all of it on disk. Raises like `write`."""
        self.write(file, block)
        file.flush()
        os.fsync(file.fileno())


async def _write(
    disk: Disk,
    path: Path,
    chunks: AsyncIterator[bytes],
    limits: CoursewareLimits,
) -> None:
    total, block = 0, bytearray()
    is_known = False
    with path.open("wb") as file:
        async for chunk in while_heard(chunks):
            total += len(chunk)
            check_size(total, limits)
            block += chunk
            if not is_known and len(block) >= HEAD_BYTES:
                is_known = check_kind(bytes(block), limits)
            if len(block) >= BLOCK_BYTES:
                await asyncio.to_thread(disk.write, file, bytes(block))
                block.clear()
        if not is_known:
            check_kind(bytes(block), limits)
        await asyncio.to_thread(disk.finish, file, bytes(block))


async def while_heard(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Raises PeerGone `upload-broken` after a silence."""
    while True:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise PeerGone("upload-broken") from error
        if chunk is None:
            return
        yield chunk


def check_size(size: int, limits: CoursewareLimits) -> None:
    """Raises ProtocolError `courseware-too-large`."""
    if size > limits.max_bytes:
        raise ProtocolError("courseware-too-large", limit_mb=limits.max_bytes // 1_000_000)


def check_kind(head: bytes, limits: CoursewareLimits) -> bool:
    """True. Raises UserError `courseware-empty`, `courseware-kind-unknown`,
    `courseware-needs-office`."""
    if not head:
        raise UserError("courseware-empty")
    if kind_of(head).needs_office and not limits.reads_presentations:
        is_exposed = limits.is_office_exposed
        raise UserError("courseware-office-exposed" if is_exposed else "courseware-needs-office")
    return True
