"""How much of what a link loses is its own, and not for being sent too much.

A link that drops what is too much without a queue loses nothing any more once it is sent what
arrived; a bad radio loses the same share of that. So a fall of an estimate for loss alone is a
trial: where it has not helped, it is taken back, and so much loss is no reason for another. Losses
come in bursts, so means are compared and not single seconds. A link can be both: what is lost above
the radio's share, and not any more after a fall, was too much.
"""

import math
from enum import Enum, auto

SILENT_SECONDS = 2.0
"""From a fall: reports still speak of what was sent before."""
LATE_SECONDS = 4.0
"""What is lost no more by then was no radio's: the link has changed meanwhile."""
TRIAL_SECONDS = 6.0
LONGEST_SECONDS = 12.0
"""Without an answer by then, there is none."""
ANSWERING_PACKETS = 20
"""Of fewer, many may be lost by chance, or lie in the queue of before."""
HELPED_SHARE = 0.35
"""Of the loss before; where there is less now, the fall has helped. A fall follows the worst
seconds, and those after them are better anyhow."""
GUESS_HELPED_SHARE = 0.6
"""After a fall of what was never more than a guess: too much is likelier than a bad radio."""
MARGIN = 0.15
"""Some seconds of a radio have so much more than others: losses come in bursts."""
MOST_SHARE = 0.5
"""Over a link that loses more than every second packet, less is sent whosever fault it is."""
KNOWN_SHARE = 0.03
"""Of a radio that loses less, the last seconds tell more than the mean."""
MEAN_SECONDS = 4.0
"""Shorter, and bursts count as more; longer, and a link that throws away what is too much, without
a queue, is found out late."""
FORGET_SECONDS = 120.0


class Verdict(Enum):
    """On a fall for loss alone."""

    HELPED = auto()
    RADIO = auto()
    """It has not helped, and is to be taken back."""
    FULL = auto()
    """It was not enough: still more is sent than arrives."""


class _Losses:
    """What was lost of how much; older reports weigh less, if they do."""

    def __init__(self) -> None:
        self.expected = self._lost = 0.0

    def add(self, expected: int, lost: int, kept: float = 1.0) -> None:
        self.expected = kept * self.expected + expected
        self._lost = kept * self._lost + lost

    @property
    def share(self) -> float:
        return self._lost / self.expected if self.expected else 0.0


class RadioLoss:
    """One link's: `begin` with a fall for loss alone, `judge` with each report."""

    def __init__(self) -> None:
        self.share = 0.0
        """0 to 1: so much was lost however little was sent."""
        self.is_tried = False
        """Whether it is not known yet what the last fall has done."""
        self.bps_before = 0
        """What the estimate was before the last fall."""
        self._lately, self._since, self._late = _Losses(), _Losses(), _Losses()
        self._helped_share = HELPED_SHARE
        self._loss_before = 0.0
        self._began_at = 0.0
        self._judged_at: float | None = None

    @property
    def lately(self) -> float:
        """Share lost in the last seconds, more or less, however little was reported."""
        return self._lately.share

    @property
    def _known(self) -> float:
        """No more than this has the radio's share as its reason."""
        return self.share + MARGIN / 2 if self.share else 0.0

    @property
    def most(self) -> float:
        """More than this is not the radio's alone; 0 as long as nothing is known of one."""
        return self.share + MARGIN if self.share else 0.0

    def is_worse(self, loss: float, usual: float) -> bool:
        """Whether so much in the last seconds is more than is `usual`, and than its own bursts."""
        lately = self._lately.share if self.share >= KNOWN_SHARE else loss
        return min(loss, lately) > max(usual, self.most)

    @property
    def confirming(self) -> float:
        """More than this, with a low estimate of the receiver's, is a full link; 0 as long as
        nothing is known. While a fall is tried, the loss before it may have been the radio's."""
        return max(self.most, self._loss_before if self.is_tried else 0.0)

    def begin(self, bps_before: int, now: float, *, is_guess: bool = False) -> None:
        """The estimate falls from so much, or from what was only guessed."""
        self._helped_share = GUESS_HELPED_SHARE if is_guess else HELPED_SHARE
        self.is_tried, self._began_at = True, now
        self.bps_before, self._loss_before = bps_before, self._lately.share
        self._since, self._late = _Losses(), _Losses()

    def end(self) -> None:
        """Something else has shown that the link is full."""
        self.is_tried = False

    def begin_anew(self) -> None:
        """The link was sent several times what it takes: what was lost of so much would hide for
        long what it loses of the little that it is sent from now on."""
        self.end()
        self._lately = _Losses()

    def judge(
        self, expected: int, lost: int, now: float, *, is_short: bool = False
    ) -> Verdict | None:
        """Of the last fall, once that is known. `is_short`: what the receiver estimates is far
        below what it is sent; a radio that loses packets by itself leaves that near it."""
        self._look(expected, lost, now)
        elapsed = now - self._began_at
        if not self.is_tried or elapsed < SILENT_SECONDS:
            return None
        self._since.add(expected, lost)
        if elapsed >= LATE_SECONDS:
            self._late.add(expected, lost)
        is_answered = self._since.expected >= ANSWERING_PACKETS
        if elapsed < TRIAL_SECONDS or not (is_answered or elapsed >= LONGEST_SECONDS):
            return None
        self.is_tried = False
        loss = self._since.share
        has_helped = loss < max(self._helped_share * self._loss_before, self._known)
        if has_helped or loss > MOST_SHARE or not is_answered:
            return Verdict.HELPED
        if is_short:
            return Verdict.FULL
        self.share = max(self.share, min(loss, 2 * self._late.share))
        return Verdict.RADIO

    def _look(self, expected: int, lost: int, now: float) -> None:
        """A radio gets better, too."""
        elapsed = 0.0 if self._judged_at is None else now - self._judged_at
        self._judged_at = now
        self._lately.add(expected, lost, math.exp(-elapsed / MEAN_SECONDS))
        better = min(0.0, self._lately.share - self.share)
        self.share += better * (1 - math.exp(-elapsed / FORGET_SECONDS))
