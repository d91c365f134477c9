"""H.264 pictures into RTP payloads of nearly equal size (RFC 6184: STAP-A and FU-A)."""

from collections.abc import Iterator

_STAP_A = 24
_FU_A = 28
_PARAMETER_SETS = (7, 8)
_START_CODE = b"\0\0\1"


def payloads(picture: bytes, most_bytes: int) -> list[bytes]:
    """Payloads of one picture in Annex B form; parameter sets travel together."""
    sets, found = [], []
    for unit in _units(picture):
        if unit[0] & 0x1F in _PARAMETER_SETS:
            sets.append(unit)
        elif len(unit) <= most_bytes:
            found.append(unit)
        else:
            found += _fragments(unit, most_bytes)
    return ([_aggregate(sets)] if sets else []) + found


def _units(picture: bytes) -> Iterator[bytes]:
    for unit in picture.split(_START_CODE):
        bare = unit.rstrip(b"\0")  # a longer start code, or trailing zero bytes
        if bare:
            yield bare


def _aggregate(units: list[bytes]) -> bytes:
    importance = max(unit[0] & 0x60 for unit in units)
    parts = (len(unit).to_bytes(2, "big") + unit for unit in units)
    return bytes((importance | _STAP_A,)) + b"".join(parts)


def _fragments(unit: bytes, most_bytes: int) -> Iterator[bytes]:
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    body = unit[1:]
    count = -(-len(body) // (most_bytes - 2))
    size = -(-len(body) // count)
    for number in range(count):
        edge = (0x80 if number == 0 else 0) | (0x40 if number == count - 1 else 0)
        yield bytes((indicator, edge | kind)) + body[number * size : (number + 1) * size]
