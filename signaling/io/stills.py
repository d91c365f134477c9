"""The newest still picture of each room, in memory: what the teacher's wall shows of the rooms that
send no video. Bounded: one per invited room of an open lesson, each at most 8 KB."""

from dataclasses import dataclass

from streamsvc.base.errors import ProtocolError
from streamsvc.base.ids import LessonId, RoomId


@dataclass(frozen=True, slots=True)
class Still:
    """One picture."""

    number: int
    media_type: str
    data: bytes


class Stills:
    """Newest still per lesson and room."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._newest: dict[LessonId, dict[RoomId, Still]] = {}

    def put(self, lesson_id: LessonId, room_id: RoomId, data: bytes, after: int) -> Still:
        """Keep it under the number that follows `after`. Raises ProtocolError `still-too-large`,
        `still-malformed`."""
        if len(data) > self._max_bytes:
            raise ProtocolError("still-too-large", limit_bytes=self._max_bytes)
        still = Still(after + 1, sniffed_type(data), data)
        self._newest.setdefault(lesson_id, {})[room_id] = still
        return still

    def get(self, lesson_id: LessonId, room_id: RoomId) -> Still | None:
        """The newest one."""
        return self._newest.get(lesson_id, {}).get(room_id)

    def keep_only(self, lesson_ids: set[LessonId]) -> None:
        """Forget the pictures of lessons that are not in memory any more."""
        self._newest = {key: value for key, value in self._newest.items() if key in lesson_ids}


def sniffed_type(data: bytes) -> str:
    """What the bytes are, whatever they were called. Raises ProtocolError `still-malformed`."""
    if data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise ProtocolError("still-malformed")
