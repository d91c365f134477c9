"""The stage: one room at a time is asked up, answers, speaks, and goes back to its seat.

empty ── call ──► calling ── accept ──► accepted ── media flows ──► on_stage
  ▲                 │ declined, withdrawn   │ lost, returned           │ returned, lost
  └─────────────────┴───────────────────────┴──────────────────────────┘
"""

from dataclasses import dataclass, replace
from typing import Literal

from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId

ANSWER_WITHIN_MS = 60_000
MEDIA_WITHIN_MS = 30_000
"""From accepting to the first packet: a camera question may stand on the room's screen."""
BACK_WITHIN_MS = 15_000
"""How long a room on stage may be cut off before the stage is empty again."""

Because = Literal[
    "called",
    "accepted",
    "declined",
    "on_stage",
    "returned",
    "withdrawn",
    "lost",
    "muted",
    "writing",
    "picture",
]
StageState = Literal["calling", "accepted", "on_stage"]


@dataclass(frozen=True, slots=True)
class OnStage:
    """Who is on the stage, or on its way there."""

    room_id: RoomId
    state: StageState
    since_ms: int
    is_muted: bool = False
    may_write: bool = True
    is_picture_paused: bool = False


class Stage:
    """At most one room. Methods return why it changed, None if it did not; `left` is who went."""

    def __init__(self) -> None:
        self.now: OnStage | None = None
        self._gone_since_ms: int | None = None
        self._may_write = True

    def call(self, room_id: RoomId, now_ms: int) -> Because | None:
        """Ask a room up. Raises UserError `stage-taken` while another is there."""
        if self.now is not None:
            if self.now.room_id == room_id:
                return None
            raise UserError("stage-taken")
        self.now = OnStage(room_id, "calling", now_ms, may_write=self._may_write)
        self._gone_since_ms = None
        return "called"

    def accept(self, room_id: RoomId, now_ms: int) -> Because | None:
        """The room says yes. Raises UserError `not-called`."""
        held = self._held_by(room_id)
        if held.state != "calling":
            return None
        self.now = replace(held, state="accepted", since_ms=now_ms)
        return "accepted"

    def decline(self, room_id: RoomId) -> Because | None:
        """The room says no. Raises UserError `not-called`; `already-accepted` once it said yes."""
        if self._held_by(room_id).state != "calling":
            raise UserError("already-accepted")
        return self._empty("declined")

    def leave(self, by_room: RoomId | None) -> Because | None:
        """Back to its seat, asked by that room or (None) the lead teacher. Harmless when empty."""
        if self.now is None or (by_room is not None and by_room != self.now.room_id):
            return None
        if self.now.state != "calling":
            return self._empty("returned")
        return self._empty("withdrawn" if by_room is None else "declined")

    def mute(self, *, is_muted: bool) -> Because | None:
        """Take its voice, or give it back. Raises UserError `stage-empty`."""
        if self.now is None or self.now.state == "calling":
            raise UserError("stage-empty")
        if self.now.is_muted == is_muted:
            return None
        self.now = replace(self.now, is_muted=is_muted)
        return "muted"

    def let_write(self, *, may_write: bool) -> Because | None:
        """Hand over the pen, or take it; the rooms after it find it so. Raises UserError
        `stage-empty`."""
        if self.now is None:
            raise UserError("stage-empty")
        if self.now.may_write == may_write:
            return None
        self._may_write = may_write
        self.now = replace(self.now, may_write=may_write)
        return "writing"

    def pause_picture(self, room_id: RoomId, *, is_paused: bool) -> Because | None:
        """Its picture stops going out, or goes out again. Harmless from a room in its seat."""
        held = self.now
        if held is None or held.room_id != room_id or held.state != "on_stage":
            return None
        if held.is_picture_paused == is_paused:
            return None
        self.now = replace(held, is_picture_paused=is_paused)
        return "picture"

    def may_write(self, room_id: RoomId | None) -> bool:
        """It is on stage, seen by all, and the lead teacher lets it."""
        held = self.now
        if held is None or held.room_id != room_id:
            return False
        return held.state == "on_stage" and held.may_write

    def media_opened(self, room_id: RoomId, now_ms: int) -> Because | None:
        """Its picture or voice flows."""
        if not self.may_publish(room_id) or self.now is None:
            return None
        self._gone_since_ms = None
        if self.now.state == "on_stage":
            return None
        self.now = replace(self.now, state="on_stage", since_ms=now_ms)
        return "on_stage"

    def watch(self, *, is_there: bool, now_ms: int) -> None:
        """Whether the room on stage is still connected and sending; it has a while to come back."""
        if self.now is None or self.now.state != "on_stage" or is_there:
            self._gone_since_ms = None
        elif self._gone_since_ms is None:
            self._gone_since_ms = now_ms

    def may_publish(self, room_id: RoomId | None) -> bool:
        """A room fills the stage slot only between accepting and returning."""
        return self.now is not None and self.now.room_id == room_id and self.now.state != "calling"

    def poll(self, now_ms: int) -> Because | None:
        """What time alone changes."""
        if self.now is None:
            return None
        waited = now_ms - self.now.since_ms
        if self.now.state == "calling" and waited >= ANSWER_WITHIN_MS:
            return self._empty("withdrawn")
        if self.now.state == "accepted" and waited >= MEDIA_WITHIN_MS:
            return self._empty("lost")
        if self._gone_since_ms is not None and now_ms - self._gone_since_ms >= BACK_WITHIN_MS:
            return self._empty("lost")
        return None

    def clear(self, because: Because) -> Because | None:
        """Empty it, whoever is there (lesson over, room uninvited)."""
        return None if self.now is None else self._empty(because)

    def _empty(self, because: Because) -> Because:
        self.now = None
        self._gone_since_ms = None
        return because

    def _held_by(self, room_id: RoomId) -> OnStage:
        if self.now is None or self.now.room_id != room_id:
            raise UserError("not-called")
        return self.now
