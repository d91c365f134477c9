"""RTP payloads of a picture: what a sender makes of a file, and what came of it."""

from collections.abc import Sequence
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from aiortc.codecs.h264 import H264Encoder

from relay.client.file_plan import plan_file
from relay.client.peer import MediaPeer
from relay.client.played_file import endless_items
from streamsvc.base.media import MediaKind
from tests.support.rtp_peers import Peer


def sent_payloads(source: Path) -> list[bytes]:
    """What a sender of this file puts into packets, from its beginning to its end."""
    plan = plan_file(source)
    (stream,) = (one for one in plan.streams if one.kind is MediaKind.VIDEO)
    items = takewhile(
        lambda item: item.seconds < plan.period_seconds, endless_items(plan, stream, 0.0)
    )
    encoder = H264Encoder()
    return [payload for item in items for payload in encoder.pack(item.packet)[0]]


def kept_payloads(peer: MediaPeer | Peer, kind: str = "video") -> dict[int, bytes]:
    """What its first picture is put together of from now on, by sequence number; or its voice."""
    kept: dict[int, bytes] = {}
    found = (x for x in peer.connection.getTransceivers() if x.kind == kind)
    receiver = next(found).receiver
    jitter_buffer = receiver._RTCRtpReceiver__jitter_buffer  # type: ignore[attr-defined]  # noqa: SLF001
    take = jitter_buffer.add

    def keep(packet: Any) -> Any:
        kept[packet.sequence_number] = packet.payload
        return take(packet)

    jitter_buffer.add = keep
    return kept


def in_order(kept: dict[int, bytes]) -> list[bytes]:
    """From the first that came, up to one that is missing."""
    first = next(iter(kept))
    numbers = takewhile(kept.__contains__, ((first + n) & 0xFFFF for n in count()))
    return [kept[number] for number in numbers]


def follow(packets: Sequence[bytes], source: Sequence[bytes]) -> bool:
    """Whether they come one after the other in a source that begins again and again."""
    return any(
        all(packet == source[(place + n) % len(source)] for n, packet in enumerate(packets))
        for place in range(len(source))
    )
