"""Publishes the clip: paced packets out; key frame requests and NACKs in."""

import asyncio
import time
from collections.abc import Callable

import pylibsrtp

from relay.client.swarm.counts import PublisherCounts
from relay.client.swarm.peer import Peer
from relay.client.swarm.replay import Clip, DuePacket, Replay
from relay.client.swarm.sent_track import SentTrack
from relay.rtp import rtcp
from relay.rtp.header import is_rtcp
from relay.rtp.rtcp_feedback import KeyframeRequest, Nack
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import MediaKind

REPORT_SECONDS = 1.0
_SHORTEST_SLEEP_SECONDS = 0.001
"""The loop's timers count whole milliseconds."""


class Publisher:
    """A pool's member; `run` sends for ever once the peer is connected."""

    def __init__(
        self, peer: Peer, clip: Clip, *, is_stamped: bool, clock: Callable[[], float]
    ) -> None:
        self.peer = peer
        self._clip = clip
        self._clock = clock
        self._is_stamped = is_stamped
        self._replay: Replay | None = None
        self._tracks: dict[MediaKind, SentTrack] = {}
        self._counts = PublisherCounts()
        self._transport_seq = 0
        peer.on_media = self._media

    # ---- for its pool

    @property
    def next_at(self) -> float:
        """See `Member`."""
        return self.peer.next_at

    @property
    def is_settled(self) -> bool:
        """See `Member`: key frame requests are answered at once."""
        return False

    def fileno(self) -> int:
        """See `Member`."""
        return self.peer.socket.fileno()

    def readable(self, now: float) -> None:
        """See `Member`."""
        self.peer.readable(now)

    def tick(self, now: float) -> None:
        """See `Member`."""
        self.peer.tick(now)

    # ---- what goes

    async def run(self) -> None:
        """Send until cancelled; the peer is connected."""
        agreed = self.peer.other.tracks if self.peer.other is not None else {}
        self._tracks = {
            kind: SentTrack(track, self.peer.ssrcs[kind], is_stamped=self._is_stamped)
            for kind, track in agreed.items()
        }
        replay = self._replay = Replay(self._clip, self._clock())
        report_at = self._clock()
        while True:
            now = self._clock()
            for due in replay.due(now):
                self._send(due)
            if now >= report_at:
                self._report()
                report_at = now + REPORT_SECONDS
            wait = min(replay.next_at(), report_at) - self._clock()
            await asyncio.sleep(max(wait, _SHORTEST_SLEEP_SECONDS))

    def _send(self, due: DuePacket) -> None:
        track, keys = self._tracks.get(due.kind), self.peer.keys
        if track is None or keys is None:
            return
        self._counts.latest_seconds = max(self._counts.latest_seconds, self._clock() - due.at)
        self._transport_seq += 1
        packet = track.packet(due, time.time_ns(), self._transport_seq)
        self.peer.send_media(keys.outbound.protect(packet))
        self._counts.packets[due.kind] += 1
        self._counts.bytes += len(packet)

    def _report(self) -> None:
        for track in self._tracks.values():
            if self.peer.keys is not None:
                report = track.report(time.time_ns())
                self.peer.send_media(self.peer.keys.outbound.protect_rtcp(report))

    # ---- what comes

    def _media(self, packet: bytes, arrived_ns: int, now: float) -> None:
        if self.peer.keys is None or not is_rtcp(packet):
            return
        try:
            messages = rtcp.parse(self.peer.keys.inbound.unprotect_rtcp(packet))
        except (pylibsrtp.Error, ProtocolError):
            return
        for message in messages:
            if isinstance(message, KeyframeRequest):
                self._counts.keyframe_requests += 1
                if self._replay is not None:
                    self._replay.request_keyframe()
            elif isinstance(message, Nack):
                self._counts.nacked += len(message.seqs)

    def take(self) -> PublisherCounts:
        """Counts since the last time."""
        counts, self._counts = self._counts, PublisherCounts()
        return counts
