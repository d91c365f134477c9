"""Who watches outside of the rooms, counted by device and class. Pure.

A page says every minute that it is there. Bound: 5,000 devices a lesson; who comes after them
watches like everybody and is not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signaling.protocol.lesson_views import RoomViewersView, ViewersView
from streamsvc.base.ids import RoomId
from streamsvc.base.sessions import AudienceLack

MOST_VIEWERS = 5_000
PRESENT_MS = 150_000
"""Two beats may be lost on a bad link before a page counts as gone."""
TELL_MS = 15_000


@dataclass(slots=True)
class Count:
    """Of a class, or of all."""

    present: int = 0
    peak: int = 0
    total: int = 0


@dataclass(slots=True)
class Viewers:
    """`seen` for each beat, `due` once a second."""

    before: ViewersView | None = None
    """As told before a restart of the service, which forgets the devices."""
    lacks: AudienceLack | None = None
    """Why none of them has the teacher's picture, as the newest beat found."""
    _last_ms: dict[str, int] = field(default_factory=dict)
    _rooms: dict[str, RoomId] = field(default_factory=dict)
    _peak: int = 0
    _room_peaks: dict[RoomId, int] = field(default_factory=dict)
    _told_at_ms: int | None = None

    def seen(self, viewer: str, room_id: RoomId, now_ms: int) -> None:
        """This device is there; one too many is passed over."""
        if viewer not in self._last_ms and len(self._last_ms) >= MOST_VIEWERS:
            return
        self._last_ms[viewer] = now_ms
        self._rooms[viewer] = room_id

    def due(self, told: ViewersView | None, now_ms: int) -> ViewersView | None:
        """What to tell now; None when it was told, or a moment ago. A clock that jumps back only
        makes it told sooner."""
        told_at_ms = self._told_at_ms
        if not self._last_ms or (told_at_ms is not None and abs(now_ms - told_at_ms) < TELL_MS):
            return None
        view = self.view(now_ms)
        if view == told:
            return None
        self._told_at_ms = now_ms
        return view

    def view(self, now_ms: int) -> ViewersView:
        """The lesson's three numbers."""
        present = sum(count.present for count in self.by_room(now_ms).values())
        self._peak = max(self._peak, present)
        before = self.before or ViewersView(present=0, peak=0, total=0)
        return ViewersView(
            present=present,
            peak=max(self._peak, before.peak),
            total=max(len(self._last_ms), before.total),
            lacks=self.lacks if present else None,
        )

    def final(self, names: Mapping[RoomId, str], now_ms: int) -> ViewersView | None:
        """All of it by class, when the lesson is over; None where nobody watched."""
        counts = self.by_room(now_ms)
        if not counts:
            return None
        rooms = [
            RoomViewersView(
                room_id=room_id,
                room_name=names.get(room_id, ""),
                peak=count.peak,
                total=count.total,
            )
            for room_id, count in counts.items()
        ]
        rooms.sort(key=lambda room: room.total, reverse=True)
        return self.view(now_ms).model_copy(update={"rooms": rooms})

    def by_room(self, now_ms: int) -> dict[RoomId, Count]:
        """Since the service was started."""
        counts: dict[RoomId, Count] = {}
        for room_id in self._rooms.values():
            counts.setdefault(room_id, Count()).total += 1
        for room_id, viewers in self._present(now_ms).items():
            self._room_peaks[room_id] = max(self._room_peaks.get(room_id, 0), len(viewers))
            counts[room_id].present = len(viewers)
        for room_id, count in counts.items():
            count.peak = self._room_peaks.get(room_id, 0)
        return counts

    def _present(self, now_ms: int) -> dict[RoomId, list[str]]:
        found: dict[RoomId, list[str]] = {}
        for viewer, last_ms in self._last_ms.items():
            if abs(now_ms - last_ms) <= PRESENT_MS:
                found.setdefault(self._rooms[viewer], []).append(viewer)
        return found
