"""What a waiting room hears on a channel of its own, `/api/room/events`; its cookie admits it."""

from typing import Annotated, Literal

from pydantic import Field

from signaling.protocol.ice import IceServerView
from signaling.protocol.lesson_views import ErrorBody, HelperView
from signaling.protocol.messages import Failed, Pong
from signaling.protocol.wire import Wire


class RoomLesson(Wire):
    """One of today's lessons of a room."""

    lesson_id: str
    title: str
    subject: str
    grade: str
    school_name: str
    lead_teacher_name: str
    state: Literal["scheduled", "live", "ended"]
    scheduled_start_ms: int
    duration_minutes: int
    rooms_total: int
    rooms_online: int
    sound_profile: Literal["speech", "music"]


class CheckSlot(Wire):
    """When the page is to check the room by itself, once, if it is not in a lesson then."""

    slot: str
    from_ms: int
    until_ms: int


class RoomHome(Wire):
    """Sent on connect and whenever anything of it changes. `open` is the lesson to be in now: live,
    or starting within five minutes; the page connects to its events with `grant`."""

    type: Literal["room_home"] = "room_home"
    now_ms: int
    room_id: str
    room_name: str
    school_name: str
    lessons: list[RoomLesson]
    open: RoomLesson | None
    grant: str | None
    grant_expires_at_ms: int | None
    ice_servers: list[IceServerView]
    """For media, as long as the grant lives."""
    helper: HelperView | None
    checks: list[CheckSlot]
    """The next first."""


class RoomRemoved(Wire):
    """The administrator removed this device; it must join with a new code."""

    type: Literal["room_removed"] = "room_removed"
    error: ErrorBody


RoomMessage = Annotated[RoomHome | RoomRemoved | Pong | Failed, Field(discriminator="type")]
