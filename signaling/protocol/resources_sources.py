"""Bodies about sources: stream keys, and what those say that push or pull a source for us."""

from typing import Literal

from pydantic import Field

from signaling.protocol.wire import Wire

SourceStateName = Literal["connecting", "on_air", "waiting"]


class NewStreamKey(Wire):
    """POST /api/lessons/{lesson_id}/stream-keys"""

    is_for_teacher: bool = False
    """For every lesson of its lead teacher, half a year long: for the recorder host of her room.
    Otherwise for this lesson, up to two hours after its planned end."""


class StreamKeyView(Wire):
    """A key that is good; never its words."""

    stream_key_id: str
    is_for_teacher: bool
    added_by: str
    added_at_ms: int
    expires_at_ms: int
    used_at_ms: int | None
    """When somebody last began to push with it."""
    is_in_use: bool


class StreamKeyMade(Wire):
    """A fresh key: its words are said this once."""

    address: str
    """Server address for OBS and recorder hosts; one field for both: address/key."""
    key: str
    stream_key: StreamKeyView


class StreamKeyList(Wire):
    """GET /api/lessons/{lesson_id}/stream-keys"""

    address: str
    """Empty: this service takes no pushes."""
    stream_keys: list[StreamKeyView]


class SourceReport(Wire):
    """PUT /api/lessons/{lesson_id}/source: at each change, and every five seconds."""

    kind: Literal["rtmp", "rtsp"]
    state: SourceStateName
    error_id: str | None = Field(default=None, max_length=60)
    place: str = Field(default="", max_length=300)
    """Where it is, as it may be shown."""
    is_recoded: bool = False


class NewPush(Wire):
    """POST /api/pushes: somebody pushes with these words from this address."""

    key: str = Field(min_length=1, max_length=200)
    address: str = Field(min_length=1, max_length=60)


class PushOpened(Wire):
    """It may: where its media goes."""

    push_id: str
    lesson_id: str
    grant: str
    whip: str


class PushNews(Wire):
    """PUT /api/pushes/{push_id}: at each change, and every two seconds."""

    state: SourceStateName
    error_id: str | None = Field(default=None, max_length=60)
    is_recoded: bool = False
    is_flowing: bool = True
    """False: nothing came for a while; then somebody else may push with the key."""
    is_over: bool = False
    """It ended; nothing more is said of it."""


class PushHeard(Wire):
    """A grant that is good for ten minutes from now."""

    grant: str
