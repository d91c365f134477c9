"""How often one may try a code or a password. Pure: `now` is monotonic seconds.

A try is counted before it is looked at, and given back when it was right; so a hundred tries sent
at once are counted as a hundred.

Odds of guessing: with `n` live join codes, one try hits with n/1,000,000. Over all addresses a
quarter of an hour (a code's life) admits 60 + 15 x 6 = 150 wrong tries: 0.015 % for one live code,
0.15 % for ten, 3 % for two hundred (a whole county being installed at once); from one address
5 + 15 = 20 tries, 0.002 % for one code. `odds_of_guessing` is this sum.
"""

from collections import OrderedDict
from dataclasses import dataclass

from streamsvc.base.errors import UserError
from streamsvc.school.addresses import network_of
from streamsvc.school.codes import JOIN_CODES

REMEMBERED = 10_000
"""Addresses (or logins) remembered at once; the one unused for longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then so many a minute."""

    burst: int
    per_minute: float


CODE_PER_ADDRESS = Rate(burst=5, per_minute=1)
CODE_OVERALL = Rate(burst=60, per_minute=6)
PASSWORD_PER_ADDRESS = Rate(burst=30, per_minute=10)
"""A school has one address for all its teachers."""
FREE_PASSWORD_TRIES = 5
"""Wrong passwords for one login from one address before the delay grows: 1, 2, 4 ... seconds."""
LONGEST_DELAY_SECONDS = 300.0
FORGET_AFTER_SECONDS = 1800.0
_ROUNDING = 1e-6
"""Of a token: who waits as long as told must not be told to wait again."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket at one instant."""

    tokens: float
    at: float

    def at_time(self, rate: Rate, now: float) -> "Bucket":
        """Refilled until `now`; a clock that stands still refills nothing."""
        gained = max(0.0, now - self.at) * rate.per_minute / 60
        return Bucket(min(float(rate.burst), self.tokens + gained), max(now, self.at))


class Tries:
    """Token buckets by key."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait_seconds(self, key: str, now: float) -> float:
        """0 if a try is free, else how long until one is."""
        missing = 1 - _ROUNDING - self._bucket(key, now).tokens
        return max(0.0, missing * 60 / self.rate.per_minute)

    def take(self, key: str, now: float) -> None:
        """Count one try."""
        self._put(key, self._bucket(key, now), -1)

    def give_back(self, key: str, now: float) -> None:
        """It was right: it does not count."""
        self._put(key, self._bucket(key, now), +1)

    def _bucket(self, key: str, now: float) -> Bucket:
        stored = self._buckets.get(key, Bucket(float(self.rate.burst), now))
        return stored.at_time(self.rate, now)

    def _put(self, key: str, bucket: Bucket, change: int) -> None:
        tokens = min(float(self.rate.burst), bucket.tokens + change)
        self._buckets[key] = Bucket(tokens, bucket.at)
        self._buckets.move_to_end(key)
        while len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)


class CodeTries:
    """The limit on join codes (and pair secrets): per network address, and over all."""

    def __init__(self, per_address: Rate = CODE_PER_ADDRESS, overall: Rate = CODE_OVERALL) -> None:
        self._per_address = Tries(per_address)
        self._overall = Tries(overall)

    def begin(self, address: str, now: float) -> None:
        """Count a try. Raises UserError `too-many-tries` (retry_after_seconds) without counting."""
        network = network_of(address)
        waits = (self._per_address.wait_seconds(network, now), self._overall.wait_seconds("", now))
        refuse_for(max(waits))
        self._per_address.take(network, now)
        self._overall.take("", now)

    def was_right(self, address: str, now: float) -> None:
        """The try begun last was right."""
        self._per_address.give_back(network_of(address), now)
        self._overall.give_back("", now)


@dataclass(frozen=True, slots=True)
class WrongPasswords:
    """Wrong passwords in a row for one login from one address."""

    count: int
    last_at: float

    @property
    def free_at(self) -> float:
        """When the next try may come."""
        if self.count < FREE_PASSWORD_TRIES:
            return self.last_at
        doublings = min(self.count - FREE_PASSWORD_TRIES, 16)
        return self.last_at + min(LONGEST_DELAY_SECONDS, 2.0**doublings)


class PasswordTries:
    """The limit on passwords: a delay that grows per login and address (a stranger elsewhere can't
    lock a teacher out with it), and a rate per address against trying many logins."""

    def __init__(self, per_address: Rate = PASSWORD_PER_ADDRESS) -> None:
        self._per_address = Tries(per_address)
        self._wrong: OrderedDict[tuple[str, str], WrongPasswords] = OrderedDict()

    def begin(self, login: str, address: str, now: float) -> None:
        """Count a try. Raises UserError `too-many-tries` (retry_after_seconds) without counting."""
        network = network_of(address)
        wrong = self._wrong_now(login, network, now)
        refuse_for(max(self._per_address.wait_seconds(network, now), wrong.free_at - now))
        self._per_address.take(network, now)
        self._wrong[login, network] = WrongPasswords(wrong.count + 1, now)
        self._wrong.move_to_end((login, network))
        while len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def was_right(self, login: str, address: str, now: float) -> None:
        """The try begun last was right: all is forgotten."""
        network = network_of(address)
        self._per_address.give_back(network, now)
        self._wrong.pop((login, network), None)

    def _wrong_now(self, login: str, network: str, now: float) -> WrongPasswords:
        stored = self._wrong.get((login, network))
        if stored is None or now - stored.last_at > FORGET_AFTER_SECONDS:
            return WrongPasswords(0, now)
        return stored


def refuse_for(seconds: float) -> None:
    """Raise UserError `too-many-tries` if one must wait, in whole seconds rounded up."""
    if seconds > 0:
        raise UserError("too-many-tries", retry_after_seconds=int(-(-seconds // 1)))


def odds_of_guessing(live_codes: int, minutes: float, rate: Rate = CODE_OVERALL) -> float:
    """Probability that tries at the full rate find any of `live_codes` within `minutes`."""
    tries = rate.burst + rate.per_minute * minutes
    return float(1 - (1 - live_codes / JOIN_CODES) ** tries)
