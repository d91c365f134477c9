"""What one subscriber's link can take, from its own reports.

REMB alone is neither a probe (it stays near what is sent) nor a loss signal (a bad radio lowers it
for nothing), so it counts only when loss confirms it, and no round trip says that nothing waits.
Loss alone with a steady round trip may be a bad radio rather than a full link: it lowers the
estimate only so far, and for good only where that helps (`radio_loss`). The estimate falls by at
most half at a time and climbs by probes (`probing`), where the receiver takes them, once it has
shown that it has a limit; else by trials, each failed trial doubling the wait for the next. It
never exceeds what an administrator allows, so that neither trials nor probes do.
"""

from dataclasses import dataclass

from relay.forwarding.loss_window import LossWindow
from relay.forwarding.probing import LinkNow, probe_seconds
from relay.forwarding.radio_loss import RadioLoss, Verdict
from relay.forwarding.receiver_estimate import ReceiverEstimate
from relay.forwarding.round_trips import (
    FAR_ROUND_TRIP_SECONDS,
    SATELLITE_WANDER,
    RoundTrips,
    Wander,
)
from relay.forwarding.sent_rate import SentRate

START_BPS = 1_200_000
"""A middle layer and a screen; a good link shows itself within seconds."""
FAR_START_BPS = 250_000
"""The smallest picture and the voice. A satellite or an old phone network often has no more; what
it can't take is seen seconds later, and voice waits behind it until then."""
MAX_BPS = 6_000_000
MIN_BPS = 60_000
LOSSY_FLOOR_BPS = 200_000
"""Not lower for loss alone."""
HIGH_LOSS = 0.12
OUTAGE_LOSS = 0.5
OUTAGE_SECONDS = 2.5
"""So much loss for less than this is a link that was gone, not one that is full."""
SATELLITE_HIGH_LOSS = 0.2
SATELLITE_OUTAGE_SECONDS = 5.0
"""Clouds and handovers."""
OVERRUN_PACKETS = 20
"""Fewer may all be lost by chance."""
OVERRUN_REMB_SHARE = 0.5
ARRIVED_REMB_SHARE = 0.5
"""A report of an overrun tells of a few packets, of which more may be lost than of most; the
receiver's estimate is late, but not by more than this."""
ASKED_PACKETS = 3
"""Fewer may be missing by chance."""
STILL_PACKETS = 10
STILL_LOSS = 0.6
"""Of so many at least: the first fall was not enough."""
OVERRUN_SECONDS = 4.0
"""So long reports still tell of one."""
BRAKE_SECONDS = 1.0
"""After an overrun: a full queue of old pictures empties, and voice gets through."""
NEW_SECONDS = 3.0
"""From the first report: so soon nothing was gone yet, but the guess may be far too much."""
CONFIRMING_LOSS = 0.08
REMB_SHARE = 0.7
"""A REMB below this share of what is sent says that the link is full."""
SHORT_REMB_SHARE = 0.85
SHORT_LOSS = 0.25
"""A REMB that is lower by less says so, too, where so much is lost and some round trip of late was
so much longer: a full link that drops most reports leaves few that tell of its queue."""
TRIED_REMB_SHARE = 0.75
"""A fall for loss alone goes no lower than what bad radios carry: a link that takes still less goes
on losing, and REMB tells it from those: 0.8 of what was sent and more at 20 and 40 % loss."""
DENTED_SECONDS = 12.0
"""From an overrun: REMB fell to what arrived of it, and grows back by a twelfth a second."""
OLD_SECONDS = 8.0
"""From a fall: reports may still speak of before, since browsers tell of voice alone every 5 s."""
EMPTYING_SECONDS = 4.0
"""From a fall: a thin link takes so long to empty its queue, and to tell of it."""
OLD_SHARE = 0.75
"""Of the estimate; who is sent less than this has filled no queue since."""
FIRST_HOLD_SECONDS = 1.5
"""Between climbs until the estimate falls for the first time."""
HOLD_SECONDS = 5.0
MAX_HOLD_SECONDS = 120.0
CLIMB = 1.5
NEAR_CLIMB = 1.15
"""From near what was too much a while ago: a link that fell seldom takes half as much again."""
NEAR_SHARE = 0.85
REMEMBERED_SECONDS = 120.0
DISPROVED_SHARE = 1.1
"""What comes through above what was too much: the link has become another."""
PACE_OF_GUESS = 2.5
"""What can wait is sent at so many times a link that was never full; browsers do the same."""
PACE_OF_LIMIT = 1.1
"""And of one that was: the estimate is a little below what arrived, and what is more waits in front
of the voice."""
PACE_OF_FAR = 1.0
OWN_QUEUE_SECONDS = 3.0
"""From the end of a probe of a link that carries voice alone: its queue empties, and reports tell
of it. Such a probe has a verdict of its own; falling for its queue to what flowed beside it took
rooms of 150 kbit/s down to the least there is. A longer queue than the probe makes on a link that
takes what was believed is none of its own."""
_BACKOFF = 0.85
_LEAST_FALL = 0.5
_SETTLE_SECONDS = 2.0
_TRIAL_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Normal:
    """What is nothing unusual on a kind of link."""

    high_loss: float = HIGH_LOSS
    outage_seconds: float = OUTAGE_SECONDS


SATELLITE = Normal(SATELLITE_HIGH_LOSS, SATELLITE_OUTAGE_SECONDS)


class Downlink:
    """Feed reports as they come; read `bps`, `round_trip`."""

    def __init__(self, now: float) -> None:
        self.bps = START_BPS
        self.most_bps = MAX_BPS
        """As an administrator allows."""
        self.fell_at = self.proved_at = float("-inf")
        """When the estimate fell last, and when a probe came through that raised it."""
        self._normal = Normal()
        self._round_trips = RoundTrips()
        self._sent = SentRate()
        self._remb = ReceiverEstimate(now)
        self.has_fallen = False
        """Whether something was ever seen that the link could not take; before, `bps` is a guess
        that grows."""
        self.is_far = False
        """Its handshake took so long that it began small."""
        self._loss = LossWindow()
        self._radio = RadioLoss()
        self._changed_at = now
        self._hold = FIRST_HOLD_SECONDS
        self._reported_at = float("-inf")
        self._climbed_at = float("-inf")
        self._mostly_lost_since: float | None = None
        self._first_at = float("inf")
        self._overrun_at = self._brakes_until = float("-inf")
        self._too_much_bps = float("inf")
        """The estimate before it fell last. Others may have taken the room then, such as a page
        that loads; a probe that failed says more."""
        self._probe_failed_at = float("-inf")
        self._own_queue_until = float("-inf")
        self._own_queue_seconds = 0.0

    def limit(self, most_bps: int | None, *, is_satellite: bool) -> None:
        """What an administrator allows, and what kind of link she says it is."""
        self.most_bps = MAX_BPS if most_bps is None else min(MAX_BPS, most_bps)
        self._normal = SATELLITE if is_satellite else Normal()
        self._round_trips.wander = SATELLITE_WANDER if is_satellite else Wander()
        if is_satellite and not self.has_fallen and not self._round_trips.is_measured:
            self.is_far = True
            self.bps = min(self.bps, FAR_START_BPS)
        self.bps = min(self.bps, self.most_bps)

    def handshake_took(self, round_trip: float) -> None:
        """So many seconds there and back, when nothing was sent yet that could queue."""
        self._round_trips.handshake_took(round_trip)
        if round_trip > FAR_ROUND_TRIP_SECONDS:
            self.is_far = True
            self.bps = min(self.bps, FAR_START_BPS)

    def moved(self) -> None:
        """The peer has another address: a longer way from there is no queue."""
        self._round_trips.moved()

    @property
    def round_trip(self) -> float:
        """Seconds, smoothed; a guess until the first report."""
        return self._round_trips.smoothed

    @property
    def is_measured(self) -> bool:
        """Whether a round trip was ever measured."""
        return self._round_trips.is_measured

    @property
    def has_queue(self) -> bool:
        """Its round trip has grown and does not shrink."""
        return self._round_trips.has_queue(self.bps)

    @property
    def is_filling(self) -> bool:
        """There may be a queue: too little to send less for, and enough not to send more."""
        return self._round_trips.is_filling

    @property
    def has_limit(self) -> bool:
        """Whether more than the estimate is known, or likely, to be too much."""
        return self.has_fallen or self.is_far

    @property
    def pace_bps(self) -> int:
        """For what can wait: a first picture, a key frame, repairs."""
        guessed = PACE_OF_FAR if self.is_far else PACE_OF_GUESS
        share = PACE_OF_LIMIT if self.has_fallen else guessed
        return int(min(self.bps * share, self.most_bps))

    def remb(self, bitrate_bps: int, now: float) -> None:
        """The receiver's own estimate."""
        self._remb.told(bitrate_bps, now)

    def round_trips(self, smoothed: float, least: float) -> None:
        """Round trips that were measured and smoothed elsewhere, in seconds."""
        self._round_trips.measured(smoothed, least)
        if self.is_far and (self._round_trips.least or 0.0) < FAR_ROUND_TRIP_SECONDS / 2:
            self.is_far = False  # its handshake was slow, not its link
            if not self.has_fallen:
                self.bps = min(self.most_bps, max(self.bps, START_BPS))

    def reported(
        self, expected: int, lost: int, sent_bps: int, now: float, *, longest: float | None = None
    ) -> bool:
        """Packets a report speaks of, and how many the link lost; True if the estimate fell.
        `longest`: the longest round trip that it measured, None if it does not say, 0 where it
        knows no new report of ours: those are stuck in a queue, and that all seems well is no
        reason to climb."""
        is_first_since = self._reported_at <= self.fell_at
        if longest is None or longest > 0:
            self._reported_at = now
        self._sent.note(sent_bps, now)
        if longest:
            self._round_trips.reported(longest, now)
        self._first_at = min(self._first_at, now)
        is_mostly_lost = lost > OUTAGE_LOSS * expected
        if self._is_still_overrun(expected, lost, now):
            return self._fall(max(MIN_BPS, int((self._remb.last_bps or 0) * _BACKOFF)), now)
        is_enough = expected >= OVERRUN_PACKETS
        if is_mostly_lost and is_enough and self._is_beyond(longest, sent_bps, now):
            return self._overrun(expected, lost, sent_bps, now)
        if not self._is_outage(is_mostly_lost, now):
            self._loss.add(expected, lost, now)
            if self._has_not_helped(expected, lost, sent_bps, now):
                return self._fall(max(MIN_BPS, self._fallen(sent_bps, now)), now)
        floor = self._floor(sent_bps, now)
        is_old = is_first_since and self._is_old(now)
        if floor is None or now - self._changed_at < _SETTLE_SECONDS or is_old:
            return False
        if self._is_emptying(sent_bps, now):
            return False
        if floor == MIN_BPS:
            self._radio.end()
        else:
            if self._radio.is_tried:
                return False
            has_waited = self._round_trips.has_waited(now)
            is_guess = self.is_far and not self.has_fallen and has_waited
            self._radio.begin(self.bps, now, is_guess=is_guess)
            if self.bps <= LOSSY_FLOOR_BPS and not is_guess:
                return False  # nothing is changed, and seen whether it goes on
            floor = MIN_BPS if is_guess else floor
        is_failed_trial = now - self._climbed_at < _TRIAL_SECONDS
        self._hold = min(MAX_HOLD_SECONDS, max(HOLD_SECONDS, self._hold * (1 + is_failed_trial)))
        return self._fall(max(floor, self._fallen(sent_bps, now)), now)

    def _is_old(self, now: float) -> bool:
        """Whether the first report since the last fall tells of what was sent before it: so little
        as since then was not too much."""
        return now - self.fell_at < OLD_SECONDS and self._sent.most_bps < OLD_SHARE * self.bps

    def _is_emptying(self, sent_bps: int, now: float) -> bool:
        """Whether so little is sent since the last fall that a queue can't be of that."""
        return now - self.fell_at < EMPTYING_SECONDS and sent_bps < OLD_SHARE * self.bps

    def _has_not_helped(self, expected: int, lost: int, sent_bps: int, now: float) -> bool:
        """Whether the last fall for loss alone was not enough; one for a bad radio's loss is taken
        back."""
        is_short = self._is_short(sent_bps, now)
        verdict = self._radio.judge(expected, lost, now, is_short=is_short)
        if verdict is Verdict.RADIO:
            self._take_back(self._radio.bps_before, now)
        return verdict is Verdict.FULL

    def _is_short(self, sent_bps: int, now: float) -> bool:
        """Whether the receiver estimates far less than it was sent all the time of late."""
        remb = self._remb.fresh(now)
        if now - self._overrun_at < DENTED_SECONDS:
            return False
        return remb is not None and remb < TRIED_REMB_SHARE * self._sent.steady_bps(sent_bps)

    def _take_back(self, before_bps: int, now: float) -> None:
        """A fall for loss alone that has not helped."""
        self.bps = max(self.bps, min(self.most_bps, before_bps))
        self._too_much_bps = float("inf")
        self._changed_at = self.proved_at = now

    def _fall(self, bps: int, now: float) -> bool:
        has_fallen = bps < self.bps
        self._too_much_bps = float(self.bps) if has_fallen else self._too_much_bps
        self.bps = min(self.bps, bps)
        self.has_fallen |= has_fallen
        self.fell_at = now if has_fallen else self.fell_at
        self._changed_at = now
        return has_fallen

    def _is_beyond(self, longest: float | None, sent_bps: int, now: float) -> bool:
        """Whether what arrived had waited in a full queue: a link that was gone has none. Our own
        reports, which measure it, are mostly lost then, too; the receiver's estimate tells as well.
        The first report of all is about a guess."""
        if not self.has_fallen and now - self._first_at < NEW_SECONDS:
            return True
        remb = self._remb.fresh(now)
        if remb is not None and remb < OVERRUN_REMB_SHARE * self._sent.steady_bps(sent_bps):
            return True
        return self._round_trips.is_long(longest or 0.0, self.bps)

    def _overrun(self, expected: int, lost: int, sent_bps: int, now: float) -> bool:
        """Several times what the link takes: down at once to what arrives, however far that is.
        What was lost on the way there says nothing about the link after it."""
        if now - self._overrun_at < _SETTLE_SECONDS:
            return False  # it tells of before
        arrived, remb = sent_bps * (1 - lost / expected), self._remb.fresh(now)
        if remb is not None:
            arrived = min(remb, max(arrived, ARRIVED_REMB_SHARE * remb))
        return self._brake(arrived, now)

    def _brake(self, arrived_bps: float, now: float) -> bool:
        self._radio.begin_anew()
        self._overrun_at = now
        self._mostly_lost_since = None
        self._loss = LossWindow()
        self._brakes_until = now + BRAKE_SECONDS
        return self._fall(max(MIN_BPS, int(arrived_bps * _BACKOFF)), now)

    def asked(self, packets: int, sent_bps: int, now: float) -> bool:
        """It asks for so many that are missing; True if the estimate fell. Where its own estimate
        falls far below what is sent, too, on a link that lost nothing, that is an overrun, known
        half a second before reports tell of one. An estimate that was never higher still grows."""
        remb = self._remb.fresh(now)
        is_overrun = (
            packets >= ASKED_PACKETS
            and remb is not None
            and remb < OVERRUN_REMB_SHARE * min(self._sent.steady_bps(sent_bps), sent_bps)
            and remb < OVERRUN_REMB_SHARE * self._remb.peak_bps
            and self._loss.fraction(now) < CONFIRMING_LOSS
            and now - self._overrun_at >= OVERRUN_SECONDS
        )
        return is_overrun and self._brake(remb or 0, now)

    def _is_still_overrun(self, expected: int, lost: int, now: float) -> bool:
        """The receiver's estimate goes on falling for a while after the first report. A radio that
        loses two of five loses more than half of a few packets now and then."""
        is_new = self._remb.at > self._overrun_at and now - self._overrun_at < OVERRUN_SECONDS
        is_most = expected >= STILL_PACKETS and lost > STILL_LOSS * expected
        return is_new and is_most and (self._remb.fresh(now) or MAX_BPS) < self.bps

    def is_braking(self, now: float) -> bool:
        """Whether nothing but voice should be sent, for a moment."""
        return now < self._brakes_until

    def was_well(self, expected: int, now: float) -> None:
        """Packets of the two seconds before that nobody told of, because hardly any was lost."""
        for seconds in (2.0, 1.0):
            self._loss.add(expected // 2, 0, now - seconds)

    def is_settled(self, now: float, seconds: float) -> bool:
        """Whether it won't climb within the next seconds even if all is well."""
        return self.bps >= self.most_bps or now + seconds < self._changed_at + self._hold

    def _is_outage(self, is_mostly_lost: bool, now: float) -> bool:
        """A link that loses most of what it gets was gone for a moment, or is far too small: that
        shows when it goes on."""
        if not is_mostly_lost:
            self._mostly_lost_since = None
            return False
        if self._mostly_lost_since is None:
            self._mostly_lost_since = now
        return now - self._mostly_lost_since < self._normal.outage_seconds

    def _floor(self, sent_bps: int, now: float) -> int | None:
        """How low the estimate may fall for what is seen now; None if all is well."""
        loss, remb = self._loss.fraction(now), self._remb.fresh(now)
        share = float("inf") if remb is None else remb / max(1, self._sent.steady_bps(sent_bps))
        is_lost = loss > max(CONFIRMING_LOSS, self._radio.confirming)
        is_full = share < REMB_SHARE and is_lost and self._round_trips.may_wait(now)
        is_short = share < SHORT_REMB_SHARE and loss > max(SHORT_LOSS, self._radio.most)
        is_own = now < self._own_queue_until
        is_own &= self._round_trips.longest_wait(now) <= self._own_queue_seconds
        has_queue = self.has_queue and not is_own
        if has_queue or is_full or (is_short and self._round_trips.has_waited(now)):
            return MIN_BPS
        is_worse = self._radio.is_worse(loss, self._normal.high_loss)
        return LOSSY_FLOOR_BPS if is_worse else None

    def _fallen(self, sent_bps: int, now: float) -> int:
        """Over a radio known to be bad, who is sent far less than the estimate has not filled the
        link alone: others share it, or it has become far smaller, which the next reports tell. At
        once so little leaves no room for copies of the voice."""
        arrived = int(sent_bps * (1 - self._loss.fraction(now)) * _BACKOFF)
        remb = self._remb.fresh(now)
        wanted = min(arrived, remb) if remb is not None else arrived
        most_bps = self._sent.most_bps
        is_unused = self.has_queue and most_bps < _LEAST_FALL * self.bps
        is_limit_unused = is_unused and self._radio.share > self._normal.high_loss
        return max(wanted, int((self.bps if is_limit_unused else most_bps) * _LEAST_FALL))

    def climb(self, sent_bps: int, now: float) -> None:
        """Call about once a second: a link that was well for a while may try more."""
        next_bps = self.next_bps(sent_bps, now)
        if next_bps is None or now - self._changed_at < self._hold:
            return
        self.bps = next_bps
        self._changed_at = self._climbed_at = now

    def next_bps(self, sent_bps: int, now: float, *, is_alone: bool = False) -> int | None:
        """What a climb would come to; None while the link is not well, or at the top. `is_alone`:
        nothing but voice flows, which has the buffer for half a second of queue."""
        if self.bps >= self.most_bps or self._floor(sent_bps, now) is not None:
            return None
        if self._round_trips.is_slow(self.bps):
            return None
        if self._radio.is_tried:
            return None
        if self._reported_at <= self._changed_at:
            return None
        return min(self.most_bps, self._climbed(now, is_alone=is_alone))

    def _climbed(self, now: float, *, is_alone: bool) -> int:
        far = int(self.bps * CLIMB)
        is_unproved = is_alone and now - self._probe_failed_at > REMEMBERED_SECONDS
        if is_unproved or now - self.fell_at > REMEMBERED_SECONDS:
            return far
        return min(far, int(max(self.bps * NEAR_CLIMB, min(far, self._too_much_bps * NEAR_SHARE))))

    def probe_begins(self, bps: int, now: float) -> None:
        """So much is about to be sent for a moment, beside voice alone."""
        seconds = probe_seconds(bps)
        self._own_queue_until = now + seconds + OWN_QUEUE_SECONDS
        slack = self._round_trips.wander.slack_seconds
        self._own_queue_seconds = (bps / self.bps - 1) * seconds + slack

    def probed(self, bps: int, now: float) -> None:
        """So much was sent for a moment, and arrived."""
        if bps > DISPROVED_SHARE * self._too_much_bps:
            self._too_much_bps = float("inf")
        self.bps = max(self.bps, min(self.most_bps, bps))
        self._changed_at = self.proved_at = now

    def probe_failed(self, bps: int, now: float) -> None:
        """So much for a moment was too much."""
        self._probe_failed_at = now
        if now - self.fell_at <= REMEMBERED_SECONDS:
            self._too_much_bps = min(self._too_much_bps, bps)

    def loss(self, now: float) -> float:
        """0 to 1, over the last seconds."""
        return self._loss.fraction(now)

    def is_loss_known(self, now: float) -> bool:
        """Whether the last seconds' reports say enough: browsers speak of voice alone every 5 s."""
        return self._loss.is_known(now)

    def before_probe(self, now: float) -> LinkNow:
        """What is known of it now."""
        loss, lately = self._loss.fraction(now), self._radio.lately
        if not self.is_loss_known(now) and lately > HIGH_LOSS:
            loss = lately  # of a few percent a probe of voice alone can tell nothing
        return LinkNow(self._round_trips.without_queue, loss, self._remb.fresh(now))
