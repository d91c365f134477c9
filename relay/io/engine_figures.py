"""The engine's latest figures of every peer, and what control concludes from them.

The engine tells about publishers five times a second, and about subscribers every second where
something is amiss, else every `QUIET_SECONDS`; estimates of their links are made here, from sums
over that time.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from relay.engine._binding import CODECS
from relay.forwarding.downlink import Downlink
from relay.forwarding.ladder import Choice
from relay.forwarding.layer_cost import LayerCost
from relay.forwarding.probing import LinkNews, ProbeTurns, Probing, Verdict, end_reports
from relay.forwarding.uplink import Uplink
from relay.metrics import PROBES
from relay.ports import (
    LayerStats,
    PublicationStats,
    PublisherStats,
    SubscriberStats,
)
from streamsvc.base.media import Codec

ALLOWANCE_SECONDS = 1.0
MOST_VOICE_BPS = 120_000
RATE_SECONDS = 0.8
NO_PICTURE_BPS = 5_000
"""Repairs of one that flowed until now."""
QUIET_SECONDS = 5
"""Between two looks at a subscriber who is well."""


@dataclass(slots=True)
class _Published:
    """One publisher."""

    heard_at: float
    fraction_lost: float = 0.0
    publications: tuple[int, ...] = ()
    uplink: Uplink = field(default_factory=Uplink)
    expected: int = 0
    lost: int = 0
    seen: int = 0
    """Packets of voice and pictures, by the newest record."""
    media_at: float = float("-inf")
    """When a record told of more of them."""
    allowed_at: float = float("-inf")
    costs: dict[tuple[int, str], LayerCost] = field(default_factory=dict)
    """By publication and layer."""


@dataclass(slots=True)
class _Subscribed:
    """One subscriber."""

    added_at: float
    downlink: Downlink
    probing: Probing
    forwarded: Mapping[int, Choice | None]
    sent: deque[tuple[float, tuple[int, int]]] = field(default_factory=deque)
    """When records came, and what they told: bytes in all, and those of pictures."""
    sent_bps: int = 0
    picture_bps: int = 0
    can_probe: bool = False
    wanted_at: float = float("-inf")
    """When a better picture was wanted than the estimate allows."""
    told: tuple[int, int] = (0, 0)
    beat_seconds: int = 1

    def sent_rates(self, sent: tuple[int, int], now: float) -> tuple[int, int]:
        """Bits per second in all and of pictures, since the newest record that is not too new to
        tell: a burst between two that follow each other closely is no rate."""
        while len(self.sent) > 1 and now - self.sent[1][0] >= RATE_SECONDS:
            self.sent.popleft()
        since, before = self.sent[0] if self.sent else (self.added_at, (0, 0))
        self.sent.append((now, sent))
        seconds = max(0.1, now - since)
        every, pictures = (8 * (b - a) / seconds for a, b in zip(before, sent, strict=True))
        return int(every), int(pictures)


_Publication = tuple[tuple[LayerStats, ...], float | None]

_CODECS = {number: Codec(name) for name, number in CODECS.items()}


class EngineFigures:
    """`publisher` and `subscriber` take the engine's records; the others read."""

    def __init__(
        self,
        set_allowance: Callable[[int, int], None],
        set_link: Callable[[int, int, int], None],
        set_beat: Callable[[int, int], None],
    ) -> None:
        self._set_allowance = set_allowance
        self._set_link = set_link
        self._set_beat = set_beat
        self._told: set[int] = set()
        self._publishers: dict[int, _Published] = {}
        self._subscribers: dict[int, _Subscribed] = {}
        self._publications: dict[int, _Publication] = {}
        self._turns = ProbeTurns()

    # ---- who is there

    def add_publisher(self, peer: int, publications: tuple[int, ...], now: float) -> None:
        """From now on its records count."""
        self._publishers[peer] = _Published(now, publications=publications)
        for number in publications:
            self._publications[number] = ((), None)

    def add_subscriber(self, peer: int, subscriptions: tuple[int, ...], now: float) -> None:
        """From now on its records count."""
        nothing = dict.fromkeys(subscriptions)
        self._subscribers[peer] = _Subscribed(now, Downlink(now), Probing(now), nothing)

    def measured_handshake(self, peer: int, round_trip: float) -> None:
        """Before its media flows: seconds there and back."""
        found = self._subscribers.get(peer)
        if found is not None:
            found.downlink.handshake_took(round_trip)
            self._tell_link(peer, found)

    def limit(self, peer: int, most_bps: int | None, *, is_satellite: bool) -> None:
        """What an administrator says of its link."""
        found = self._subscribers.get(peer)
        if found is not None:
            found.downlink.limit(most_bps, is_satellite=is_satellite)
            self._tell_link(peer, found)

    def moved(self, peer: int) -> None:
        """It has another address."""
        found = self._subscribers.get(peer)
        if found is not None:
            found.downlink.moved()

    def remove(self, peer: int) -> None:
        """Forget it."""
        self._subscribers.pop(peer, None)
        gone = self._publishers.pop(peer, None)
        for number in gone.publications if gone else ():
            del self._publications[number]

    def knows(self, publication: int) -> bool:
        """Whether it was added and not removed."""
        return publication in self._publications

    # ---- the engine's records

    def publisher(self, record: tuple[Any, ...], now: float) -> None:
        """One PublisherFigures."""
        peer, heard_at, fraction_lost, expected, lost, received_bps, publications = record
        found = self._publishers.get(peer)
        if found is None:
            return
        found.heard_at, found.fraction_lost = heard_at, fraction_lost
        if expected != found.seen:
            found.seen, found.media_at = expected, now
        for number, layers, keyframe_at in publications:
            stats = tuple(self._steadied(found, number, _layer(its), now) for its in layers)
            self._publications[number] = stats, keyframe_at
        if now - found.allowed_at >= ALLOWANCE_SECONDS:
            found.allowed_at = now
            more, gone = expected - found.expected, lost - found.lost
            found.expected, found.lost = expected, lost
            self._set_allowance(peer, found.uplink.update(more, gone, received_bps, now))

    @staticmethod
    def _steadied(found: _Published, number: int, layer: LayerStats, now: float) -> LayerStats:
        cost = found.costs.setdefault((number, layer.rid), LayerCost())
        cost.add(layer.temporal, now)
        return replace(layer, temporal=cost.temporal, swing=cost.swing)

    def subscriber(self, record: tuple[Any, ...], now: float) -> bool:
        """One SubscriberFigures; True if the link was seen to be overrun by now."""
        peer, expected, lost, well, round_trip, least, remb, sent, forwarded, *more = record
        probed, asked = more
        found = self._subscribers.get(peer)
        if found is None:
            return False
        was_braking = found.downlink.is_braking(now)
        sent_bps, picture_bps = found.sent_rates(sent, now)
        found.forwarded = {
            number: None if its is None else Choice(*its) for number, its in forwarded
        }
        downlink = found.downlink
        if remb is not None:
            # it is about pictures: voice tells browsers nothing of when it was sent
            remb = remb[0] + min(MOST_VOICE_BPS, sent_bps - picture_bps), remb[1]
            downlink.remb(*remb)
        if round_trip is not None:
            downlink.round_trips(round_trip, least)
        if well:
            downlink.was_well(well, now)
        longest_round_trip, probed_bps, found.can_probe = probed
        found.sent_bps, found.picture_bps = sent_bps, picture_bps
        is_told = expected > 0 or longest_round_trip > 0
        has_fallen = downlink.asked(asked, sent_bps, now)
        has_fallen |= is_told and downlink.reported(
            expected, lost, sent_bps, now, longest=longest_round_trip
        )
        if has_fallen and found.probing.fell(now):
            PROBES.labels("failed").inc()
        remb_bps = remb[0] if remb is not None else None
        news = LinkNews(expected, lost, longest_round_trip, remb_bps, probed_bps)
        self._judge(found, news, now)
        is_probed = found.can_probe and found.probing.is_of_use(now)
        if not (downlink.has_limit and is_probed):
            downlink.climb(sent_bps, now)
        self._tell_link(peer, found)
        beat_seconds = QUIET_SECONDS if self._is_settled(found, now) else 1
        if beat_seconds != found.beat_seconds:
            found.beat_seconds = beat_seconds
            self._set_beat(peer, beat_seconds)
        self._told.add(peer)
        return downlink.is_braking(now) and not was_braking

    @staticmethod
    def _is_settled(found: _Subscribed, now: float) -> bool:
        if found.downlink.has_limit and found.can_probe:
            return now - found.wanted_at > QUIET_SECONDS + 1
        return found.downlink.is_settled(now, QUIET_SECONDS)

    def _tell_link(self, peer: int, found: _Subscribed) -> None:
        link = found.downlink.bps, found.downlink.pace_bps
        if link != found.told:
            found.told = link
            self._set_link(peer, *link)

    def take_told(self) -> list[int]:
        """Subscribers a record of whom came since the last call."""
        told, self._told = list(self._told), set()
        return told

    # ---- probes

    @staticmethod
    def _judge(found: _Subscribed, news: LinkNews, now: float) -> None:
        judged = found.probing.heard(news, now)
        if judged is None:
            return
        verdict, bps = judged
        PROBES.labels(verdict.name.lower()).inc()
        if verdict is Verdict.PASSED:
            found.downlink.probed(bps, now)
        elif verdict is Verdict.FAILED:
            found.downlink.probe_failed(bps, now)

    def begin_probe(self, peer: int, now: float) -> tuple[int, int] | None:
        """The rate to probe at, and how often to say its end, if that subscriber's link is to be
        looked at now."""
        found = self._subscribers.get(peer)
        if found is None or not found.can_probe or not found.downlink.has_limit:
            return None
        found.wanted_at = now
        is_alone = found.picture_bps < NO_PICTURE_BPS
        bps = found.downlink.next_bps(found.sent_bps, now, is_alone=is_alone)
        if bps is None or not found.probing.is_due(now) or not self._turns.take(bps, now):
            return None
        before = found.downlink.before_probe(now)
        found.probing.begin(bps, before, now)
        if is_alone:
            found.downlink.probe_begins(bps, now)
        return bps, end_reports(before.loss)

    # ---- reading

    def publisher_stats(self, peer: int, now: float) -> PublisherStats | None:
        """None if there is no such publisher."""
        found = self._publishers.get(peer)
        if found is None:
            return None
        stats = (self.publication_stats(number, now) for number in found.publications)
        return PublisherStats(
            found.heard_at,
            found.fraction_lost,
            tuple(s for s in stats if s is not None),
            found.media_at,
        )

    def publication_stats(self, number: int, now: float) -> PublicationStats | None:
        """None if there is no such publication."""
        found = self._publications.get(number)
        if found is None:
            return None
        layers, keyframe_at = found
        age_ms = None if keyframe_at is None else int((now - keyframe_at) * 1000)
        return PublicationStats(number, layers, age_ms)

    def subscriber_stats(self, peer: int, now: float) -> SubscriberStats | None:
        """None if there is no such subscriber."""
        found = self._subscribers.get(peer)
        if found is None:
            return None
        downlink = found.downlink
        return SubscriberStats(
            link_bps=downlink.bps,
            is_link_guessed=not downlink.has_fallen,
            forwarded=found.forwarded,
            fraction_lost=downlink.loss(now),
            is_loss_known=downlink.is_loss_known(now),
            fell_at=downlink.fell_at,
            proved_at=downlink.proved_at,
            round_trip=downlink.round_trip,
            has_queue=downlink.has_queue,
            is_filling=downlink.is_filling,
            is_braking=downlink.is_braking(now),
        )


def _layer(told: tuple[Any, ...]) -> LayerStats:
    *before, codec = told
    rid, bitrate_bps, pixels, is_live, temporal, is_made = before
    return LayerStats(
        rid, bitrate_bps, pixels, is_live, temporal, is_made=is_made, codec=_CODECS[codec]
    )
