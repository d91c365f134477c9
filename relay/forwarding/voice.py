"""In which form a subscriber gets the voices: merged where headers weigh, more than once where much
is lost and asking again is not possible, or not enough.

Merging is decided by what the link can take, copies by what it loses. Both have two thresholds and
a time to stay, because a form that swings is worse than the wrong one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from relay.forwarding.round_trips import FAR_ROUND_TRIP_SECONDS

SINGLE = ""
"""The layer as it comes from its publisher."""
MERGED = "+merged"
"""Three packets of 20 ms in one of 60 ms, made by the engine."""
MERGE_BELOW_BPS = 450_000
SINGLE_ABOVE_BPS = 800_000
STAY_SECONDS = 10.0
"""In a form, before less is done for the voice again."""
FULL_SECONDS = 5.0
"""What is lost so soon after the link was full was thrown away by its queue; copies make that
worse."""
MOST_FULL_SECONDS = 12.0
"""A queue is gone by then; what looks like one is a long way that varies."""
FIRST_SECONDS = 60.0
"""Who can't ask gets everything twice so long, until it is known what is lost: of 5 % one packet in
four hundred is missing then, which is one of merged voice in 24 s."""
LEAST_SOUND_BPS = 32_000
"""A voice that pauses speaks again."""
SINGLE_HEADERS_BPS = 28_000
"""Of 50 packets a second."""
MERGED_HEADERS_BPS = 11_000
"""Of 17."""
MOST_SHARE = 0.7
"""Of the link, for all voices with their copies; on a thinner one fewer copies protect better."""
CLOSE_ROUND_TRIP_SECONDS = 0.12
"""What is asked for again over a shorter way comes in time even for who talks."""
SPACING_MS = 90
FAR_SPACING_MS = 300
"""Losses come in bursts. Who listens from so far away has the buffer to let one pass."""
TALKING_WITHIN_MS = 250
"""Who talks plays what comes 300 ms behind. A browser that gets voice later than that plays all of
it later from then on."""
_RISE_SECONDS = 3.0
_FALL_SECONDS = 20.0
_DOUBT_SECONDS = 30.0
"""From a fall of the estimate: what was believed until then may have been a full link's."""
DISPROVED_SHARE = 0.5
"""Of what was believed: over a radio that loses 40 % one report of 37 packets varies by less."""
_MOST_STEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class VoiceLink:
    """What the form is chosen by."""

    bps: int
    fraction_lost: float | None
    """None: nothing new is known."""
    round_trip: float
    """Seconds."""
    has_queue: bool
    """Packets may wait in front of it: what it loses may be what is too much for it."""
    sounds_bps: tuple[int, ...]
    """What each voice that flows takes without headers: 32 kbit/s of speech, or 160 of music."""
    can_ask: bool
    """Its browser asks again for voice that is missing (NACK)."""
    is_talking: bool
    """Somebody here is heard by the others, so what comes from there must not be late."""
    fell_at: float = float("-inf")
    """When less began to be sent, because that was too much."""


@dataclass(frozen=True, slots=True)
class VoiceForm:
    """What the engine is told."""

    is_merged: bool = False
    copies: int = 0
    """Of each packet, beside itself."""
    after_ms: int = SPACING_MS
    """From one copy to the next."""
    within_ms: int = 0
    """Voice that is later is kept back; 0: it is not."""

    @property
    def rid(self) -> str:
        """The layer to forward."""
        return MERGED if self.is_merged else SINGLE

    def bps(self, sounds_bps: Sequence[int]) -> int:
        """What these voices take in all, with headers."""
        headers_bps = MERGED_HEADERS_BPS if self.is_merged else SINGLE_HEADERS_BPS
        each = (max(LEAST_SOUND_BPS, sound_bps) + headers_bps for sound_bps in sounds_bps)
        return (1 + self.copies) * sum(each)


@dataclass(frozen=True, slots=True)
class _Losses:
    """Shares lost from which on a copy is sent, and below which it is not any more."""

    begin: tuple[float, float]
    end: tuple[float, float]


_CANT_ASK = _Losses((0.005, 0.2), (0.002, 0.12))
_ASKS = _Losses((0.12, 0.28), (0.085, 0.18))
_ASKS_IN_VAIN = _Losses((0.01, 0.2), (0.004, 0.12))
"""On stage, and so far away that a repair comes too late."""


class VoiceChoice:
    """One subscriber's: call `choose` whenever there is news, also with the same again."""

    def __init__(self) -> None:
        self.form = VoiceForm()
        self.lost = 0.0
        """Share of packets, as it is believed now; without what a full queue threw away."""
        self._doubted = 0.0
        self._began_at: float | None = None
        self._heard_at = 0.0
        self._changed_at = float("-inf")
        self._full_at = self._full_since = float("-inf")

    def choose(self, link: VoiceLink, now: float) -> VoiceForm:
        """The form from now on."""
        if self._began_at is None:
            self._began_at = self._heard_at = now
        is_overflow = self._is_overflow(link.has_queue, now)
        is_doubted = now - link.fell_at < _DOUBT_SECONDS
        self._hear(None if is_overflow else link.fraction_lost, now, is_doubted=is_doubted)
        is_merged = self._merged(link)
        copies, within_ms = self._copies(link, is_merged, now), _within_ms(link)
        form = VoiceForm(is_merged, copies, _spacing_ms(link), within_ms)
        has_more = form.is_merged > self.form.is_merged or form.copies > self.form.copies
        is_less = form.is_merged < self.form.is_merged or form.copies < self.form.copies
        is_early = now - self._changed_at < STAY_SECONDS and self._fits(self.form, link, now)
        if is_less and not has_more and is_early:
            self.form = replace(self.form, after_ms=form.after_ms, within_ms=within_ms)
            return self.form
        if has_more or is_less:
            self._changed_at = now
        self.form = form
        return form

    def _is_overflow(self, has_queue: bool, now: float) -> bool:
        """Whether what is lost now was most likely thrown away by a full queue."""
        if has_queue:
            was_full = now - self._full_at < FULL_SECONDS
            self._full_since = self._full_since if was_full else now
            self._full_at = now
        is_lately = now - self._full_at < FULL_SECONDS
        return is_lately and now - self._full_since < MOST_FULL_SECONDS

    def _hear(self, fraction_lost: float | None, now: float, *, is_doubted: bool) -> None:
        """Believe in loss soon, in its end slowly."""
        elapsed = min(_MOST_STEP_SECONDS, now - self._heard_at)
        if fraction_lost is None:
            return
        self._heard_at = now
        self._doubted = max(self._doubted, self.lost) if is_doubted else 0.0
        is_disproved = fraction_lost < DISPROVED_SHARE * self._doubted
        is_soon = is_disproved or fraction_lost > self.lost
        seconds = _RISE_SECONDS if is_soon else _FALL_SECONDS
        self.lost += (fraction_lost - self.lost) * (1 - math.exp(-elapsed / seconds))

    def _merged(self, link: VoiceLink) -> bool:
        most = SINGLE_ABOVE_BPS if self.form.is_merged else MERGE_BELOW_BPS
        return link.bps < most

    def _copies(self, link: VoiceLink, is_merged: bool, now: float) -> int:
        losses = _ASKS
        if not link.can_ask:
            losses = _CANT_ASK
        elif link.is_talking and link.round_trip > CLOSE_ROUND_TRIP_SECONDS:
            losses = _ASKS_IN_VAIN
        had = self.form.copies
        copies = sum(
            self.lost > (end if had > n else begin)
            for n, (begin, end) in enumerate(zip(losses.begin, losses.end, strict=True))
        )
        is_first = self._began_at is not None and now - self._began_at < FIRST_SECONDS
        if not link.can_ask and is_first:
            copies = max(copies, 1)
        while copies and not self._fits(VoiceForm(is_merged, copies), link, now):
            copies -= 1
        return copies

    def _fits(self, form: VoiceForm, link: VoiceLink, now: float) -> bool:
        sounds_bps = link.sounds_bps or (LEAST_SOUND_BPS,)
        return not form.copies or form.bps(sounds_bps) <= MOST_SHARE * link.bps


def _spacing_ms(link: VoiceLink) -> int:
    has_time = link.round_trip > FAR_ROUND_TRIP_SECONDS and not link.is_talking
    return FAR_SPACING_MS if has_time else SPACING_MS


def _within_ms(link: VoiceLink) -> int:
    return TALKING_WITHIN_MS if link.is_talking else 0
