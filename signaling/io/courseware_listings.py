"""Lessons' courseware as it is answered: kept, since a thousand rooms ask when it changed."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from signaling.io.views import courseware_manifest
from signaling.protocol.resources_courseware import Courseware as Manifest
from streamsvc.base.ids import LessonId
from streamsvc.school.io.courseware import CoursewareShelf

KEPT_LESSONS = 200
KEPT_BYTES = 64_000_000
"""The oldest are read again, whichever bound is met first."""
_MANIFESTS = TypeAdapter(list[Manifest])


@dataclass(frozen=True, slots=True)
class Listing:
    """All manifests of a lesson at one moment."""

    body: bytes
    etag: str
    names: frozenset[str]
    """Checksums of its slides' files."""


@dataclass(slots=True)
class _Place:
    """A listing, or the one who is reading it while others wait."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    listing: Listing | None = None


class CoursewareListings:
    """`of` from anywhere; `forget` after each change."""

    def __init__(self, shelf: CoursewareShelf) -> None:
        self._shelf = shelf
        self._places: dict[LessonId, _Place] = {}

    async def of(self, lesson_id: LessonId) -> Listing:
        """As of now or later. One reads the database, however many ask."""
        place = self._places.setdefault(lesson_id, _Place())
        async with place.lock:
            if place.listing is None:
                # forgotten meanwhile, it stays in a place that nobody will find
                place.listing = await self._read(lesson_id)
                self._trim()
            return place.listing

    def forget(self, lesson_id: LessonId) -> None:
        """It changed: who asks from now on reads it again. Harmless when it is not kept."""
        self._places.pop(lesson_id, None)

    async def _read(self, lesson_id: LessonId) -> Listing:
        listed = await self._shelf.listed(lesson_id)
        body = _MANIFESTS.dump_json([courseware_manifest(one) for one in listed], by_alias=True)
        pictures = (p for one in listed for slide in one.slides for p in slide.pictures)
        return Listing(
            body=body,
            etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            names=frozenset(picture.sha256 for picture in pictures),
        )

    def _trim(self) -> None:
        while len(self._places) > KEPT_LESSONS or self._bytes() > KEPT_BYTES:
            del self._places[next(iter(self._places))]

    def _bytes(self) -> int:
        return sum(len(p.listing.body) for p in self._places.values() if p.listing is not None)
