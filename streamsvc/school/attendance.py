"""Evidence that a room took part in a lesson: sums of what was seen flowing, second by second.

Fed about once a second while the lesson is live. An interval is credited by the signal at its end,
and never with more than `MAX_STEP_MS`: after a restart, a sleep or a clock jump nothing is known of
the time between, and nothing is claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from streamsvc.base.ids import RoomId
from streamsvc.base.media import LadderLevel

MAX_STEP_MS = 5_000
_VOICE, _SLIDES, _LOW, _HIGH, _SCREEN = LadderLevel


@dataclass(frozen=True, slots=True)
class RoomSignal:
    """What reaches a room right now."""

    is_connected: bool
    """Its page or its media session is here."""
    has_voice: bool
    has_picture: bool
    is_on_stage: bool = False
    level: LadderLevel | None = None
    """None: nothing is known of it, or nothing was sent."""


@cache
def room_signal(
    *,
    is_connected: bool,
    has_voice: bool,
    has_picture: bool,
    is_on_stage: bool = False,
    level: LadderLevel | None = None,
) -> RoomSignal:
    """One of the few there are."""
    return RoomSignal(is_connected, has_voice, has_picture, is_on_stage, level)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums of one room in one lesson; the same fields as the record `Attendance`."""

    first_joined_ms: int | None = None
    last_seen_ms: int | None = None
    voice_ms: int = 0
    picture_ms: int = 0
    cut_off_ms: int = 0
    """Joined once, and then without voice while the lesson ran."""
    stage_count: int = 0
    stage_ms: int = 0
    hand_count: int = 0
    at_voice_ms: int = 0
    at_slides_ms: int = 0
    at_low_video_ms: int = 0
    at_high_video_ms: int = 0
    at_screen_video_ms: int = 0


def step_ms(fed_at_ms: int | None, now_ms: int) -> int:
    """Length of the interval that may be credited; 0 when it is unknown."""
    if fed_at_ms is None or not 0 <= now_ms - fed_at_ms <= MAX_STEP_MS:
        return 0
    return now_ms - fed_at_ms


def fed(evidence: Evidence, now_ms: int, step: int, signal: RoomSignal) -> Evidence:
    """Add one interval of `step` ms that ends now with `signal`."""
    if not signal.is_connected:
        if evidence.first_joined_ms is None or not step:
            return evidence
        return replace(evidence, cut_off_ms=evidence.cut_off_ms + step)
    level = signal.level if signal.has_voice else None
    return Evidence(  # a third of the time of `replace`, for every room each second
        first_joined_ms=now_ms if evidence.first_joined_ms is None else evidence.first_joined_ms,
        last_seen_ms=now_ms,
        voice_ms=evidence.voice_ms + (step if signal.has_voice else 0),
        picture_ms=evidence.picture_ms + (step if signal.has_picture else 0),
        cut_off_ms=evidence.cut_off_ms + _cut_off(evidence, step, signal),
        stage_count=evidence.stage_count,
        stage_ms=evidence.stage_ms + (step if signal.is_on_stage else 0),
        hand_count=evidence.hand_count,
        at_voice_ms=evidence.at_voice_ms + (step if level is _VOICE else 0),
        at_slides_ms=evidence.at_slides_ms + (step if level is _SLIDES else 0),
        at_low_video_ms=evidence.at_low_video_ms + (step if level is _LOW else 0),
        at_high_video_ms=evidence.at_high_video_ms + (step if level is _HIGH else 0),
        at_screen_video_ms=evidence.at_screen_video_ms + (step if level is _SCREEN else 0),
    )


def _cut_off(evidence: Evidence, step: int, signal: RoomSignal) -> int:
    return step if evidence.first_joined_ms is not None and not signal.has_voice else 0


class LessonAttendance:
    """The evidence of every room of one live lesson.

    Drive: `feed` about once a second while live, `hand_raised` per hand, and store `evidence` every
    few seconds. After a restart begin with what was stored.
    """

    def __init__(self, stored: Mapping[RoomId, Evidence] | None = None) -> None:
        self._evidence = dict(stored or {})
        self._on_stage: set[RoomId] = set()
        self._fed_at_ms: int | None = None

    @property
    def evidence(self) -> dict[RoomId, Evidence]:
        """The sums so far, by room."""
        return dict(self._evidence)

    def feed(self, now_ms: int, signals: Mapping[RoomId, RoomSignal]) -> None:
        """Credit the time since the last feed. A known room without a signal is not connected."""
        step = step_ms(self._fed_at_ms, now_ms)
        self._fed_at_ms = now_ms
        for room_id in signals.keys() | self._evidence.keys():
            signal = signals.get(room_id, _ABSENT)
            before = self._evidence.get(room_id, Evidence())
            self._evidence[room_id] = fed(before, now_ms, step, signal)
            self._follow_stage(room_id, signal.is_on_stage)

    def hand_raised(self, room_id: RoomId) -> None:
        """Count one raised hand."""
        before = self._evidence.get(room_id, Evidence())
        self._evidence[room_id] = replace(before, hand_count=before.hand_count + 1)

    def _follow_stage(self, room_id: RoomId, is_on_stage: bool) -> None:
        if is_on_stage and room_id not in self._on_stage:
            before = self._evidence[room_id]
            self._evidence[room_id] = replace(before, stage_count=before.stage_count + 1)
        if is_on_stage:
            self._on_stage.add(room_id)
        else:
            self._on_stage.discard(room_id)


_ABSENT = RoomSignal(is_connected=False, has_voice=False, has_picture=False)
