"""When a picture is made, and when it is left out. Time is the source's, in ticks of 90 kHz."""

from collections import deque
from enum import Enum, IntEnum
from statistics import median

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


MEASURED_PICTURES = 15
LARGEST_ERROR = 0.15
"""Of the rate the encoder was told; beyond, it is told anew."""
STEADY_SECONDS = 10.0
"""From one change of that rate to the next: each costs a key frame."""


class RenditionTurns:
    """One rendition's choice of pictures: so many a second at most, and key frames when asked for
    or when the last one is old. Drive rule: `turn()` for each picture, in order of showing.

    The distance between pictures is kept even: of 25 a second, 12.5 are made for 15, not 15.
    """

    def __init__(self, rendition: Rendition, keyframe_seconds: float) -> None:
        self.rate = float(rendition.pictures_per_second)
        """Pictures a second as the encoder should know it; it shares out its bits by it. Changes
        with a key frame only."""
        self._distance = TICKS_PER_SECOND / rendition.pictures_per_second * (1 - EARLY)
        self._keyframe_distance = keyframe_seconds * TICKS_PER_SECOND
        self._picture_at: int | None = None
        self._keyframe_at = 0
        self._rated_at: int | None = None
        self._is_asked = True
        self._distances: deque[int] = deque(maxlen=MEASURED_PICTURES)

    def ask_for_keyframe(self) -> None:
        """The next picture will be one, also if it would have been skipped for its rate."""
        self._is_asked = True

    def turn(self, ticks: int) -> Turn:
        """Of the picture at this instant of the source."""
        if self._picture_at is not None:
            distance = ticks - self._picture_at
            if distance < self._distance and not self._is_asked:
                return Turn.SKIP
            self._distances.append(distance)
        self._picture_at = ticks
        is_due = ticks - self._keyframe_at >= self._keyframe_distance
        if not (self._is_asked or is_due or self._is_rate_wrong(ticks)):
            return Turn.PICTURE
        self._is_asked = False
        self._keyframe_at = ticks
        return Turn.KEYFRAME

    def _is_rate_wrong(self, ticks: int) -> bool:
        """Whether it was, and is right now."""
        if len(self._distances) < MEASURED_PICTURES:
            return False
        is_early = self._rated_at is not None and (
            ticks - self._rated_at < STEADY_SECONDS * TICKS_PER_SECOND
        )
        rate = TICKS_PER_SECOND / max(1, median(self._distances))
        if is_early or abs(rate / self.rate - 1) <= LARGEST_ERROR:
            return False
        self.rate, self._rated_at = rate, ticks
        return True
