"""The engine's latest figures of every peer, and what control concludes from them.

The engine tells about publishers five times a second, and about subscribers every second where
something is amiss, else every `QUIET_SECONDS`; estimates of their links are made here, from sums
over that time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relay.forwarding.downlink import Downlink
from relay.forwarding.ladder import Choice
from relay.forwarding.uplink import Uplink
from relay.ports import (
    LayerStats,
    PublicationStats,
    PublisherStats,
    SubscriberStats,
)

ALLOWANCE_SECONDS = 1.0
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
    allowed_at: float = float("-inf")


@dataclass(slots=True)
class _Subscribed:
    """One subscriber."""

    measured_at: float
    downlink: Downlink
    forwarded: Mapping[int, Choice | None]
    octets: int = 0
    told_bps: int = 0
    beat_seconds: int = 1


_Publication = tuple[tuple[LayerStats, ...], float | None]


class EngineFigures:
    """`publisher` and `subscriber` take the engine's records; the others read."""

    def __init__(
        self,
        set_allowance: Callable[[int, int], None],
        set_link: Callable[[int, int], None],
        set_beat: Callable[[int, int], None],
    ) -> None:
        self._set_allowance = set_allowance
        self._set_link = set_link
        self._set_beat = set_beat
        self._told: set[int] = set()
        self._publishers: dict[int, _Published] = {}
        self._subscribers: dict[int, _Subscribed] = {}
        self._publications: dict[int, _Publication] = {}

    # ---- who is there

    def add_publisher(self, peer: int, publications: tuple[int, ...], now: float) -> None:
        """From now on its records count."""
        self._publishers[peer] = _Published(now, publications=publications)
        for number in publications:
            self._publications[number] = ((), None)

    def add_subscriber(self, peer: int, subscriptions: tuple[int, ...], now: float) -> None:
        """From now on its records count."""
        self._subscribers[peer] = _Subscribed(now, Downlink(now), dict.fromkeys(subscriptions))

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
        for number, layers, keyframe_at in publications:
            self._publications[number] = (
                tuple(LayerStats(*layer) for layer in layers),
                keyframe_at,
            )
        if now - found.allowed_at >= ALLOWANCE_SECONDS:
            found.allowed_at = now
            more, gone = expected - found.expected, lost - found.lost
            found.expected, found.lost = expected, lost
            self._set_allowance(peer, found.uplink.update(more, gone, received_bps, now))

    def subscriber(self, record: tuple[Any, ...], now: float) -> None:
        """One SubscriberFigures."""
        peer, expected, lost, well, round_trip, least, remb, octets, forwarded = record
        found = self._subscribers.get(peer)
        if found is None:
            return
        sent_bps = int((octets - found.octets) * 8 / max(0.1, now - found.measured_at))
        found.measured_at, found.octets = now, octets
        found.forwarded = {
            number: None if its is None else Choice(*its) for number, its in forwarded
        }
        downlink = found.downlink
        if remb is not None:
            downlink.remb(*remb)
        if round_trip is not None:
            downlink.round_trips(round_trip, least)
        if well:
            downlink.was_well(well, now)
        if expected:
            downlink.reported(expected, lost, sent_bps, now)
        downlink.climb(sent_bps, now)
        if downlink.bps != found.told_bps:
            found.told_bps = downlink.bps
            self._set_link(peer, downlink.bps)
        beat_seconds = QUIET_SECONDS if downlink.is_settled(now, QUIET_SECONDS) else 1
        if beat_seconds != found.beat_seconds:
            found.beat_seconds = beat_seconds
            self._set_beat(peer, beat_seconds)
        self._told.add(peer)

    def take_told(self) -> list[int]:
        """Subscribers a record of whom came since the last call."""
        told, self._told = list(self._told), set()
        return told

    # ---- reading

    def publisher_stats(self, peer: int, now: float) -> PublisherStats | None:
        """None if there is no such publisher."""
        found = self._publishers.get(peer)
        if found is None:
            return None
        stats = (self.publication_stats(number, now) for number in found.publications)
        return PublisherStats(
            found.heard_at, found.fraction_lost, tuple(s for s in stats if s is not None)
        )

    def publication_stats(self, number: int, now: float) -> PublicationStats | None:
        """None if there is no such publication."""
        found = self._publications.get(number)
        if found is None:
            return None
        layers, keyframe_at = found
        age_ms = None if keyframe_at is None else int((now - keyframe_at) * 1000)
        return PublicationStats(number, layers, age_ms)

    def subscriber_stats(self, peer: int) -> SubscriberStats | None:
        """None if there is no such subscriber."""
        found = self._subscribers.get(peer)
        if found is None:
            return None
        downlink = found.downlink
        return SubscriberStats(downlink.bps, not downlink.has_fallen, found.forwarded)
