"""Stand-ins for browsers: aiortc peers that publish and watch through a relay, without HTTP."""

import asyncio
import fractions
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtcrtpsender import RTCRtpSender

from relay.io.relay import Relay
from relay.settings import RelaySettings
from relay.transcode.io.transcoders import Transcoders
from streamsvc.base.clock import SystemClock
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId
from streamsvc.base.media import SUBSCRIBER_SLOTS, Codec, MediaKind, Slot, Track
from streamsvc.base.sessions import ChannelListener, ClosedBecause, MediaParty
from tests.support.netem import Netem

LESSON = LessonId("les_test")
FRAMES_PER_SECOND = 15


def party(name: str, origin: str | None = None, lesson_id: LessonId = LESSON) -> MediaParty:
    """Somebody, from a place of her own unless said otherwise."""
    return MediaParty(lesson_id, ParticipantId(f"par_{name}"), name, origin or f"at-{name}")


class Collected:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.opened: list[Track] = []
        self.closed: list[int] = []
        self.packets: dict[int, list[bytes]] = {}

    def track_opened(self, track: Track, wall_ms: int) -> None:
        self.opened.append(track)
        self.packets[track.number] = []

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        self.packets[track_number].append(packet)

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        self.closed.append(track_number)


@dataclass
class Reported:
    """A listener that keeps everything."""

    opened: list[tuple[Slot, frozenset[MediaKind]]] = field(default_factory=list)
    closed: list[tuple[Slot, ClosedBecause]] = field(default_factory=list)
    silent: list[tuple[Slot, int | None]] = field(default_factory=list)
    connected: list[MediaSessionId] = field(default_factory=list)
    gone: list[tuple[MediaSessionId, ClosedBecause]] = field(default_factory=list)
    channels: dict[MediaSessionId, ChannelListener] = field(default_factory=dict)
    listener: Callable[[], ChannelListener | None] = lambda: None
    """Of the next channel."""

    def publication_opened(
        self, party: MediaParty, slot: Slot, kinds: frozenset[MediaKind]
    ) -> None:
        self.opened.append((slot, kinds))

    def publication_closed(self, party: MediaParty, slot: Slot, because: ClosedBecause) -> None:
        self.closed.append((slot, because))

    def publication_silent(self, party: MediaParty, slot: Slot, silent_ms: int | None) -> None:
        self.silent.append((slot, silent_ms))

    def subscriber_connected(self, party: MediaParty, session_id: MediaSessionId) -> None:
        self.connected.append(session_id)

    def subscriber_closed(
        self, party: MediaParty, session_id: MediaSessionId, because: ClosedBecause
    ) -> None:
        self.gone.append((session_id, because))

    def channel_came(self, party: MediaParty, session_id: MediaSessionId) -> ChannelListener | None:
        listener = self.listener()
        if listener is not None:
            self.channels[session_id] = listener
        return listener


class Tone(MediaStreamTrack):
    """A sine of one pitch in 20 ms frames."""

    kind = "audio"

    def __init__(self, hertz: int = 440) -> None:
        super().__init__()
        self._hertz = hertz
        self._sent = 0
        self._began = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        at = self._began + self._sent / 48_000
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        times = (np.arange(960) + self._sent) / 48_000
        samples = (8_000 * np.sin(2 * np.pi * self._hertz * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, self._sent
        frame.time_base = fractions.Fraction(1, 48_000)
        self._sent += 960
        return frame


class Picture(MediaStreamTrack):
    """A field of one gray with a bar that moves."""

    kind = "video"

    def __init__(self, luma: int = 120, width: int = 320, height: int = 180) -> None:
        super().__init__()
        self._luma = luma
        self._size = width, height
        self._sent = 0
        self._began = time.monotonic()

    async def recv(self) -> av.VideoFrame:
        at = self._began + self._sent / FRAMES_PER_SECOND
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        width, height = self._size
        image = np.full((height, width, 3), self._luma, np.uint8)
        left = self._sent * 7 % width
        image[: height // 8, left : left + 16] = 255 - self._luma
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = self._sent * 90_000 // FRAMES_PER_SECOND
        frame.time_base = fractions.Fraction(1, 90_000)
        self._sent += 1
        return frame


@dataclass
class Watched:
    """What one slot's track showed."""

    frames: int = 0
    pts: list[int] = field(default_factory=list)
    lumas: list[float] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    loudness: list[float] = field(default_factory=list)
    at: list[float] = field(default_factory=list)


class Peer:
    """One aiortc connection to the relay, through a bad network if one is given."""

    def __init__(self, netem: Netem | None = None) -> None:
        # aiortc's balanced bundling loses every second m-line of a kind
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.connection = RTCPeerConnection(configuration)
        self.session_id = MediaSessionId("")
        self.netem = netem

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer: str, media_port: int) -> None:
        if self.netem is not None:
            answer = answer.replace(f" {media_port} typ", f" {self.netem.port} typ")
        answer = _candidates_everywhere(answer)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    @property
    def is_connected(self) -> bool:
        return self.connection.connectionState == "connected"

    async def close(self) -> None:
        await self.connection.close()


def _only(codec: Codec) -> list[Any]:
    """For `setCodecPreferences`: it, and its repairs."""
    wanted = (f"video/{codec}", "video/rtx")
    offered = RTCRtpSender.getCapabilities("video").codecs
    return [one for one in offered if one.mimeType.lower() in wanted]


def _candidates_everywhere(answer: str) -> str:
    """aiortc reads the candidates of a bundle's last m-line only; we write them in the first."""
    session, *sections = answer.split("m=")
    found = [line for line in sections[0].splitlines() if line.startswith("a=candidate")]
    bare = ["".join(x + "\r\n" for x in s.splitlines() if x not in found) for s in sections]
    more = "".join(line + "\r\n" for line in found)
    return session + "".join(f"m={section}{more}" for section in bare)


PLAYER_SLOTS = ((Slot.LEAD, MediaKind.AUDIO), (Slot.LEAD, MediaKind.VIDEO))
"""What a plain player offers. aiortc can take repairs only so: it can't tell which of several
m-lines of a kind an RTX packet is for."""


class Viewer(Peer):
    """Watches all five slots, or some; `watched` by slot and kind. `codec`: of pictures, the only
    one that it can decode."""

    def __init__(
        self,
        netem: Netem | None = None,
        slots: Sequence[tuple[Slot, MediaKind]] = SUBSCRIBER_SLOTS,
        codec: Codec | None = None,
    ) -> None:
        super().__init__(netem)
        self._slots = slots
        self._codec = codec
        self.watched: dict[tuple[Slot, MediaKind], Watched] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, relay: Relay, who: MediaParty) -> None:
        for _, kind in self._slots:
            transceiver = self.connection.addTransceiver(kind.value, direction="recvonly")
            if kind is MediaKind.VIDEO and self._codec is not None:
                transceiver.setCodecPreferences(_only(self._codec))
        answer = await relay.subscribe(who, await self.offer())
        self.session_id = answer.session_id
        await self.accept(answer.sdp, relay.media_port)
        receivers = self.connection.getReceivers()
        for slot, receiver in zip(self._slots, receivers, strict=True):
            self._watch(slot, receiver.track)

    def _watch(self, key: tuple[Slot, MediaKind], track: MediaStreamTrack) -> None:
        self.watched[key] = Watched()
        read = _read_video if key[1] is MediaKind.VIDEO else _read_audio
        task = asyncio.ensure_future(_reading(read, track, self.watched[key]))
        self._tasks.append(task)

    def video(self, slot: Slot) -> Watched:
        return self.watched[slot, MediaKind.VIDEO]

    def audio(self, slot: Slot) -> Watched:
        return self.watched[slot, MediaKind.AUDIO]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await super().close()


async def _reading(read: Callable[[Any, Watched], None], track: Any, into: Watched) -> None:
    while True:
        frame = await track.recv()
        into.frames += 1
        into.pts.append(frame.pts)
        into.at.append(time.monotonic())
        read(frame, into)


def _read_video(frame: av.VideoFrame, into: Watched) -> None:
    into.heights.append(frame.height)
    into.lumas.append(float(frame.to_ndarray(format="gray")[frame.height // 2 :].mean()))


def _read_audio(frame: av.AudioFrame, into: Watched) -> None:
    into.loudness.append(float(np.abs(frame.to_ndarray().astype(np.int32)).mean()))


@dataclass
class RunningRelay:
    """A relay on loopback, everything it reported, and the peers that came."""

    relay: Relay
    sink: Collected
    reported: Reported
    peers: list[Peer] = field(default_factory=list)
    netems: list[Netem] = field(default_factory=list)

    async def publish(
        self,
        who: MediaParty,
        slot: Slot,
        *tracks: MediaStreamTrack,
        codec: Codec = Codec.H264,
        take_over: bool = False,
        replaces: MediaSessionId | None = None,
        netem: Netem | None = None,
    ) -> Peer:
        """Send tracks into a slot."""
        peer = Peer(netem)
        self.peers.append(peer)
        for track in tracks:
            transceiver = peer.connection.addTransceiver(track, direction="sendonly")
            if track.kind == "video":
                transceiver.setCodecPreferences(_only(codec))
        answer = await self.relay.publish(
            who, slot, await peer.offer(), take_over=take_over, replaces=replaces
        )
        peer.session_id = answer.session_id
        await peer.accept(answer.sdp, self.relay.media_port)
        return peer

    async def watch(
        self,
        who: MediaParty,
        netem: Netem | None = None,
        slots: Sequence[tuple[Slot, MediaKind]] = SUBSCRIBER_SLOTS,
        codec: Codec | None = None,
    ) -> Viewer:
        """Join as a viewer."""
        viewer = Viewer(netem, slots, codec)
        self.peers.append(viewer)
        await viewer.join(self.relay, who)
        return viewer

    def netem(self, seed: int = 1, host: str = "127.0.0.1") -> Netem:
        """A started bad network to this relay; it listens at `host`."""
        netem = Netem(("127.0.0.1", self.relay.media_port), seed, host)
        netem.start()
        self.netems.append(netem)
        return netem


@asynccontextmanager
async def running_relay(
    transcoders: Transcoders | None = None, **settings: Any
) -> AsyncIterator[RunningRelay]:
    """On a free port; it and its peers are closed at the end."""
    sink, reported = Collected(), Reported()
    chosen = RelaySettings(**{"media_host": "127.0.0.1", **settings})
    relay = Relay(chosen, SystemClock(), sink, transcoders)
    relay.listen(reported)
    await relay.start()
    running = RunningRelay(relay, sink, reported)
    try:
        yield running
    finally:
        await asyncio.gather(*(peer.close() for peer in running.peers))
        for netem in running.netems:
            netem.close()
        await relay.close_all()
