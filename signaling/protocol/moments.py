"""Moments of a recorded lesson worth a mark on the player's lanes, from its timeline."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from signaling.protocol.resources import TimelineEvent

MomentType = Literal[
    "stage_on", "stage_off", "hand", "room_lost", "room_back", "lead_gone", "lead_back"
]
SHORTEST_GAP_MS = 1_200
"""A teacher's page that is reloaded leaves none worth a mark."""


def moments(lines: Iterable[str], started_at_ms: int) -> list[TimelineEvent]:
    """Marks on the recording's axis, whose zero is the wall time `started_at_ms`. What happened
    before it is left out; lines that can't be read are skipped."""
    marks = _Marks(started_at_ms)
    for event in _events(lines):
        if event.get("type") == "room_changed":
            marks.room_changed(event)
        elif event.get("type") == "stage_changed":
            marks.stage_changed(event)
        elif event.get("type") == "publications_changed":
            marks.publications_changed(event)
    return sorted(marks.found, key=lambda mark: mark.at_ms)


class _Marks:
    def __init__(self, started_at_ms: int) -> None:
        self.found: list[TimelineEvent] = []
        self._started_at_ms = started_at_ms
        self._presence: dict[str, str] = {}
        self._has_hand: dict[str, bool] = {}
        self._on_stage: tuple[str, str] | None = None
        self._gone_ms: int | None = None

    def room_changed(self, event: dict[str, Any]) -> None:
        room = event["room"]
        room_id, name, presence = room["room_id"], room["name"], room["presence"]
        before = self._presence.get(room_id, "absent")
        has_hand = room["hand_place"] is not None
        if presence == "lost" and before == "online":
            self._mark("room_lost", event["at_ms"], room_id, name)
        if presence == "online" and before == "lost":
            self._mark("room_back", event["at_ms"], room_id, name)
        if has_hand and not self._has_hand.get(room_id, False):
            self._mark("hand", room["hand_since_ms"], room_id, name)
        self._presence[room_id], self._has_hand[room_id] = presence, has_hand

    def stage_changed(self, event: dict[str, Any]) -> None:
        stage = event["stage"]
        speaks = stage is not None and stage["state"] == "on_stage"
        now = (stage["room_id"], stage["room_name"]) if speaks else None
        if now == self._on_stage:
            return
        if self._on_stage is not None:
            self._mark("stage_off", event["at_ms"], *self._on_stage)
        if now is not None:
            self._mark("stage_on", event["at_ms"], *now)
        self._on_stage = now

    def publications_changed(self, event: dict[str, Any]) -> None:
        """A gap is marked when it is over; one that never ended is the recording's end."""
        gone_ms = event["publications"].get("lead_silent_since_ms")
        from_ms, to_ms = self._gone_ms, event["at_ms"]
        is_gap = from_ms is not None and to_ms - from_ms >= SHORTEST_GAP_MS
        if gone_ms is None and from_ms is not None and is_gap:
            self._mark("lead_gone", max(from_ms, self._started_at_ms), "", "")
            self._mark("lead_back", to_ms, "", "")
        self._gone_ms = gone_ms

    def _mark(self, type: MomentType, wall_ms: int, room_id: str, room_name: str) -> None:
        at_ms = wall_ms - self._started_at_ms
        if at_ms >= 0:
            self.found.append(
                TimelineEvent(at_ms=at_ms, type=type, room_id=room_id, room_name=room_name)
            )


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event
