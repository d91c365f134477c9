"""When a slot that was lowered may be raised again, so that nothing swings.

It is lowered at once. It is raised at once only to a layer that has just begun and is far cheaper
than what was refused, or when a probe has proved, after it was lowered, that the link takes more;
otherwise by one layer after the link was steady for a while, and after twice as long each time that
it had to be lowered soon after.
"""

from collections.abc import Sequence

from relay.forwarding.ladder import Choice, Step

STEADY_SECONDS = 20.0
"""Since the link took less for the last time."""
CROWDED_SECONDS = 5.0
"""Since another slot took the room, on a link that had not become less."""
MAX_WAIT_SECONDS = 120.0
TRIAL_SECONDS = 20.0
"""What is lowered so soon after it was raised was raised in error."""
FAR_CHEAPER = 0.6
"""Of what was too dear: that was another layer, which says nothing about this one."""
BLAME_SECONDS = 5.0
"""A link that fell no longer ago is why a slot is lowered."""


class Climbing:
    """One slot of one subscriber: pass each choice through `allowed`."""

    def __init__(self) -> None:
        self._at: Choice | None = None
        self._is_held = False
        self._changed_at = self._climbed_at = float("-inf")
        self._wait = STEADY_SECONDS
        self._refused: Sequence[Step] = ()
        """All there were when nothing could be given."""

    def allowed(
        self,
        steps: Sequence[Step],
        wanted: Choice | None,
        now: float,
        *,
        fell_at: float = float("-inf"),
        proved_at: float = float("-inf"),
    ) -> Choice | None:
        """`wanted`, or less of it; one of `steps` or None. `fell_at`: when the link was last found
        to take less; `proved_at`: when a probe last found that it takes more."""
        ranks = _ranks(steps)
        if wanted is None and steps:
            self._refused = steps
        self._follow(steps, wanted)
        if _rank(ranks, wanted) < _rank(ranks, self._at):
            self._lower(wanted, now, is_link_less=now - fell_at < BLAME_SECONDS)
        elif wanted != self._at:
            self._raise(steps, wanted, now, fell_at, proved_at)
        return self._at

    def _follow(self, steps: Sequence[Step], wanted: Choice | None) -> None:
        """Layers end, and what a temporal layer costs changes."""
        at = self._at
        if at is None or any(step.choice == at for step in steps):
            return
        its = [step.choice for step in steps if step.choice.rid == at.rid]
        below = [choice for choice in its if choice.most_temporal <= at.most_temporal]
        self._at = below[-1] if below else (its[0] if its else wanted)
        self._is_held = self._is_held and bool(its)

    def _lower(self, wanted: Choice | None, now: float, *, is_link_less: bool) -> None:
        least = STEADY_SECONDS if is_link_less else CROWDED_SECONDS
        if now - self._climbed_at < TRIAL_SECONDS:
            self._wait = min(MAX_WAIT_SECONDS, max(least, 2 * self._wait))
        else:
            self._wait = least
        self._at, self._is_held, self._changed_at = wanted, True, now

    def _raise(
        self,
        steps: Sequence[Step],
        wanted: Choice | None,
        now: float,
        fell_at: float,
        proved_at: float,
    ) -> None:
        if not self._is_held:
            self._at = wanted
            return
        is_new = self._is_new(steps, wanted)
        if proved_at > self._changed_at or is_new:
            self._at = wanted
        elif now - max(self._changed_at, fell_at) >= self._wait:
            self._at = _one_layer_up(steps, self._at, wanted)
        else:
            return
        self._is_held = is_new or self._at != wanted  # what is dearer than that was refused
        self._changed_at = self._climbed_at = now

    def _is_new(self, steps: Sequence[Step], wanted: Choice | None) -> bool:
        """Whether a layer begins that is far cheaper than all there were: it was not refused."""
        if self._at is not None or wanted is None or not self._refused:
            return False
        is_known = any(step.choice.rid == wanted.rid for step in self._refused)
        bps = next((step.bps for step in steps if step.choice == wanted), 0)
        return not is_known and 0 < bps <= FAR_CHEAPER * self._refused[0].bps


def _ranks(steps: Sequence[Step]) -> dict[Choice, int]:
    return {step.choice: place for place, step in enumerate(steps)}


def _rank(ranks: dict[Choice, int], choice: Choice | None) -> int:
    """Place among the steps; -1 for nothing, and for what is no step any more."""
    return -1 if choice is None else ranks.get(choice, -1)


def _one_layer_up(steps: Sequence[Step], at: Choice | None, wanted: Choice | None) -> Choice | None:
    """The best step below or at `wanted` that is no further than the next layer."""
    choices = [step.choice for step in steps]
    rids = list(dict.fromkeys(choice.rid for choice in choices))
    next_layer = 0 if at is None else min(len(rids) - 1, rids.index(at.rid) + 1)
    reachable = choices[: choices.index(wanted) + 1] if wanted in choices else []
    near = [choice for choice in reachable if rids.index(choice.rid) <= next_layer]
    return near[-1] if near else wanted
