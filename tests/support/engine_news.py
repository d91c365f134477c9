"""Hears what an engine tells, and remembers it."""

from relay.ports import ProvedCheck
from streamsvc.base.media import Track


class Heard:
    """An EngineListener and a PacketSink in one."""

    def __init__(self) -> None:
        self.checks: list[ProvedCheck] = []
        self.handshakes: list[tuple[int, bytes]] = []
        self.started: list[int] = []
        self.changed: list[int] = []
        self.overrun: list[int] = []
        self.opened: list[int] = []
        self.rids: list[str | None] = []
        """Of the tracks in `opened`."""
        self.closed: list[int] = []
        self.packets: list[tuple[int, bytes]] = []
        self.feeds: list[tuple[str, int]] = []
        self.fed: list[bytes] = []
        self.made_wanted: list[tuple[int, str]] = []

    def ice_checked(self, check: ProvedCheck) -> None:
        self.checks.append(check)

    def handshake_datagram(self, session: int, datagram: bytes, at: float) -> None:
        self.handshakes.append((session, datagram))

    def publication_started(self, number: int) -> None:
        self.started.append(number)

    def layers_changed(self, number: int) -> None:
        self.changed.append(number)

    def link_overrun(self, peer: int) -> None:
        self.overrun.append(peer)

    def feed_opened(self, publication: int) -> None:
        self.feeds.append(("opened", publication))

    def feed_packet(self, publication: int, packet: bytes) -> None:
        self.fed.append(packet)

    def feed_closed(self, publication: int) -> None:
        self.feeds.append(("closed", publication))

    def made_keyframe_wanted(self, publication: int, rid: str) -> None:
        self.made_wanted.append((publication, rid))

    def tap_opened(self, publication: int, wall_ms: int, rid: str | None) -> int:
        self.opened.append(publication)
        self.rids.append(rid)
        return len(self.opened)

    def tap_closed(self, track_number: int, wall_ms: int) -> None:
        self.closed.append(track_number)

    def track_opened(self, track: Track, wall_ms: int) -> None:
        raise AssertionError("the engine tells this to its listener")

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        self.packets.append((track_number, packet))

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        raise AssertionError("the engine tells this to its listener")
