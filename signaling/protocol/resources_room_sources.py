"""Bodies about recorder hosts and cameras of lead rooms."""

from pydantic import Field

from signaling.protocol.lesson_views import ErrorBody
from signaling.protocol.wire import Wire


class NewRoomSource(Wire):
    """PUT /api/rooms/{room_id}/source, POST /api/rooms/{room_id}/source/look."""

    address: str = Field(min_length=1, max_length=1024)
    """rtsp:// or rtsps://; its path may hold a password: nothing of it is shown again."""
    user: str = Field(default="", max_length=200)
    password: str = Field(default="", max_length=200)


class RoomSourceView(Wire):
    """GET /api/rooms/{room_id}/source: what may be shown of it."""

    place: str
    """Such as rtsp://10.1.2.3:554; empty: the room has none."""
    user: str


class SourceLookView(Wire):
    """What a source was found to send, or why nothing was found."""

    picture: str
    """Name of its codec, such as h264; empty: no picture."""
    width: int
    height: int
    sound: str
    is_recoded: bool
    """Its picture would be encoded again to 540p: browsers don't take it as it is."""
    error: ErrorBody | None = None


class RoomSourceChoice(Wire):
    """A lead room that a lesson can be taught from."""

    room_id: str
    name: str
    place: str


class LessonRoomSources(Wire):
    """GET and PUT /api/lessons/{lesson_id}/room-source."""

    rooms: list[RoomSourceChoice]
    chosen_room_id: str | None


class ChosenRoomSource(Wire):
    """PUT /api/lessons/{lesson_id}/room-source."""

    room_id: str
