"""Films that come in pieces: `film-<id>.part` grows in the lesson's folder, `film-<id>.json` says
of what. A break of the link, a reload or a restart of the service costs a piece and not the film.

    begin ─► write ─broken─► find ─► write ... ─► whole: the house looks at it and plays it
               └─ refused, dropped, a newer one of its lesson, a day without a byte ─► removed
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path

from relay.ingest.file_checking import LARGEST_BYTES
from streamsvc.base.errors import EnvironmentFault, PeerGone, UserError
from streamsvc.base.ids import LessonId, new_id
from streamsvc.base.premieres import FilmUpload
from streamsvc.courseware.io.receiving import BLOCK_BYTES, while_heard
from streamsvc.premieres.shelf import PremiereShelf

KEPT_SECONDS = 86_400
"""After its last byte."""


class FilmUploads:
    """One at a time of each lesson; the newest request of an upload writes, older ones no more."""

    def __init__(self, shelf: PremiereShelf, least_free_bytes: int) -> None:
        self._shelf, self._least_free_bytes = shelf, least_free_bytes
        self._turns: dict[str, int] = {}
        self._numbers = count(1)
        self._writing = asyncio.Lock()

    async def begin(
        self, lesson_id: LessonId, title: str, total_bytes: int, *, ends_lesson: bool
    ) -> FilmUpload:
        """See `PremieresPort.begin_upload`."""
        if total_bytes > LARGEST_BYTES:
            raise UserError("file-too-large", name=title)
        if total_bytes <= 0:
            raise UserError("file-unreadable", name=title)
        upload = FilmUpload(new_id("up"), lesson_id, title, total_bytes, ends_lesson=ends_lesson)
        if not await asyncio.to_thread(self._shelf.has_room, total_bytes, self._least_free_bytes):
            raise EnvironmentFault("disk-full")
        try:
            await asyncio.to_thread(self._open, upload)
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path=str(self._shelf.folder)) from error
        return upload

    async def find(self, lesson_id: LessonId, upload_id: str) -> FilmUpload:
        """See `PremieresPort.find_upload`."""
        found = await asyncio.to_thread(self._read, lesson_id, upload_id)
        if found is None:
            raise UserError("upload-unknown")
        return found

    async def write(
        self, upload: FilmUpload, offset: int, chunks: AsyncIterator[bytes]
    ) -> FilmUpload:
        """The next bytes; what came before a break stays. Raises UserError `upload-offset-wrong`,
        `upload-unknown`, `file-too-large`, PeerGone `upload-broken`, EnvironmentFault."""
        turn = self._turns[upload.id] = next(self._numbers)
        now = await self.find(upload.lesson_id, upload.id)
        if offset != now.offset:
            raise UserError("upload-offset-wrong", offset=now.offset)
        block = bytearray()
        try:
            async for chunk in while_heard(chunks):
                block += chunk
                if len(block) >= BLOCK_BYTES:
                    full, block = bytes(block), bytearray()
                    now = await self._append(now, full, turn)
        finally:
            if block:
                now = await self._append(now, bytes(block), turn)
        return now

    async def drop(self, upload: FilmUpload) -> None:
        """Harmless when it is gone."""
        self._turns.pop(upload.id, None)
        await asyncio.to_thread(self._remove, upload.lesson_id, upload.id)

    def sweep(self) -> None:
        """Blocking: remove those of which nothing came for a day."""
        for note in self._shelf.folder.glob("*/film-up_*.json"):
            part = note.with_suffix(".part")
            newest = max(_changed(part), _changed(note))
            if time.time() - newest > KEPT_SECONDS:
                part.unlink(missing_ok=True)
                note.unlink(missing_ok=True)

    async def _append(self, upload: FilmUpload, block: bytes, turn: int) -> FilmUpload:
        async with self._writing:
            if self._turns.get(upload.id) != turn:
                raise PeerGone("upload-broken")  # a newer request goes on with it
            if upload.offset + len(block) > upload.total_bytes:
                await self.drop(upload)
                raise UserError("file-too-large", name=upload.title)
            try:
                await asyncio.to_thread(self._write, upload, block)
            except FileNotFoundError as error:
                raise UserError("upload-unknown") from error
            except OSError as error:
                path = str(self._shelf.folder)
                raise EnvironmentFault("disk-unwritable", path=path) from error
        return replace(upload, offset=upload.offset + len(block))

    def _write(self, upload: FilmUpload, block: bytes) -> None:
        if not self._shelf.has_room(len(block), self._least_free_bytes):
            raise EnvironmentFault("disk-full")
        with self._shelf.upload(upload.lesson_id, upload.id).open("r+b") as file:
            file.seek(upload.offset)
            file.write(block)
            file.truncate()

    def _open(self, upload: FilmUpload) -> None:
        """In place of those of before: one film of a lesson is enough for its disk."""
        self.sweep()
        part = self._shelf.upload(upload.lesson_id, upload.id)
        part.parent.mkdir(parents=True, exist_ok=True)
        for other in part.parent.glob("film-up_*.json"):
            self._remove(upload.lesson_id, other.stem.removeprefix("film-"))
        part.touch()
        told = asdict(upload)
        told.pop("offset")
        part.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False))

    def _read(self, lesson_id: LessonId, upload_id: str) -> FilmUpload | None:
        part = self._shelf.upload(lesson_id, upload_id)
        try:
            told = json.loads(part.with_suffix(".json").read_text())
            return FilmUpload(**told, offset=part.stat().st_size)
        except (OSError, ValueError, TypeError):
            return None

    def _remove(self, lesson_id: LessonId, upload_id: str) -> None:
        part = self._shelf.upload(lesson_id, upload_id)
        part.with_suffix(".json").unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
