"""What tests of the whole engine begin with: packets that tell their number, and who is there."""

from relay.rtp.packet import write_packet
from relay.sdp.negotiated import Extensions
from streamsvc.base.media import MediaKind
from tests.support.engine_model.packets import (
    h264_payload,
    media_of,
    opus_payload,
)
from tests.support.engine_peers import (
    FarPeer,
    Stage,
    published,
)

VIDEO, AUDIO = media_of(MediaKind.VIDEO), media_of(MediaKind.AUDIO)
OUT, OUT_RTX = VIDEO.ssrc, VIDEO.rtx_ssrc
SSRC = 11
KEY = h264_payload(0, is_key=True)
SIMULCAST = media_of(
    MediaKind.VIDEO, rids=("lo", "hi"), extensions=Extensions(mid=4, rid=5, repaired_rid=6)
)


def picture(
    seq: int, *, is_key: bool = False, ssrc: int = SSRC, rid: str = "", idc: int = 3
) -> bytes:
    """One packet of H.264 whose payload tells its number."""
    return write_packet(
        h264_payload(seq, is_key=is_key, idc=idc),
        payload_type=102,
        seq=seq & 0xFFFF,
        ts=3_000 * seq & 0xFFFFFFFF,
        ssrc=ssrc,
        elements=[(5, rid.encode())] if rid else [],
    )


def voice(seq: int, ssrc: int = SSRC) -> bytes:
    """Longer from packet to packet, as words are."""
    payload = opus_payload(seq) + bytes(seq % 4)
    return write_packet(payload, payload_type=111, seq=seq & 0xFFFF, ts=960 * seq, ssrc=ssrc)


async def watched(stage: Stage, viewers: int = 1) -> tuple[FarPeer, list[FarPeer]]:
    """A camera, and viewers who see it."""
    camera = stage.publisher(published(1, VIDEO))
    found = [stage.viewer(number, VIDEO) for number in range(2, 2 + viewers)]
    for number in range(2, 2 + viewers):
        stage.show(10 * number, 1)
    await stage.settled()
    camera.send(picture(0, is_key=True))
    for viewer in found:
        await stage.arrived(viewer, 1)
    return camera, found
