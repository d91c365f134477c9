"""What a check of a room found, and what follows from it: how much of a lesson its link carries,
what its own picture and voice will be on stage, and what to do about it.

The levels are those of the relay's ladder; a test holds these figures against it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zlib import crc32

from streamsvc.base.ids import CheckId, RoomId
from streamsvc.base.media import LadderLevel
from streamsvc.base.sessions import NO_POLICY, LinkPolicy
from streamsvc.school.records import Lesson, LessonState

LEVEL_NEEDS_BPS = {
    LadderLevel.VOICE: 30_000,
    LadderLevel.SLIDES: 50_000,
    LadderLevel.LOW_VIDEO: 120_000,
    LadderLevel.HIGH_VIDEO: 650_000,
    LadderLevel.SCREEN_VIDEO: 1_300_000,
}
"""Of the way down: voice with its headers, ink, and pictures as teachers' browsers send them."""
TO_THE_LIMIT = 0.8
"""Of what a policy allows: a check asks a link for no more than that."""
HEAVY_LOSS = 0.3
"""Pictures pause."""
NOTABLE_LOSS = 0.05
FAR_MS = 400
"""Satellites, and old phone networks."""
OLD_AFTER_MS = 7 * 86_400_000
"""A check says little about a link after a week."""


class Part(StrEnum):
    """What was found of a camera, a microphone or a loudspeaker."""

    GOOD = "good"
    SKIPPED = "skipped"
    """Nobody was there to allow it, or to hear it."""
    BLACK = "black"
    FROZEN = "frozen"
    SILENT = "silent"
    """A microphone that gives nothing at all, or a sound that was not heard again."""
    DENIED = "denied"
    MISSING = "missing"
    BUSY = "busy"
    INSECURE = "insecure"
    FAILED = "failed"


class CheckWay(StrEnum):
    """How media came."""

    UDP = "udp"
    TCP = "tcp"
    RELAY = "relay"
    NONE = "none"


class Sends(StrEnum):
    """What a room on stage can be of to the others."""

    NOTHING = "nothing"
    VOICE = "voice"
    STILLS = "stills"
    """And a picture each second."""
    VIDEO = "video"


_SENDS_NEED_BPS = {Sends.VOICE: 30_000, Sends.STILLS: 80_000, Sends.VIDEO: 114_000}
"""Of the way up; the pages' own rule begins at the same figures."""


class Problem(StrEnum):
    """Something to do, the gravest first."""

    NO_MEDIA = "no_media"
    THIN_DOWN = "thin_down"
    """No picture of the teacher."""
    THIN_UP = "thin_up"
    """No moving picture of the room on stage."""
    MICROPHONE = "microphone"
    ECHO = "echo"
    CAMERA = "camera"
    LOSS = "loss"
    TCP = "tcp"
    FAR = "far"


_MINOR = {Problem.TCP, Problem.FAR}
"""Worth knowing; the lesson is as good without doing anything about them."""


class Readiness(StrEnum):
    """Of a room for its lessons."""

    NOT_READY = "not_ready"
    LIMITED = "limited"
    """Everybody hears and sees the slides; something else is missing."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What the room's page measured. Rates are of media alone, both ways at once."""

    camera: Part
    microphone: Part
    echo: Part
    """The loudspeaker's sound, come back through the server, in the room's own microphone."""
    way: CheckWay
    round_trip_ms: int | None
    loss_down: float | None
    """0 to 1."""
    loss_up: float | None
    down_bps: int | None
    up_bps: int | None
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the figures."""

    level: LadderLevel | None
    """How much of a lesson reaches the room; None: not even the voice."""
    sends: Sends
    problems: tuple[Problem, ...]
    readiness: Readiness
    unseen: tuple[Problem, ...] = ()
    """Devices that nobody looked at."""


@dataclass(frozen=True, slots=True)
class RoomCheck:
    """A check that was made."""

    id: CheckId
    room_id: RoomId
    at_ms: int
    is_auto: bool
    figures: CheckFigures
    verdict: Verdict


def with_devices(check: RoomCheck, earlier: Sequence[RoomCheck], policy: LinkPolicy) -> RoomCheck:
    """Judged with what earlier checks (newest first) found within a week of the devices that this
    one skipped: what a person found is not undone by a check that looked at nothing."""
    at_ms = check.at_ms
    near = [one.figures for one in earlier if at_ms - OLD_AFTER_MS <= one.at_ms <= at_ms]
    known = [check.figures, *near]
    figures = replace(
        check.figures,
        camera=_newest_seen([one.camera for one in known]),
        microphone=_newest_seen([one.microphone for one in known]),
        echo=_newest_seen([one.echo for one in known]),
    )
    return replace(check, verdict=verdict_of(figures, policy))


def _newest_seen(parts: Sequence[Part]) -> Part:
    return next((part for part in parts if part is not Part.SKIPPED), Part.SKIPPED)


def verdict_of(figures: CheckFigures, policy: LinkPolicy) -> Verdict:
    """What the figures mean for this room, whose policy holds in lessons too."""
    unseen = tuple(_devices(figures, [Part.SKIPPED]))
    if figures.way is CheckWay.NONE or figures.down_bps is None:
        problems = (Problem.NO_MEDIA, *_of_devices(figures))
        return Verdict(None, Sends.NOTHING, problems, Readiness.NOT_READY, unseen)
    level = level_of(figures.down_bps, figures.loss_down or 0.0, policy)
    sends = _sends_of(figures.up_bps)
    found = _of_link(figures, sends, policy) | set(_of_devices(figures))
    problems = tuple(problem for problem in Problem if problem in found)
    return Verdict(level, sends, problems, _readiness(level, sends, problems), unseen)


def level_of(down_bps: int, loss: float, policy: LinkPolicy) -> LadderLevel | None:
    """The highest level that fits."""
    most_bps = down_bps if policy.most_kbps is None else min(down_bps, 1000 * policy.most_kbps)
    fits = [level for level, needed in LEVEL_NEEDS_BPS.items() if needed <= most_bps]
    level = fits[-1] if fits else None
    if level is None or level.rank <= LadderLevel.SLIDES.rank:
        return level
    has_no_pictures = policy.is_voice_and_slides or loss >= HEAVY_LOSS
    return LadderLevel.SLIDES if has_no_pictures else level


def _sends_of(up_bps: int | None) -> Sends:
    fits = [sends for sends, needed in _SENDS_NEED_BPS.items() if needed <= (up_bps or 0)]
    return fits[-1] if fits else Sends.NOTHING


def _of_link(figures: CheckFigures, sends: Sends, policy: LinkPolicy) -> set[Problem]:
    found = set()
    if _is_thin_down(figures, policy):
        found.add(Problem.THIN_DOWN)
    if sends is not Sends.VIDEO:
        found.add(Problem.THIN_UP)
    if max(figures.loss_down or 0.0, figures.loss_up or 0.0) >= NOTABLE_LOSS:
        found.add(Problem.LOSS)
    if figures.way is not CheckWay.UDP:
        found.add(Problem.TCP)
    if (figures.round_trip_ms or 0) >= FAR_MS:
        found.add(Problem.FAR)
    return found


def _is_thin_down(figures: CheckFigures, policy: LinkPolicy) -> bool:
    """The link itself; where an administrator wants less, a wider line is no advice."""
    down_bps, loss = figures.down_bps or 0, figures.loss_down or 0.0
    if policy.most_kbps is not None and down_bps >= TO_THE_LIMIT * 1000 * policy.most_kbps:
        return loss >= HEAVY_LOSS
    level = level_of(down_bps, loss, NO_POLICY)
    return level is None or level.rank < LadderLevel.LOW_VIDEO.rank


def _of_devices(figures: CheckFigures) -> list[Problem]:
    fine = (Part.GOOD, Part.SKIPPED)
    return _devices(figures, [part for part in Part if part not in fine])


def _devices(figures: CheckFigures, parts: Collection[Part]) -> list[Problem]:
    found = {
        Problem.MICROPHONE: figures.microphone,
        Problem.ECHO: figures.echo,
        Problem.CAMERA: figures.camera,
    }
    return [problem for problem, part in found.items() if part in parts]


def _readiness(level: LadderLevel | None, sends: Sends, problems: Sequence[Problem]) -> Readiness:
    if level is None or level is LadderLevel.VOICE or sends is Sends.NOTHING:
        return Readiness.NOT_READY
    is_well = all(problem in _MINOR for problem in problems)
    return Readiness.READY if is_well else Readiness.LIMITED


# ---- when a room checks itself -------------------------------------------------------------------

DAY_MS = 86_400_000
BEFORE_FROM_MS = 30 * 60_000
BEFORE_UNTIL_MS = 10 * 60_000
"""Of a lesson's start: soon enough to be about it, early enough to do something."""
SPREAD = 0.8
"""Of a window, over which rooms that share a lesson are spread."""


@dataclass(frozen=True, slots=True)
class CheckSlot:
    """When a room's page is to check the room by itself, once."""

    name: str
    from_ms: int
    until_ms: int


def slots_of(
    room_id: RoomId, lessons: Collection[Lesson], done: Collection[str], now_ms: int
) -> list[CheckSlot]:
    """For each planned lesson: at its hour of the day before, and shortly before it starts."""
    planned = [lesson for lesson in lessons if lesson.state is LessonState.SCHEDULED]
    slots = [
        _spread(room_id, slot)
        for lesson in planned
        if not lesson.is_adhoc
        for slot in _slots_of_lesson(lesson)
        if slot.name not in done
    ]
    ahead = [slot for slot in slots if now_ms < slot.until_ms]
    return sorted(ahead, key=lambda slot: slot.from_ms)


def _slots_of_lesson(lesson: Lesson) -> list[CheckSlot]:
    start_ms = lesson.scheduled_start_ms
    eve_ms, lasts_ms = start_ms - DAY_MS, lesson.duration_minutes * 60_000
    return [
        CheckSlot(f"{lesson.id}:eve", eve_ms, eve_ms + lasts_ms),
        CheckSlot(f"{lesson.id}:before", start_ms - BEFORE_FROM_MS, start_ms - BEFORE_UNTIL_MS),
    ]


def _spread(room_id: RoomId, slot: CheckSlot) -> CheckSlot:
    """Each room at its own moment of the window, the same one each time it is asked."""
    share = crc32(f"{room_id} {slot.name}".encode()) / 2**32
    later_ms = int((slot.until_ms - slot.from_ms) * SPREAD * share)
    return CheckSlot(slot.name, slot.from_ms + later_ms, slot.until_ms)
