"""Uploads in pieces: what came stays for a day, so that a break costs a piece and not the file.

uploads/<id>.part   what came so far; its size is the offset
uploads/<id>.json   of which lesson, what it is called, how long it will be
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
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
MAX_OF_PERSON = 20
"""The oldest makes room for both: nobody's forgotten files refuse those of others."""
MAX_HALVES = 200
BLOCK_BYTES = 256_000


@dataclass(slots=True)
class _Turn:
    """Whoever may write now."""

    number: int
    half: HalfUpload
    size: int
    """Of what is here, if nobody else wrote."""


class Halves:
    """`begin`, `find` the offset, `write` from there; whole is whoever has all its bytes. Whoever
    asks last has the upload: a link that died may hold an earlier request for minutes."""

    def __init__(self, folder: CoursewareFolder, min_free_bytes: int) -> None:
        self._folder = folder
        self._disk = Disk(folder, min_free_bytes)
        self._numbers = count(1)
        self._turns: dict[CoursewareId, int] = {}
        self._locks: dict[CoursewareId, asyncio.Lock] = {}

    async def begin(self, half: HalfUpload, limits: CoursewareLimits) -> None:
        """Note what will come. Raises UserError `courseware-empty`, ProtocolError
        `courseware-too-large`, Overload `courseware-busy`, EnvironmentFault `disk-full`."""
        if half.total_bytes == 0:
            raise UserError("courseware-empty")
        check_size(half.total_bytes, limits)
        await self.expire()
        present = await asyncio.to_thread(self._present)
        for oldest in _in_the_way(present, half):
            await self.drop(oldest.id)
            present.remove(oldest)
        if len(present) >= MAX_HALVES:
            raise Overload("courseware-busy")
        self._disk.check(sum(one.total_bytes - one.offset for one in [*present, half]))
        await asyncio.to_thread(self._note, half)

    async def expire(self) -> None:
        """Nothing came for too long: these go."""
        before = time.time() - KEPT_SECONDS
        for upload_id in await asyncio.to_thread(self._folder.expire_halves, before):
            self._forget(upload_id)

    async def find(self, upload_id: CoursewareId, lesson_id: LessonId) -> HalfUpload:
        """How much is here. Who writes to it elsewhere stops. Raises UserError `upload-unknown`,
        also for one of another lesson."""
        return (await self._take(upload_id, lesson_id)).half

    async def _take(self, upload_id: CoursewareId, lesson_id: LessonId) -> _Turn:
        """The turn is taken before the size is read, in one piece with it: of two who ask at one
        moment one writes."""
        known = await asyncio.to_thread(self._read, upload_id)
        if known.lesson_id != lesson_id:
            raise UserError("upload-unknown")
        number = self._turns[upload_id] = next(self._numbers)
        try:
            async with self._locks.setdefault(upload_id, asyncio.Lock()):
                half = await asyncio.to_thread(self._read, upload_id)
        except UserError:
            self._forget(upload_id)
            raise
        return _Turn(number, half, half.offset)

    async def write(
        self,
        half: HalfUpload,
        offset: int,
        chunks: AsyncIterator[bytes],
        limits: CoursewareLimits,
    ) -> HalfUpload:
        """Take the next bytes; what came before a break stays. Raises UserError `upload-unknown`,
        `upload-offset-wrong`; PeerGone `upload-broken`; after which nothing stays
        `courseware-kind-unknown`, `courseware-needs-office`, `courseware-too-large`;
        EnvironmentFault `disk-full`."""
        turn, block = await self._take(half.id, half.lesson_id), bytearray()
        if offset != turn.size:
            raise UserError("upload-offset-wrong", offset=turn.size)
        try:
            async for chunk in while_heard(chunks):
                block += chunk
                if len(block) >= BLOCK_BYTES:
                    full, block = bytes(block), bytearray()
                    await self._append(turn, full, limits)
        finally:
            if block:
                await self._append(turn, bytes(block), limits)
        return await asyncio.to_thread(self._read, half.id)

    async def drop(self, upload_id: CoursewareId) -> None:
        """It is whole, or not wanted any more. Harmless when it is gone."""
        self._forget(upload_id)
        self._folder.half(upload_id).unlink(missing_ok=True)
        self._folder.upload(upload_id).unlink(missing_ok=True)

    def _forget(self, upload_id: CoursewareId) -> None:
        self._turns.pop(upload_id, None)
        self._locks.pop(upload_id, None)

    async def _append(self, turn: _Turn, block: bytes, limits: CoursewareLimits) -> None:
        half, lock = turn.half, self._locks.get(turn.half.id)
        if lock is None:
            raise PeerGone("upload-broken")
        path, had = self._folder.upload(half.id), turn.size
        async with lock:
            if self._turns.get(half.id) != turn.number:
                raise PeerGone("upload-broken")
            if had + len(block) > half.total_bytes:
                await self.drop(half.id)
                check_size(limits.max_bytes + 1, limits)
            await asyncio.to_thread(self._write, path, block, had)
            turn.size += len(block)
        if had < HEAD_BYTES:
            await self._check_head(half.id, path, limits)

    async def _check_head(
        self, upload_id: CoursewareId, path: Path, limits: CoursewareLimits
    ) -> None:
        try:
            check_kind(await asyncio.to_thread(_head, path), limits)
        except UserError:
            await self.drop(upload_id)
            raise

    def _write(self, path: Path, block: bytes, offset: int) -> None:
        """Where it belongs: a write that was given up may still be under way in its thread."""
        try:
            with path.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                if size != offset:
                    raise UserError("upload-offset-wrong", offset=size)
                self._disk.finish(file, block)
        except FileNotFoundError as error:
            raise PeerGone("upload-broken") from error

    def _note(self, half: HalfUpload) -> None:
        note = {
            "lesson_id": half.lesson_id,
            "person_id": half.person_id,
            "title": half.title,
            "total_bytes": half.total_bytes,
        }
        self._folder.upload(half.id).touch()
        self._folder.half(half.id).write_text(json.dumps(note), "utf-8")

    def _read(self, upload_id: CoursewareId) -> HalfUpload:
        path = self._folder.upload(upload_id)
        try:
            note = json.loads(self._folder.half(upload_id).read_text("utf-8"))
            found = path.stat()
        except (OSError, ValueError) as error:
            raise UserError("upload-unknown") from error
        if found.st_mtime + KEPT_SECONDS < time.time():
            raise UserError("upload-unknown")
        return HalfUpload(
            id=upload_id,
            lesson_id=LessonId(note["lesson_id"]),
            person_id=note.get("person_id"),
            title=note["title"],
            total_bytes=note["total_bytes"],
            offset=found.st_size,
            expires_at_ms=round((found.st_mtime + KEPT_SECONDS) * 1000),
        )

    def _present(self) -> list[HalfUpload]:
        """Oldest first."""
        found = []
        for upload_id in self._folder.halves():
            try:
                found.append(self._read(upload_id))
            except UserError:
                continue
        return sorted(found, key=lambda half: half.expires_at_ms)


def _in_the_way(present: list[HalfUpload], new: HalfUpload) -> list[HalfUpload]:
    """Of `present`, the oldest of its lesson and of its person, so many as are too many."""
    of_lesson = [one for one in present if one.lesson_id == new.lesson_id]
    doomed = of_lesson[: max(0, len(of_lesson) - MAX_OF_LESSON + 1)]
    is_known = new.person_id is not None
    own = [one for one in present if is_known and one.person_id == new.person_id]
    own = [one for one in own if one not in doomed]
    return doomed + own[: max(0, len(own) - MAX_OF_PERSON + 1)]


def _head(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, HEAD_BYTES)
    finally:
        os.close(descriptor)
