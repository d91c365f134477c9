"""The three-part signal (voice, slides, picture) of a room, from what was seen flowing."""

from functools import cache

from signaling.protocol.lesson_views import Level, LinkSignal
from streamsvc.base.sessions import SubscriberFlow

WORSE_AFTER_MS = 2_000
BETTER_AFTER_MS = 3_000
HALF_AT_LOSS = 0.10
"""Share of the voice that is lost when a listener begins to hear it in spite of resending."""


@cache
def link_signal(voice: Level, slides: Level, picture: Level) -> LinkSignal:
    """One of the 27 there are: a thousand rooms look at several each second."""
    return LinkSignal(voice=voice, slides=slides, picture=picture)


NOTHING = link_signal("none", "none", "none")
ALL_WELL = link_signal("full", "full", "full")

_RANK: dict[Level, int] = {"none": 0, "half": 1, "full": 2}


def lesser(report: LinkSignal, flow: LinkSignal) -> LinkSignal:
    """The worse of a room's own word and the relay's, part by part. Of slides only the room knows:
    it has them without the relay, and the relay counts all pictures together."""
    return link_signal(
        _lesser(report.voice, flow.voice), report.slides, _lesser(report.picture, flow.picture)
    )


def flow_signal(flow: SubscriberFlow, *, has_slides: bool) -> LinkSignal | None:
    """What a subscription shows while the lead teacher's media flows; None while its receiver has
    not reported on the voice.

    `has_slides`: a screen is shared; the flow counts all pictures together.
    """
    if flow.voice_packets is None:
        return None
    picture = _level(flow.picture_packets or 0, flow.fraction_lost)
    voice = _level(flow.voice_packets, flow.fraction_lost)
    return link_signal(voice, picture if has_slides else "full", picture)


def _level(packets: int, fraction_lost: float) -> Level:
    if packets == 0:
        return "none"
    return "half" if fraction_lost >= HALF_AT_LOSS else "full"


def _lesser(one: Level, other: Level) -> Level:
    return one if _RANK[one] <= _RANK[other] else other


class SteadyLink:
    """A signal that does not flicker: a part changes only after the new level held for a while."""

    def __init__(self) -> None:
        self.value = NOTHING
        self._pending: dict[str, tuple[Level, int]] = {}

    def jump(self, value: LinkSignal) -> None:
        """Change at once: the room came or went."""
        self.value = value
        self._pending.clear()

    def feed(self, seen: LinkSignal, now_ms: int) -> None:
        """Take one observation."""
        if not self._pending and (seen is self.value or seen == self.value):
            return
        self.value = link_signal(
            self._settled("voice", self.value.voice, seen.voice, now_ms),
            self._settled("slides", self.value.slides, seen.slides, now_ms),
            self._settled("picture", self.value.picture, seen.picture, now_ms),
        )

    def _settled(self, part: str, held: Level, seen: Level, now_ms: int) -> Level:
        if seen == held:
            self._pending.pop(part, None)
            return held
        wanted, since_ms = self._pending.get(part, (seen, now_ms))
        same_way = (_RANK[wanted] < _RANK[held]) == (_RANK[seen] < _RANK[held])
        if not same_way:
            since_ms = now_ms
        self._pending[part] = (seen, since_ms)
        if now_ms - since_ms < (WORSE_AFTER_MS if _RANK[seen] < _RANK[held] else BETTER_AFTER_MS):
            return held
        del self._pending[part]
        return seen
