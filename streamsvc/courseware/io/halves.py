"""Uploads in pieces: what came stays for a day, so that a break costs a piece and not the file.

uploads/<id>.part   what came so far; its size is the offset
uploads/<id>.json   of which lesson, what it is called, how long it will be
"""

import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

from streamsvc.base.courseware import CoursewareLimits, HalfUpload
from streamsvc.base.errors import Overload, PeerGone, UserError
from streamsvc.base.ids import CoursewareId, LessonId
from streamsvc.courseware.io.receiving import Disk, check_kind, check_size, while_heard
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.kinds import HEAD_BYTES

KEPT_SECONDS = 86_400.0
"""Since the last byte."""
MAX_OF_LESSON = 5
"""The oldest makes room."""
MAX_HALVES = 200
BLOCK_BYTES = 256_000


class Halves:
    """`begin`, `find` the offset, `write` from there; whole is whoever has all its bytes. Whoever
    asks last has the upload: a link that died may hold an earlier request for minutes."""

    def __init__(self, folder: CoursewareFolder, min_free_bytes: int) -> None:
        self._folder = folder
        self._disk = Disk(folder, min_free_bytes)
        self._turns: defaultdict[CoursewareId, int] = defaultdict(int)
        self._locks: defaultdict[CoursewareId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def begin(self, half: HalfUpload, limits: CoursewareLimits) -> None:
        """Note what will come. Raises UserError `courseware-empty`, ProtocolError
        `courseware-too-large`, Overload `courseware-busy`, EnvironmentFault `disk-full`."""
        if half.total_bytes == 0:
            raise UserError("courseware-empty")
        check_size(half.total_bytes, limits)
        present = await asyncio.to_thread(self._fresh)
        own = [one for one in present if one.lesson_id == half.lesson_id]
        for oldest in own[: max(0, len(own) - MAX_OF_LESSON + 1)]:
            await self.drop(oldest.id)
            present.remove(oldest)
        if len(present) >= MAX_HALVES:
            raise Overload("courseware-busy")
        self._disk.check(sum(one.total_bytes - one.offset for one in [*present, half]))
        await asyncio.to_thread(self._note, half)

    async def find(self, upload_id: CoursewareId) -> HalfUpload:
        """How much is here. Who writes to it elsewhere stops. Raises UserError `upload-unknown`."""
        self._turns[upload_id] += 1
        async with self._locks[upload_id]:
            return await asyncio.to_thread(self._read, upload_id)

    async def write(
        self,
        upload_id: CoursewareId,
        offset: int,
        chunks: AsyncIterator[bytes],
        limits: CoursewareLimits,
    ) -> HalfUpload:
        """Take the next bytes; what came before a break stays. Raises UserError `upload-unknown`,
        `upload-offset-wrong`; PeerGone `upload-broken`; after which nothing stays
        `courseware-kind-unknown`, `courseware-needs-office`, `courseware-too-large`;
        EnvironmentFault `disk-full`."""
        half = await self.find(upload_id)
        if offset != half.offset:
            raise UserError("upload-offset-wrong", offset=half.offset)
        turn, block = self._turns[upload_id], bytearray()
        try:
            async for chunk in while_heard(chunks):
                block += chunk
                if len(block) >= BLOCK_BYTES:
                    full, block = bytes(block), bytearray()
                    await self._append(half, turn, full, limits)
        finally:
            if block:
                await self._append(half, turn, bytes(block), limits)
        return await asyncio.to_thread(self._read, upload_id)

    async def drop(self, upload_id: CoursewareId) -> None:
        """It is whole, or not wanted any more. Harmless when it is gone."""
        self._turns.pop(upload_id, None)
        self._locks.pop(upload_id, None)
        self._folder.half(upload_id).unlink(missing_ok=True)
        self._folder.upload(upload_id).unlink(missing_ok=True)

    async def _append(
        self, half: HalfUpload, turn: int, block: bytes, limits: CoursewareLimits
    ) -> None:
        path = self._folder.upload(half.id)
        async with self._locks[half.id]:
            if self._turns.get(half.id) != turn:
                raise PeerGone("upload-broken")
            size = path.stat().st_size
            if size + len(block) > half.total_bytes:
                await self.drop(half.id)
                check_size(limits.max_bytes + 1, limits)
            await asyncio.to_thread(self._write, path, block)
        if size < HEAD_BYTES:
            await self._check_head(half.id, path, limits)

    async def _check_head(
        self, upload_id: CoursewareId, path: Path, limits: CoursewareLimits
    ) -> None:
        try:
            check_kind(await asyncio.to_thread(_head, path), limits)
        except UserError:
            await self.drop(upload_id)
            raise

    def _write(self, path: Path, block: bytes) -> None:
        with path.open("ab") as file:
            self._disk.finish(file, block)

    def _note(self, half: HalfUpload) -> None:
        note = {"lesson_id": half.lesson_id, "title": half.title, "total_bytes": half.total_bytes}
        self._folder.upload(half.id).touch()
        self._folder.half(half.id).write_text(json.dumps(note), "utf-8")

    def _read(self, upload_id: CoursewareId) -> HalfUpload:
        path = self._folder.upload(upload_id)
        try:
            note = json.loads(self._folder.half(upload_id).read_text("utf-8"))
            found = path.stat()
        except (OSError, ValueError) as error:
            raise UserError("upload-unknown") from error
        return HalfUpload(
            id=upload_id,
            lesson_id=LessonId(note["lesson_id"]),
            title=note["title"],
            total_bytes=note["total_bytes"],
            offset=found.st_size,
            expires_at_ms=round((found.st_mtime + KEPT_SECONDS) * 1000),
        )

    def _fresh(self) -> list[HalfUpload]:
        """Oldest first; what is too old goes."""
        self._folder.expire_halves(time.time() - KEPT_SECONDS)
        found = []
        for upload_id in self._folder.halves():
            try:
                found.append(self._read(upload_id))
            except UserError:
                continue
        return sorted(found, key=lambda half: half.expires_at_ms)


def _head(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, HEAD_BYTES)
    finally:
        os.close(descriptor)
