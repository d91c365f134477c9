"""When a picture is made, and when it is left out. Time is the source's, in ticks of 90 kHz."""

from enum import Enum, IntEnum

from relay.transcode.plan.renditions import Rendition

TICKS_PER_SECOND = 90_000

LITTLE_LATE_MS = 150.0
LATE_MS = 250.0
TOO_LATE_MS = 400.0
"""Nothing that is given back may be 500 ms behind what came; the rest is for one picture's work."""


class Lateness(IntEnum):
    """What gives way when the machine is slower than the lesson: always whole pictures."""

    NONE = 0
    """Every rendition gets the picture."""
    LITTLE = 1
    """Only the smallest rendition gets it."""
    LATE = 2
    """It is decoded, as those after it refer to it, and nobody gets it."""
    TOO_LATE = 3
    """Everything up to the next key frame is left out; nothing is decoded."""


def lateness(behind_ms: float) -> Lateness:
    """By how long ago the picture that is next came to us."""
    bounds = (LITTLE_LATE_MS, LATE_MS, TOO_LATE_MS)
    return Lateness(sum(behind_ms > bound for bound in bounds))


class Turn(Enum):
    """What becomes of one picture in one rendition."""

    SKIP = "skip"
    PICTURE = "picture"
    KEYFRAME = "keyframe"


EARLY = 0.2
"""A picture that comes by this share of the distance too soon is in time: cameras are uneven, and
12.5 pictures of a source's 25 are better for 10 than 8."""


class RenditionTurns:
    """One rendition's choice of pictures: so many a second at most, and key frames when asked for
    or when the last one is old. Drive rule: `turn()` for each picture, in order of showing.

    The distance between pictures is kept even: of 25 a second, 12.5 are made for 15, not 15.
    """

    def __init__(self, rendition: Rendition, keyframe_seconds: float) -> None:
        self._distance = TICKS_PER_SECOND / rendition.pictures_per_second * (1 - EARLY)
        self._keyframe_distance = keyframe_seconds * TICKS_PER_SECOND
        self._picture_at: int | None = None
        self._keyframe_at = 0
        self._is_asked = True

    def ask_for_keyframe(self) -> None:
        """The next picture will be one, also if it would have been skipped for its rate."""
        self._is_asked = True

    def turn(self, ticks: int) -> Turn:
        """Of the picture at this instant of the source."""
        is_too_soon = self._picture_at is not None and ticks - self._picture_at < self._distance
        if is_too_soon and not self._is_asked:
            return Turn.SKIP
        self._picture_at = ticks
        if not self._is_asked and ticks - self._keyframe_at < self._keyframe_distance:
            return Turn.PICTURE
        self._is_asked = False
        self._keyframe_at = ticks
        return Turn.KEYFRAME
