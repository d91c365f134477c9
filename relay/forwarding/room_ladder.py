"""One subscriber's ladder: voice, slides and ink, low video, high video, screen video.

What its link can take is spent from the left: voice is never asked, slides and ink have their part
reserved, pictures get the rest. What does not fit is dropped from the right, at once; it is climbed
back after proof (`climbing`). An administrator's policy and heavy loss keep pictures away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.forwarding.allocation import Budget, Offered, allocate
from relay.forwarding.climbing import Climbing
from relay.forwarding.data_reserve import DataReserve
from relay.forwarding.ladder import Choice
from relay.forwarding.picture_copies import protected
from streamsvc.base.media import LadderLevel, PictureProfile, Slot
from streamsvc.base.sessions import HeldBy, LadderPlace, LinkPolicy

HEAVY_LOSS = 0.3
"""Pictures at such a loss are frozen most of the time, and their repairs are in the voice's way."""
LIGHTER_LOSS = 0.2
HEAVY_AFTER_SECONDS = 6.0
LIGHTER_AFTER_SECONDS = 20.0
UNKNOWN_AFTER_SECONDS = 60.0
"""While nothing flows of which a loss could be told."""
AT_CAP_SHARE = 0.95
"""An estimate so near the administrator's cap is held by that, and not by the link."""


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a subscriber's link."""

    bps: int
    is_guess: bool
    fraction_lost: float = 0.0
    fell_at: float = float("-inf")
    proved_at: float = float("-inf")
    is_loss_known: bool = True
    is_braking: bool = False
    """It was sent several times what it takes, and its queue is full of that."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What else bears on a choice."""

    voice_bps: int
    most_picture_bps: int
    """As the server can bear."""
    most_server_bps: int
    """As it could bear if it were idle."""
    profile: PictureProfile
    are_pictures_copied: bool = False
    """They go out twice where there is room."""
    is_smallest_only: bool = False
    """The radio is too bad for larger ones."""
    is_refused: bool = False
    """A picture is missing that the server would make if it were less busy."""


class RoomLadder:
    """`choose` whenever there is news of a subscriber or a source; `place` says what came of it."""

    def __init__(self, policy: LinkPolicy, now: float) -> None:
        self.policy = policy
        self.data = DataReserve(now)
        self.picture_bps: int | None = None
        """What its link has beside voice, slides and ink; None before it was looked at."""
        self.is_short = False
        """Whether a better link would be sent more."""
        self._climbing: dict[Slot, Climbing] = {}
        self._offered: Sequence[Offered] = ()
        self._held_by = HeldBy.LINK
        self._is_heavy = False
        self._loss_changed_at: float | None = None
        self._loss_known_at = float("-inf")

    def choose(
        self, offered: Sequence[Offered], link: Link, beside: Beside, now: float
    ) -> dict[Slot, Choice | None]:
        """What to forward in each slot."""
        self._watch_loss(link, now)
        self._offered = offered
        left_bps = link.bps - beside.voice_bps - self.data.bps(link.bps, now)
        self.picture_bps = left_bps
        budget_bps = min(left_bps, beside.most_picture_bps)
        budget = Budget(budget_bps, self.is_guess(is_link_guessed=link.is_guess))
        safe = protected(
            offered,
            are_copied=beside.are_pictures_copied,
            is_smallest_only=beside.is_smallest_only,
        )
        wanted = allocate(safe, budget, beside.profile)
        best = allocate(offered, Budget(beside.most_server_bps), beside.profile)
        if self._is_heavy:
            wanted = dict.fromkeys(wanted)
        self.is_short = wanted != best and not self.policy.is_voice_and_slides
        self._held_by = self._holder(link, beside, left_bps)
        targets = self._climbed(offered, wanted, link, now)
        # what a word alone withholds comes back at that word: its link had no part in it
        is_withheld = link.is_braking or self.policy.is_voice_and_slides
        return dict.fromkeys(targets) if is_withheld else targets

    def is_guess(self, *, is_link_guessed: bool) -> bool:
        """Whether neither its link nor its administrator has said yet how much it may be."""
        return is_link_guessed and self.policy.most_kbps is None

    def _climbed(
        self,
        offered: Sequence[Offered],
        wanted: Mapping[Slot, Choice | None],
        link: Link,
        now: float,
    ) -> dict[Slot, Choice | None]:
        filled = {entry.slot: entry.steps for entry in offered if entry.steps}
        climbing = {slot: self._climbing.get(slot) or Climbing() for slot in filled}
        self._climbing = climbing
        return {
            entry.slot: climbing[entry.slot].allowed(
                entry.steps,
                wanted[entry.slot],
                now,
                fell_at=link.fell_at,
                proved_at=link.proved_at,
            )
            if entry.slot in climbing
            else None
            for entry in offered
        }

    @property
    def place(self) -> LadderPlace:
        """By what goes out now."""
        flows = {entry.slot: entry for entry in self._offered if entry.steps}
        lead, screen = flows.get(Slot.LEAD), flows.get(Slot.SCREEN)
        top = LadderLevel.SLIDES if lead is None else LadderLevel.HIGH_VIDEO
        if screen is not None:
            top = LadderLevel.SCREEN_VIDEO
        return LadderPlace(_level(lead, screen), top, self._held_by)

    def _watch_loss(self, link: Link, now: float) -> None:
        """Pictures stop at a loss that lasts, and come back when it is over for longer. Reports are
        lost as well, and for a while nothing is known: that is no end of it."""
        lost = link.fraction_lost
        if not self._is_heavy:
            if not link.is_loss_known:
                return
            if now - self._loss_known_at > HEAVY_AFTER_SECONDS:
                self._loss_changed_at = None
            self._loss_known_at = now
        is_lighter = lost < LIGHTER_LOSS or not link.is_loss_known
        is_other = is_lighter if self._is_heavy else lost >= HEAVY_LOSS
        if not is_other:
            self._loss_changed_at = None
            return
        if self._loss_changed_at is None:
            self._loss_changed_at = now
        lighter_after = LIGHTER_AFTER_SECONDS if link.is_loss_known else UNKNOWN_AFTER_SECONDS
        lasts = lighter_after if self._is_heavy else HEAVY_AFTER_SECONDS
        if now - self._loss_changed_at >= lasts:
            self._is_heavy, self._loss_changed_at = not self._is_heavy, None

    def _holder(self, link: Link, beside: Beside, left_bps: int) -> HeldBy:
        policy = self.policy
        is_at_cap = (
            policy.most_kbps is not None and link.bps >= AT_CAP_SHARE * 1000 * policy.most_kbps
        )
        if policy.is_voice_and_slides or is_at_cap:
            return HeldBy.SETTING
        is_busy = beside.most_picture_bps < min(beside.most_server_bps, left_bps)
        return HeldBy.SERVER if is_busy or beside.is_refused else HeldBy.LINK


def _level(lead: Offered | None, screen: Offered | None) -> LadderLevel:
    """The highest level that is reached with all those before it."""
    if lead is not None and lead.current is None:
        return LadderLevel.SLIDES
    if lead is not None and not _is_high(lead):
        return LadderLevel.LOW_VIDEO
    if screen is not None and screen.current is not None:
        return LadderLevel.SCREEN_VIDEO
    return LadderLevel.SLIDES if lead is None else LadderLevel.HIGH_VIDEO


def _is_high(lead: Offered) -> bool:
    """Larger than the smallest, or all of the only one."""
    smallest, largest = lead.steps[0].choice.rid, lead.steps[-1].choice.rid
    if smallest == largest:
        return lead.current_step >= lead.whole_smallest
    return lead.current is not None and lead.current.rid != smallest
