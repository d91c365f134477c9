"""Bodies for captions: the link for whoever manages the lesson; and what its bearer reads and
writes, with the link's key as a bearer token."""

from typing import Literal

from pydantic import Field

from signaling.protocol.captions import MOST_CHARS
from signaling.protocol.ice import IceServerView
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.wire import Wire

LANGUAGE_TAG = r"^$|^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
"""BCP 47, without its rarest parts."""

# ---- the link, for staff -----------------------------------------------------------------------


class CaptionLinkView(Wire):
    """The link of a lesson, without its key."""

    created_at_ms: int
    expires_at_ms: int


class CaptionLinkOfLesson(Wire):
    """GET /api/lessons/{lesson_id}/caption-link"""

    link: CaptionLinkView | None
    lines: int
    """Written so far in this lesson."""


class CaptionLinkMade(Wire):
    """The only answer that says the address."""

    path: str
    """`/captions#<key>`: what follows the mark is told no server."""
    key: str
    """For programs: `Authorization: Bearer <key>`."""
    link: CaptionLinkView


# ---- writing -----------------------------------------------------------------------------------


class CaptionDesk(Wire):
    """GET /api/captions: the lesson, as far as who writes its captions must know."""

    now_ms: int
    lesson_id: str
    title: str
    subject: str
    grade: str
    lead_teacher_name: str
    state: Literal["scheduled", "live", "ended"]
    scheduled_start_ms: int
    has_lead: bool
    """The teacher's sound flows."""
    expires_at_ms: int
    """Of the link."""
    lines: list[CaptionView]
    """The last ones, oldest first."""
    grant: str | None
    """Opens the lead teacher's voice at `/whep/{lesson_id}`, and nothing else, for ten minutes;
    None while the lesson is not open."""
    ice_servers: list[IceServerView]


class NewCaption(Wire):
    """POST /api/captions/lines"""

    text: str = Field(min_length=1, max_length=MOST_CHARS)
    lang: str = Field(default="", max_length=20, pattern=LANGUAGE_TAG)
    from_ms: int | None = Field(default=None, ge=0, lt=1 << 53)
    """When it was said, by the server's clock; at most a minute ago, and not before the line before
    it. None: now."""


class CaptionChange(Wire):
    """PUT /api/captions/lines/{line_id}: the last line, corrected; empty: taken back."""

    text: str = Field(max_length=MOST_CHARS)
    lang: str = Field(default="", max_length=20, pattern=LANGUAGE_TAG)


class CaptionTaken(Wire):
    """A line was taken; it is told a moment later."""

    line_id: str
    text: str
    """As it is shown."""
