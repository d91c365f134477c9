"""Writes the seed corpus of the fuzz targets from real packets, one folder for each target."""

from pathlib import Path

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import write_fir, write_nack, write_pli, write_remb
from relay.rtp.rtcp_reports import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    write_goodbye,
    write_receiver_report,
    write_sender_report,
    write_source_description,
)
from relay.rtp.rtcp_xr import write_receiver_reference_time
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import Codec
from tests.relay.io.test_stun import check
from tests.support.rtp_media import Packetizer, picture_clip, voice_clip

HERE = Path(__file__).parent
CAMERA, SCREEN, VIEWER, TIME, LONG_TIME, COMMAND = 0, 2, 3, 5, 6, 7
"""Operations of the engine's target, see native/fuzz.c."""
SIGNED, AS_IT_IS, OPEN, CLOSE_NAME, CLOSE_SESSION, MOVE = 0, 3, 6, 6 | 8, 6 | 16, 6 | 24
"""Of the control target, see native/fuzz_control.c."""
CALL, HANG_UP, PASS, DOUBT, ANSWER, SAY = range(6)
"""Of the streams target, see native/fuzz_streams.c."""
MERGED = 0xC1
"""The viewer's voice in the merged form."""
BLOCK = ReportBlock(200, 12, 3, 65_540, 90, 0x12345678, 6_000)
NTP = ntp_from_wall_ms(1_800_000_000_000)


def payloads(codec: Codec) -> list[bytes]:
    """Of a real encoder's first frames: parameter sets, fragments, whole small frames."""
    packetizer = Packetizer(codec, ssrc=1)
    clip = picture_clip(codec, 0.4, 10, 160, 96)
    return [packet[12:400] for frame in clip[:2] for packet in packetizer.packets(frame)][:4]


def reports() -> dict[str, bytes]:
    """Compounds as browsers and publishers send them."""
    sender = write_sender_report(SenderReport(31, NTP, 1_000, 5, 6))
    receiver = write_receiver_report(ReceiverReport(1, (BLOCK,)))
    return {
        "sender": sender + write_source_description(31, "camera"),
        "receiver": receiver + write_remb(1, 2_500_000, [200, 202]),
        "nack": write_nack(1, 200, [65_500, 65_501, 65_520, 3]) + write_pli(1, 202),
        "fir": write_receiver_report(ReceiverReport(1)) + write_fir(1, 200, 3),
        "clock": receiver + write_receiver_reference_time(1, NTP) + write_goodbye([1]),
    }


def rtp() -> dict[str, bytes]:
    """Pictures and voice with the extensions the stage's publishers have agreed to."""
    h264, vp8 = payloads(Codec.H264), payloads(Codec.VP8)
    voice = bytes(voice_clip(0.1)[0].data)
    both = [(5, b"lo"), (3, b"\0\7")]
    return {
        "h264": write_packet(h264[0], payload_type=102, seq=65_535, ts=9, ssrc=21, elements=both),
        "vp8": write_packet(vp8[0], payload_type=96, seq=1, ts=9, ssrc=31, elements=both[1:]),
        "opus": write_packet(voice[:80], payload_type=111, seq=1, ts=9, ssrc=41),
        "two-byte": write_packet(
            b"x", payload_type=96, seq=1, ts=9, ssrc=31, elements=[(40, bytes(20)), (3, b"\0\1")]
        ),
        "rtx": write_packet(b"\0\2" + vp8[0][:60], payload_type=97, seq=1, ts=9, ssrc=32),
    }


def sent(operation: int, datagram: bytes) -> bytes:
    """One datagram in a script of the engine's target."""
    return bytes((operation,)) + len(datagram).to_bytes(2, "big") + datagram


def framed(datagram: bytes) -> bytes:
    """As a connection by TCP carries it (RFC 4571)."""
    return len(datagram).to_bytes(2, "big") + datagram


def scripts() -> dict[str, bytes]:
    """Short lessons: a picture, time, reports, a wish."""
    packets, said = rtp(), reports()
    later = write_packet(b"\x61", payload_type=102, seq=3, ts=9_000, ssrc=21)
    camera = sent(CAMERA, packets["h264"]) + sent(CAMERA, packets["opus"]) + sent(CAMERA, later)
    screen = sent(SCREEN, packets["vp8"]) + sent(SCREEN, packets["rtx"])
    passes = bytes((TIME | 20 << 3, LONG_TIME | 31 << 3))
    return {
        "camera": camera + passes + sent(VIEWER, said["nack"]) + sent(VIEWER, said["receiver"]),
        "screen": screen + sent(SCREEN, said["sender"]) + passes + sent(VIEWER, said["fir"]),
        "commands": screen + b"".join(bytes((COMMAND, what << 3 | 0x81)) for what in range(8)),
        "clock": camera + sent(VIEWER, said["clock"]) + passes + screen,
        "merged": bytes((COMMAND, MERGED)) + spoken(9) + sent(VIEWER, said["nack"]) + passes,
    }


def spoken(packets: int) -> bytes:
    """A voice from its first packet on."""
    clip = [bytes(packet.data) for packet in voice_clip(0.3)]
    return b"".join(
        sent(CAMERA, write_packet(clip[n], payload_type=111, seq=n + 1, ts=960 * (n + 1), ssrc=41))
        for n in range(packets)
    )


def voice_scripts() -> dict[str, bytes]:
    """Packets in order, with gaps, and of several lengths."""
    clip = [bytes(packet.data) for packet in voice_clip(0.3)]
    gaps = (1, 1, 1, 2, 1, 0x7F, 1, 1, 1, 30, 1, 1)
    return {
        "whole": b"".join(b"\1" + framed(payload) for payload in clip),
        "gaps": b"".join(
            bytes((gap,)) + framed(payload) for gap, payload in zip(gaps, clip, strict=False)
        ),
        "sizes": b"".join(b"\1" + framed(b"\x78" + bytes(n)) for n in (0, 1, 250, 260, 1_275, 9)),
    }


def control_scripts() -> dict[str, bytes]:
    """How a browser comes: checks by UDP or TCP, a handshake, another network, a restart."""
    ours, hello = check("ours0:theirs"), b"\x16\xfe\xff" + bytes(60)
    joins = from_place(SIGNED, 0, ours) + from_place(AS_IT_IS, 0, hello)
    restart = bytes((OPEN, 3)) + from_place(SIGNED, 1, check("ours1:theirs", nominates=False))
    end = bytes((CLOSE_NAME, 0, CLOSE_SESSION, 0)) + from_place(AS_IT_IS, 0, hello)
    return {
        "joins": joins + from_place(AS_IT_IS, 0, ours) + from_place(SIGNED, 6, ours),
        "restarts": joins + restart + bytes((OPEN, 6)) + end,
        "moves": joins + bytes((MOVE, 4)) + from_place(SIGNED, 4, ours) + bytes((TIME,)) + end,
        "two": joins + bytes((OPEN, 4)) + from_place(SIGNED, 0, check("ours1:theirs")) + end,
    }


def from_place(operation: int, place: int, datagram: bytes) -> bytes:
    """One datagram in a script of the control target."""
    return bytes((operation, place)) + framed(datagram)


def streams_scripts() -> dict[str, bytes]:
    """Callers who prove themselves, in one piece and in two, are slow, or make no sense."""
    even, odd = framed(b"\0" + bytes(90)), framed(b"\1" + bytes(90))
    large = framed(b"\2" + bytes(1_400))
    whole = caller(CALL, 0) + caller(SAY, 0, even + framed(b"") + large)
    parts = caller(CALL, 1) + caller(SAY, 1, even[:40]) + caller(SAY, 1, even[40:] + large[:700])
    full = caller(ANSWER, 0) * 6 + caller(SAY, 0, large)
    return {
        "whole": whole + caller(DOUBT, 0) + caller(SAY, 0, even) + caller(SAY, 0, odd),
        "parts": parts + caller(SAY, 1, large[700:]) + caller(HANG_UP, 1),
        "slow": whole + full + caller(PASS, 31) + full,
        "refused": caller(CALL, 2)
        + caller(SAY, 2, odd)
        + caller(CALL, 3)
        + caller(SAY, 3, b"\xff\xff"),
    }


def caller(operation: int, number: int, said: bytes | None = None) -> bytes:
    """One operation in a script of the streams target."""
    return bytes((operation | number << 3,)) + (b"" if said is None else framed(said))


def main() -> None:
    """Write all."""
    corpus = {
        "rtp": rtp(),
        "vp8": {f"{n}": payload for n, payload in enumerate(payloads(Codec.VP8))},
        "h264": {f"{n}": payload for n, payload in enumerate(payloads(Codec.H264))},
        "rtcp": reports(),
        "stun": {"nominates": check(), "plain": check(nominates=False)},
        "stream": {"two": framed(check()) + framed(rtp()["opus"]), "part": framed(check())[:40]},
        "engine": scripts(),
        "control": control_scripts(),
        "streams": streams_scripts(),
        "voice": voice_scripts(),
    }
    for target, inputs in corpus.items():
        (HERE / target).mkdir(exist_ok=True)
        for name, content in inputs.items():
            (HERE / target / name).write_bytes(content)


if __name__ == "__main__":
    main()
