"""What is made of a publisher's picture where rooms need smaller ones than it sends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from streamsvc.base.media import Codec


class Profile(StrEnum):
    """Of H.264 (RFC 6184 §8.1); the names are the encoder's."""

    BASELINE = "baseline"
    """Constrained baseline: what every receiver takes."""
    HIGH = "high"
    """Some 1 dB better at the same rate, where the receiver negotiated it."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One lower picture."""

    rid: str
    """Of the layer that it becomes. No publisher's: those are letters and digits (RFC 8851)."""
    lines: int
    """Of the shorter side, at most."""
    bps: int
    """Of the encoded pictures; headers of packets come on top."""
    pictures_per_second: int
    """At most, or up to a quarter more where the source's rate leaves that or the half."""
    preset: str
    """x264's, from `veryfast` on: how much work the rate is worth."""
    profile: Profile = Profile.BASELINE
    codec: Codec = Codec.H264
    """Of VP8 `preset` is libvpx's `cpu-used`, and there is no profile."""


def picture_size(width: int, height: int, lines: int) -> tuple[int, int]:
    """Width and height of a picture brought down to `lines`: even, never larger than it was."""
    scale = min(1.0, lines / min(width, height))
    return _even(width * scale), _even(height * scale)


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)


STEP_DOWN = 0.7
"""A rendition that costs more than this share of a layer that exists is not worth its work."""
HEADROOM = 1.15
"""Headers of packets and repairs."""
FITTING_SHARE = 0.9
"""Of what a room has, a rendition may take this: one begins on no more of a thin link
(`relay/forwarding/allocation.py`)."""
LINGER_SECONDS = 60.0
"""A rendition nobody needs any more is kept for so long: links go up and down."""


IDLE_SECONDS = 5.0
"""One that nobody has needed for so long gives way on a full machine."""


class RoomRate(NamedTuple):
    """What one room has for a picture."""

    bps: int
    is_guess: bool = False
    """Nobody has seen yet what its link takes."""
    codec: Codec | None = None
    """Of the layers it takes; None: the publisher's."""


class RenditionNeed:
    """Which renditions of one publication have to be made now.

    A room needs one when no layer that exists fits into what it can spend on this picture; it gets
    the best that fits, or the least of all where none does. Those between it and the publisher's
    own are made as well: a room whose link is tried out climbs by small steps, and not from the
    least of all to everything. So is the one below: a link that becomes thinner finds it there.

    What was needed is made for a while longer, whatever its publisher sends meanwhile: a camera
    that pauses, or shows a wall for some seconds, would end a transcoder and begin it again.

    Who can't decode what the publisher sends needs a rendition whatever its layers cost.
    """

    def __init__(self, ladder: Sequence[Rendition], *, is_other_codec: bool = False) -> None:
        """`is_other_codec`: the publisher's layers are nothing for these rooms."""
        self._is_other_codec = is_other_codec
        self._ladder = sorted(ladder, key=lambda rendition: -rendition.bps)
        self._needed_at: dict[str, float] = {}
        self._sure_at = float("-inf")

    def renditions(
        self, layer_bps: Iterable[int], rooms: Iterable[RoomRate], now: float
    ) -> tuple[Rendition, ...]:
        """The largest first. `layer_bps` are the publisher's own live layers, `rooms` those that
        watch this picture (without rooms that get none by choice)."""
        smallest = min(layer_bps, default=0)
        worth = [one for one in self._ladder if self._is_worth(one, smallest)]
        for room in rooms:
            if worth and (self._is_other_codec or room.bps < smallest * HEADROOM):
                least = worth.index(_best_within(worth, room.bps))
                self._needed_at.update((one.rid, now) for one in worth[: least + 2])
                self._sure_at = self._sure_at if room.is_guess else now
        return tuple(one for one in self._ladder if self._is_needed(one, now))

    def _is_worth(self, rendition: Rendition, smallest_bps: int) -> bool:
        return self._is_other_codec or rendition.bps <= smallest_bps * STEP_DOWN

    def is_sure(self, now: float) -> bool:
        """Whether a room needs them, or did of late, whose link was seen to take no more."""
        return now - self._sure_at <= LINGER_SECONDS

    def is_idle(self, now: float) -> bool:
        """Whether nobody needs any now, though they are kept for a while."""
        return all(now - needed_at > IDLE_SECONDS for needed_at in self._needed_at.values())

    def forget(self) -> None:
        """Nothing is kept any longer."""
        self._needed_at.clear()
        self._sure_at = float("-inf")

    def _is_needed(self, rendition: Rendition, now: float) -> bool:
        needed_at = self._needed_at.get(rendition.rid)
        return needed_at is not None and now - needed_at <= LINGER_SECONDS


def _best_within(renditions: Sequence[Rendition], bps: int) -> Rendition:
    fitting = (one for one in renditions if one.bps * HEADROOM <= bps * FITTING_SHARE)
    return next(fitting, renditions[-1])
