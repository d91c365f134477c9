"""CPU of forwarding one packet to one viewer, by our engine as it is in the product.

One publisher, many subscribers, real SRTP (AES-128-GCM) and real UDP on loopback into one sink
that nobody reads. Reference in the same run: a bare loop that changes 12 bytes, protects and sends
to as many sessions, with nothing else a relay must do.
"""

import asyncio
import os
import socket
import time

import pylibsrtp

from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.engine import PythonEngine
from relay.io.udp_port import UdpPort
from relay.ports import Address, PeerKeys
from relay.rtp.packet import write_packet
from relay.sdp.negotiated import Extensions, NegotiatedMedia
from relay.settings import RelaySettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Codec, MediaKind, Slot, Track
from tests.bench.figures import arguments, tell

SUBSCRIBERS = 200
SIZES = {
    "picture": (MediaKind.VIDEO, Codec.H264, 1_100),
    "voice": (MediaKind.AUDIO, Codec.OPUS, 80),
}
BURST = 4
"""Packets sent before the engine gets its turn, as a frame arrives."""


class Nobody:
    """Hears what an engine reports, records nothing."""

    def control_datagram(self, datagram: bytes, address: Address, now: float) -> None:
        return

    def publication_started(self, number: int) -> None:
        return

    def peer_failed(self, peer: int) -> None:
        raise AssertionError(f"peer {peer} failed")

    def tap_opened(self, publication: int, wall_ms: int) -> int:
        return 0

    def tap_closed(self, track_number: int, wall_ms: int) -> None:
        return

    def track_opened(self, track: Track, wall_ms: int) -> None:
        return

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        return

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        return


def session(*, outbound: bool, key: bytes | None = None) -> pylibsrtp.Session:
    """One direction, AES-128-GCM."""
    policy = pylibsrtp.Policy(
        key=key or os.urandom(28),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND
        if outbound
        else pylibsrtp.Policy.SSRC_ANY_INBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


def media(kind: MediaKind, codec: Codec, ssrc: int) -> NegotiatedMedia:
    """As a browser negotiates it."""
    return NegotiatedMedia(
        mid="0",
        kind=kind,
        codec=codec,
        payload_type=102,
        rtx_payload_type=103 if kind is MediaKind.VIDEO else None,
        fmtp="",
        extensions=Extensions(mid=4, abs_send_time=2),
        feedback=frozenset({"nack", "nack pli", "goog-remb"}),
        slot=Slot.LEAD,
        alternatives={codec: (102, 103)},
        ssrc=ssrc,
        rtx_ssrc=ssrc + 1,
    )


def packets(size: int, count: int) -> list[bytes]:
    """A key frame's start and what follows it."""
    return [
        write_packet(
            bytes((0x67 if number == 0 else 0x61,)) + os.urandom(size - 1),
            payload_type=102,
            seq=number & 0xFFFF,
            ts=number * 3000,
            ssrc=1,
        )
        for number in range(count)
    ]


class Bench:
    """An engine with a publisher and its subscribers, and a sink for all they are sent."""

    def __init__(self, kind: MediaKind, codec: Codec, subscribers: int) -> None:
        self.port = UdpPort(RelaySettings(media_host="127.0.0.1"))
        self.port.open()
        self.engine = PythonEngine(self.port, SystemClock(), Nobody())
        self.engine.start(Nobody())
        self.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sink.bind(("127.0.0.1", 0))
        self.camera = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.camera.bind(("127.0.0.1", 0))
        self.key = os.urandom(28)
        spec = PublicationSpec(1, 1, Slot.LEAD, kind, codec, "teacher")
        self.engine.add_publisher(1, 99, [(media(kind, codec, 0), spec)])
        inbound = PeerKeys(session(outbound=False, key=self.key), session(outbound=True))
        self.engine.connect_peer(1, inbound, self.camera.getsockname())
        for number in range(2, 2 + subscribers):
            described = media(kind, codec, 10 * number)
            self.engine.add_subscriber(
                number, [SubscriptionSpec(number, number, described, 1, 1, 1)]
            )
            keys = PeerKeys(session(outbound=False), session(outbound=True))
            self.engine.connect_peer(number, keys, self.sink.getsockname())
            self.engine.set_source(number, 1)
            self.engine.set_target_layer(number, "")

    async def forward(self, plain: list[bytes]) -> float:
        """Send all through the engine; CPU seconds of the process."""
        protecting = session(outbound=True, key=self.key)
        protected = [protecting.protect(packet) for packet in plain]
        target = ("127.0.0.1", self.port.port)
        began = time.process_time()
        for number, datagram in enumerate(protected):
            self.camera.sendto(datagram, target)
            if number % BURST == BURST - 1:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        return time.process_time() - began

    def forwarded(self) -> int:
        """Packets the engine sent to all subscribers."""
        return sum(
            subscriber.feed.subscriptions[0].counts.packets
            for subscriber in self.engine.tables.subscribers.values()
        )

    async def close(self) -> None:
        await self.engine.close()
        self.sink.close()
        self.camera.close()


def bare(plain: list[bytes], subscribers: int) -> float:
    """The floor in Python: CPU seconds to rewrite, protect and send to as many sessions."""
    sessions = [session(outbound=True) for _ in range(subscribers)]
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
    ):
        sink.bind(("127.0.0.1", 0))
        target = sink.getsockname()
        began = time.process_time()
        for packet in plain:
            payload = packet[12:]
            for number, one in enumerate(sessions):
                head = packet[:8] + (number + 1).to_bytes(4, "big")
                out.sendto(one.protect(head + payload), target)
        return time.process_time() - began


async def measure(quick: bool) -> dict[str, float | int | str]:
    """µs of CPU per forwarded packet, ours and bare."""
    figures: dict[str, float | int | str] = {"subscribers": SUBSCRIBERS}
    count = 400 if quick else 2_000
    for name, (kind, codec, size) in SIZES.items():
        bench = Bench(kind, codec, SUBSCRIBERS)
        plain = packets(size, count)
        ours = await bench.forward(plain)
        forwarded = bench.forwarded()
        await bench.close()
        floor = bare(plain, SUBSCRIBERS)
        figures[f"{name}_packets"] = forwarded
        figures[f"{name}_lost"] = count * SUBSCRIBERS - forwarded
        figures[f"{name}_us_per_packet"] = 1e6 * ours / max(1, forwarded)
        figures[f"{name}_bare_us_per_packet"] = 1e6 * floor / (count * SUBSCRIBERS)
        ratio = (ours / max(1, forwarded)) / (floor / (count * SUBSCRIBERS))
        figures[f"{name}_ratio_to_bare"] = ratio
    return figures


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    tell(asyncio.run(measure(options.quick)), options.json)


if __name__ == "__main__":
    main()
