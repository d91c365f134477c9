"""Publishes the clip in one or more layers: paced packets out; key frame requests and NACKs in."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pylibsrtp

from relay.client.swarm.counts import PublisherCounts
from relay.client.swarm.peer import Peer
from relay.client.swarm.replay import Clip, DuePacket, Replay
from relay.client.swarm.sent_track import SentTrack
from relay.rtp import rtcp
from relay.rtp.header import is_rtcp
from relay.rtp.rtcp_feedback import KeyframeRequest, Nack
from relay.rtp.rtcp_reports import ReceiverReport
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import MediaKind

REPORT_SECONDS = 1.0
_SHORTEST_SLEEP_SECONDS = 0.001
"""The loop's timers count whole milliseconds."""


@dataclass(frozen=True, slots=True)
class _Encoding:
    """One layer; the largest has the sound with it."""

    replay: Replay
    tracks: dict[MediaKind, SentTrack]
    is_largest: bool


class Publisher:
    """A pool's member; `run` sends for ever once the peer is connected."""

    def __init__(
        self,
        peer: Peer,
        clips: Mapping[str, Clip],
        *,
        is_stamped: bool,
        clock: Callable[[], float],
    ) -> None:
        """`clips` by rid, the smallest first; one without a name: no simulcast."""
        self.peer = peer
        self._clips = clips
        self._clock = clock
        self._is_stamped = is_stamped
        self._encodings: list[_Encoding] = []
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
        started_at = report_at = self._clock()
        self._encodings = self._begun(started_at)
        while True:
            now = self._clock()
            for encoding in self._encodings:
                for due in encoding.replay.due(now):
                    self._send(encoding, due)
            if now >= report_at:
                self._report()
                report_at = now + REPORT_SECONDS
            next_at = min(encoding.replay.next_at() for encoding in self._encodings)
            wait = min(next_at, report_at) - self._clock()
            await asyncio.sleep(max(wait, _SHORTEST_SLEEP_SECONDS))

    def _begun(self, now: float) -> list[_Encoding]:
        """The layers that the server takes; of one that knows of none, the largest alone."""
        agreed = self.peer.other.tracks if self.peer.other is not None else {}
        picture = agreed.get(MediaKind.VIDEO)
        taken = [rid for rid in self._clips if picture is not None and rid in picture.rids]
        clips = [(rid, self._clips[rid]) for rid in taken] or [("", list(self._clips.values())[-1])]
        found = []
        for place, (rid, clip) in enumerate(clips):
            tracks = {
                kind: SentTrack(
                    agreed[kind],
                    self._ssrc(kind, rid),
                    is_stamped=self._is_stamped,
                    rid=rid,
                    place=place,
                )
                for kind in agreed
                if clip.sounds or kind is MediaKind.VIDEO
            }
            is_largest = place == len(clips) - 1
            found.append(_Encoding(Replay(clip, now), tracks, is_largest))
        return found

    def _ssrc(self, kind: MediaKind, rid: str) -> int:
        """That of the description, or where a name stands for it, any."""
        is_layer = rid and kind is MediaKind.VIDEO
        return secrets.randbits(31) | 1 if is_layer else self.peer.ssrcs[kind]

    def _send(self, encoding: _Encoding, due: DuePacket) -> None:
        track, keys = encoding.tracks.get(due.kind), self.peer.keys
        if track is None or keys is None:
            return
        self._counts.latest_seconds = max(self._counts.latest_seconds, self._clock() - due.at)
        self._transport_seq += 1
        packet = track.packet(due, time.time_ns(), self._transport_seq)
        self.peer.send_media(keys.outbound.protect(packet))
        self._counts.packets[due.kind] += encoding.is_largest
        self._counts.bytes += len(packet)

    def _report(self) -> None:
        for track in self._tracks():
            if self.peer.keys is not None:
                report = track.report(time.time_ns())
                self.peer.send_media(self.peer.keys.outbound.protect_rtcp(report))

    def _tracks(self) -> Iterator[SentTrack]:
        return (track for encoding in self._encodings for track in encoding.tracks.values())

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
                self._request_keyframe(message.media_ssrc)
            elif isinstance(message, Nack):
                self._counts.nacked += len(message.seqs)
            elif isinstance(message, ReceiverReport):
                self._known({block.ssrc for block in message.blocks})

    def _request_keyframe(self, ssrc: int) -> None:
        for encoding in self._encodings:
            picture = encoding.tracks.get(MediaKind.VIDEO)
            if len(self._encodings) == 1 or (picture is not None and picture.ssrc == ssrc):
                encoding.replay.request_keyframe()

    def _known(self, ssrcs: set[int]) -> None:
        for track in self._tracks():
            track.is_known = track.is_known or track.ssrc in ssrcs

    def take(self) -> PublisherCounts:
        """Counts since the last time."""
        counts, self._counts = self._counts, PublisherCounts()
        return counts
