"""Sender and receiver reports, source descriptions and goodbyes (RFC 3550 §6.4 to §6.6)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203
MAX_BLOCKS = 31
_CNAME = 1
_BLOCK_BYTES = 24
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_WORD = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one receiver saw of one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Of 256, since the previous report."""
    packets_lost: int
    """Cumulative, -2**23 to 2**23 - 1."""
    highest_seq: int
    """Extended highest sequence number received."""
    jitter_ticks: int
    last_sr: int
    """Middle 32 bits of the NTP time of the last SR; 0 if there was none."""
    delay_since_last_sr: int
    """In 1/65536 seconds."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A sender's clocks and counts, with what it received itself."""

    ssrc: int
    ntp_time: int
    rtp_time: int
    packet_count: int
    octet_count: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """What a receiver saw."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The canonical name of a source."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Sources that left."""

    ssrcs: tuple[int, ...]


Report = SenderReport | ReceiverReport | SourceDescription | Goodbye


def packet(kind: int, count: int, body: bytes) -> bytes:
    """One RTCP packet; `body` must be whole 32-bit words."""
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def write_sender_report(report: SenderReport) -> bytes:
    """SR packet."""
    head = _SENDER.pack(
        report.ssrc,
        report.ntp_time,
        report.rtp_time & 0xFFFFFFFF,
        report.packet_count & 0xFFFFFFFF,
        report.octet_count & 0xFFFFFFFF,
    )
    return packet(SENDER_REPORT, len(report.blocks), head + _write_blocks(report.blocks))


def write_receiver_report(report: ReceiverReport) -> bytes:
    """RR packet of at most 31 blocks."""
    body = _WORD.pack(report.ssrc) + _write_blocks(report.blocks)
    return packet(RECEIVER_REPORT, len(report.blocks), body)


def write_source_description(ssrc: int, cname: str) -> bytes:
    """SDES packet with one chunk and its CNAME."""
    name = cname.encode()
    chunk = _WORD.pack(ssrc) + bytes((_CNAME, len(name))) + name
    return packet(SOURCE_DESCRIPTION, 1, chunk + bytes(4 - len(chunk) % 4))


def write_goodbye(ssrcs: Sequence[int]) -> bytes:
    """BYE packet of at most 31 sources."""
    return packet(GOODBYE, len(ssrcs), b"".join(_WORD.pack(ssrc) for ssrc in ssrcs))


def read_sender_report(count: int, body: memoryview) -> list["SenderReport"]:
    """Raises struct.error when the body is too short."""
    ssrc, ntp_time, rtp_time, packets, octets = _SENDER.unpack_from(body)
    blocks = _read_blocks(count, body, _SENDER.size)
    return [SenderReport(ssrc, ntp_time, rtp_time, packets, octets, blocks)]


def read_receiver_report(count: int, body: memoryview) -> list["ReceiverReport"]:
    """Raises struct.error when the body is too short."""
    (ssrc,) = _WORD.unpack_from(body)
    return [ReceiverReport(ssrc, _read_blocks(count, body, _WORD.size))]


def read_goodbye(count: int, body: memoryview) -> list["Goodbye"]:
    """Raises struct.error when the body is too short."""
    return [Goodbye(tuple(_WORD.unpack_from(body, 4 * n)[0] for n in range(count)))]


def read_source_description(count: int, body: memoryview) -> list["SourceDescription"]:
    """CNAMEs of all chunks. Raises struct.error or IndexError when the body is too short."""
    found, position = [], 0
    for _ in range(count):
        (ssrc,) = _WORD.unpack_from(body, position)
        position += _WORD.size
        start = position
        while body[position]:
            length = body[position + 1]
            if body[position] == _CNAME:
                name = bytes(body[position + 2 : position + 2 + length])
                found.append(SourceDescription(ssrc, name.decode("utf-8", "replace")))
            position += 2 + length
        position = start + (position - start) // 4 * 4 + 4
    return found


def _write_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            (block.fraction_lost & 0xFF) << 24 | (block.packets_lost & 0xFFFFFF),
            block.highest_seq & 0xFFFFFFFF,
            block.jitter_ticks & 0xFFFFFFFF,
            block.last_sr,
            block.delay_since_last_sr,
        )
        for block in blocks
    )


def _read_blocks(count: int, body: memoryview, start: int) -> tuple[ReportBlock, ...]:
    return tuple(_read_block(body, start + n * _BLOCK_BYTES) for n in range(count))


def _read_block(body: memoryview, start: int) -> ReportBlock:
    ssrc, lost, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, start)
    cumulative = lost & 0xFFFFFF
    if cumulative & 0x800000:  # a receiver may count duplicates as negative loss
        cumulative -= 1 << 24
    return ReportBlock(ssrc, lost >> 24, cumulative, highest, jitter, last_sr, delay)
