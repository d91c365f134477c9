"""Slides as converter, database and signaling all see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from streamsvc.base.ids import CoursewareId, LessonId, PersonId

SizeName = Literal["small", "medium", "large"]


@dataclass(frozen=True, slots=True)
class SlidePicture:
    """A WebP file, named by its checksum."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Slide:
    """One page of a courseware, converted."""

    number: int
    """From 1."""
    width: int
    """Of the large picture, in pixels."""
    height: int
    alt: str
    """The words on it; may be empty."""
    preview: str
    """A `data:` URL of a few hundred bytes."""
    small: SlidePicture
    medium: SlidePicture
    large: SlidePicture

    @property
    def pictures(self) -> Iterator[SlidePicture]:
        """All three."""
        yield from (self.small, self.medium, self.large)


@dataclass(frozen=True, slots=True)
class HalfUpload:
    """A file that comes in pieces; it becomes the courseware of the same id."""

    id: CoursewareId
    lesson_id: LessonId
    person_id: PersonId | None
    """Whose it is."""
    title: str
    total_bytes: int
    offset: int
    """Bytes that are here."""
    expires_at_ms: int
    """Unless more comes."""


@dataclass(frozen=True, slots=True)
class CoursewareLimits:
    """What may be added as courseware."""

    max_bytes: int
    max_slides: int
    reads_presentations: bool
    """LibreOffice is there, and can ask nobody for what a presentation links to."""
    is_office_exposed: bool = False
    """It is there, and could ask: the kernel leaves it the network."""
