"""What the engine tells, read from its rings and told on to those it concerns."""

import os
from collections.abc import Collection
from contextlib import suppress

from relay.engine._binding import KINDS, Core
from relay.io.engine_figures import EngineFigures
from relay.ports import EngineListener, ProvedCheck
from streamsvc.base.clock import Clock
from streamsvc.base.media import PacketSink

_SUBSCRIBER, _PUBLISHER = KINDS["subscriber"], KINDS["publisher"]
_STARTED = KINDS["publication_started"]
_MADE_KEYFRAME_WANTED = KINDS["made_keyframe_wanted"]
_TAP_OPENED, _TAP_CLOSED = KINDS["tap_opened"], KINDS["tap_closed"]

RECORDS_AT_ONCE = 256
"""Of each ring, before other work of the loop gets its turn."""


class EngineNews:
    """`read` whenever the engine has waked us."""

    def __init__(
        self,
        *,
        core: Core,
        wake: int,
        listener: EngineListener,
        sink: PacketSink,
        figures: EngineFigures,
        clock: Clock,
    ) -> None:
        self._core = core
        self._wake = wake
        self._listener = listener
        self._sink = sink
        self._figures = figures
        self._clock = clock
        self._tracks: dict[int, tuple[int, int]] = {}
        """Track number and publication, by the engine's keys of open tracks."""
        self._feeds: dict[int, int] = {}
        """Publications, by the keys of what transcoders get."""

    def read(self) -> bool:
        """All there is, or a good part of it: then True, and we are waked again."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        self._core.listen()
        control = self._core.control(RECORDS_AT_ONCE)
        for session, address, at, check, datagram in control:
            if check is None:
                self._listener.handshake_datagram(session, datagram, at)
            else:
                ufrag, nominates, elsewhere_at = check
                self._listener.ice_checked(
                    ProvedCheck(session, ufrag, address, at, nominates, elsewhere_at)
                )
        taps = self._core.tap(RECORDS_AT_ONCE)
        for kind, key, publication, wall_ms, packet, is_feed in taps:
            if is_feed:
                self._on_feed(kind, key, publication, packet)
            else:
                self._on_tap(kind, key, publication, wall_ms, packet)
        events = self._core.events(RECORDS_AT_ONCE)
        for kind, values in events:
            self._on_event(kind, values)
        is_more = RECORDS_AT_ONCE in (len(control), len(taps), len(events))
        if is_more:
            os.eventfd_write(self._wake, 1)
        return is_more

    def _on_event(self, kind: int, values: object) -> None:
        now = self._clock.now()
        if kind == _SUBSCRIBER and isinstance(values, tuple):
            if self._figures.subscriber(values, now):
                self._listener.link_overrun(values[0])
        elif kind == _PUBLISHER and isinstance(values, tuple):
            self._figures.publisher(values, now)
        elif kind == _MADE_KEYFRAME_WANTED and isinstance(values, tuple):
            self._listener.made_keyframe_wanted(*values)
        elif isinstance(values, int):
            if kind == _STARTED:
                self._listener.publication_started(values)
            else:
                self._listener.layers_changed(values)

    def _on_tap(self, kind: int, key: int, publication: int, wall_ms: int, packet: bytes) -> None:
        if kind == _TAP_OPENED:
            if self._figures.knows(publication):
                rid = packet[1:].decode() if packet else None
                number = self._listener.tap_opened(publication, wall_ms, rid)
                self._tracks[key] = (number, publication)
        elif key not in self._tracks:
            return  # its publication was removed while this was on the way
        elif kind == _TAP_CLOSED:
            self._listener.tap_closed(self._tracks.pop(key)[0], wall_ms)
        else:
            self._sink.packet(self._tracks[key][0], wall_ms, packet)

    def _on_feed(self, kind: int, key: int, publication: int, packet: bytes) -> None:
        if kind == _TAP_OPENED:
            if self._figures.knows(publication):
                self._feeds[key] = publication
                self._listener.feed_opened(publication)
        elif key not in self._feeds:
            return  # its publication was removed while this was on the way
        elif kind == _TAP_CLOSED:
            ended = self._feeds.pop(key)
            if ended not in self._feeds.values():  # a newer one of it goes on
                self._listener.feed_closed(ended)
        else:
            self._listener.feed_packet(self._feeds[key], packet)

    def close_taps(self, publications: Collection[int]) -> None:
        """These are removed: what has come of them goes to the sink, and their tracks end now."""
        while self.read():
            pass
        wall_ms = self._clock.wall_ms()
        for key, (number, publication) in list(self._tracks.items()):
            if publication in publications:
                del self._tracks[key]
                self._listener.tap_closed(number, wall_ms)
        for key, publication in list(self._feeds.items()):
            if publication in publications:
                del self._feeds[key]
                self._listener.feed_closed(publication)
