"""CPU of forwarding one packet to one viewer, by our engine as it is in the product.

One publisher, many subscribers, real SRTP (AES-128-GCM) and real UDP on loopback into sockets with
the swarm's packet filter. No ICE, no DTLS, no reports: what `fanout.py` measures in the whole
service, here for the packet path alone. Reference in the same run: the floor (floor.py), which
only encrypts and sends. CPU is that of the process, with the control thread and the sending camera
in it.
"""

import asyncio
import os
import socket
import time

import pylibsrtp

from relay.client.swarm.lean_socket import LeanSocket
from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.engine import NativeEngine
from relay.io.udp_port import UdpPort
from relay.ports import PeerKeys
from relay.rtp.packet import write_packet
from relay.sdp.negotiated import Extensions, NegotiatedMedia
from relay.settings import RelaySettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Codec, MediaKind, Slot
from tests.bench import floor
from tests.bench.figures import arguments, tell
from tests.support.engine_news import Heard
from tests.support.engine_peers import GCM_128, session
from tests.support.waiting import until

SUBSCRIBERS = 200
SIZES = {
    "picture": (MediaKind.VIDEO, Codec.H264, 1_100),
    "voice": (MediaKind.AUDIO, Codec.OPUS, 80),
}
FRAME_PACKETS = 4
"""Sent at once, as a frame arrives; the floor has as many in a message."""
FRAMES_A_SECOND = 150
"""So many rooms' frames share the engine in reality; it is busy, and not at its limit."""


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


def keys(inbound: bytes | None = None) -> PeerKeys:
    """Of one peer; `inbound` where somebody will send with it."""
    return PeerKeys(
        session(GCM_128, inbound or os.urandom(GCM_128.key_bytes), is_outbound=False),
        session(GCM_128, os.urandom(GCM_128.key_bytes), is_outbound=True),
    )


class Bench:
    """An engine with a publisher and its subscribers."""

    def __init__(self, kind: MediaKind, codec: Codec, viewers: list[LeanSocket]) -> None:
        self.port = UdpPort(RelaySettings(media_host="127.0.0.1"))
        self.port.open()
        heard = Heard()
        self.engine = NativeEngine(self.port, SystemClock(), heard, 2 * len(viewers))
        self.engine.start(heard)
        self.camera = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.camera.bind(("127.0.0.1", 0))
        self.key = os.urandom(GCM_128.key_bytes)
        spec = PublicationSpec(1, 1, Slot.LEAD, kind, codec, "teacher")
        self.engine.add_publisher(1, 99, [(media(kind, codec, 0), spec)])
        self.engine.connect_peer(1, 1, keys(self.key), self.camera.getsockname())
        for number, viewer in enumerate(viewers, start=2):
            described = media(kind, codec, 10 * number)
            specs = [SubscriptionSpec(number, number, described, 1, 1, 1)]
            self.engine.add_subscriber(number, specs)
            self.engine.connect_peer(number, number, keys(), ("127.0.0.1", viewer.port))
            self.engine.set_source(number, 1)
            self.engine.set_target_layer(number, "")

    async def forward(self, plain: list[bytes], viewers: int) -> float:
        """Send all through the engine at its pace; CPU seconds of the process."""
        await until(lambda: self.engine.is_settled)
        protecting: pylibsrtp.Session = session(GCM_128, self.key, is_outbound=True)
        datagrams = [protecting.protect(packet) for packet in plain]
        target = ("127.0.0.1", self.port.port)
        began, next_at = time.process_time(), time.monotonic()
        for first in range(0, len(datagrams), FRAME_PACKETS):
            for datagram in datagrams[first : first + FRAME_PACKETS]:
                self.camera.sendto(datagram, target)
            next_at = max(time.monotonic(), next_at + 1 / FRAMES_A_SECOND)
            await asyncio.sleep(next_at - time.monotonic())
        await until(lambda: self.forwarded() >= len(plain) * viewers)
        return time.process_time() - began

    def forwarded(self) -> int:
        """Packets the engine sent to all subscribers."""
        return self.engine.counters()["forwarded"]

    async def close(self) -> None:
        await self.engine.close()
        self.camera.close()


async def measure(quick: bool) -> dict[str, float | int | str]:
    """µs of CPU per forwarded packet, ours and the floor's."""
    figures: dict[str, float | int | str] = {"subscribers": SUBSCRIBERS}
    count = 1_200 if quick else 6_000
    for name, (kind, codec, size) in SIZES.items():
        with floor.receivers(SUBSCRIBERS) as viewers:
            bench = Bench(kind, codec, viewers)
            seconds = await bench.forward(packets(size, count), SUBSCRIBERS)
            counters = bench.engine.counters()
            await bench.close()
        run = FRAME_PACKETS if kind is MediaKind.VIDEO else 1
        least = floor.measure(
            SUBSCRIBERS, packet_bytes=size + 12, run=run, seconds=1.0 if quick else 3.0
        )
        ours = 1e6 * seconds / counters["forwarded"]
        figures[f"{name}_packets"] = counters["forwarded"]
        figures[f"{name}_refused"] = counters["send_failed"]
        figures[f"{name}_us_per_packet"] = ours
        figures[f"{name}_floor_us_per_packet"] = least.us_per_packet
        figures[f"{name}_ratio_to_floor"] = ours / least.us_per_packet
    return figures


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    tell(asyncio.run(measure(options.quick)), options.json)


if __name__ == "__main__":
    main()
