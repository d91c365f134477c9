"""Bodies of the courseware API: what a lesson's slides are, and where their files are."""

from typing import Literal

from pydantic import Field

from signaling.protocol.lesson_views import ErrorBody
from signaling.protocol.wire import Wire

MAX_PREVIEW_CHARS = 700


class SlideFile(Wire):
    """One picture of a slide: WebP, never changed once it is there."""

    url: str
    """Below this origin; the name is the checksum, so it may be kept for ever."""
    bytes: int
    sha256: str


class SlideView(Wire):
    """One page of a courseware."""

    number: int
    """From 1."""
    width: int
    """Of the large picture; the others have the same proportions."""
    height: int
    alt: str
    """The words on it, at most 500 characters; may be empty."""
    preview: str = Field(max_length=MAX_PREVIEW_CHARS)
    """`data:image/webp;base64,...`, a few hundred bytes to show until a file is here."""
    small: SlideFile
    """At most 640 wide."""
    medium: SlideFile
    """At most 1280 wide."""
    large: SlideFile
    """At most 1920 wide."""


class Courseware(Wire):
    """One file of a lesson, as slides. While it is converted, the slides that are done."""

    courseware_id: str
    lesson_id: str
    title: str
    status: Literal["converting", "ready", "failed"]
    done_slides: int
    total_slides: int | None
    """None until the file was opened."""
    error: ErrorBody | None
    """Why it failed, and what to do."""
    slides: list[SlideView]


class CoursewareLimits(Wire):
    """GET /api/courseware/limits: what may be added, to say so before an upload."""

    max_bytes: int
    max_slides: int
    max_of_lesson: int
    """Files a lesson may have."""
    reads_presentations: bool
    """PPTX, PPT and ODP too (LibreOffice is installed); else only PDF and pictures."""
