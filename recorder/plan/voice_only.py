"""A playable without its picture: our fMP4 with the picture's track left out (ISO/IEC 14496-12).

For rooms whose link has no room for pictures. Made from the files that are there when somebody
asks: bytes are cut and moved, nothing is decoded, and nothing more lies on the disk.
"""

import re
import struct
from collections.abc import Iterator

from recorder.plan.naming import VOICE_PREFIX

VOICE = b"soun"
_HEAD = 8
_NAMES = re.compile(r"(init-\d+\.mp4|\d+\.m4s)")
# flags of `tfhd` and `trun`
_BASE_OFFSET, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
_DATA_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
_SAMPLE_SIZE = 0x200


class _Malformed(ValueError):
    """None of our files."""


def playlist(text: str) -> str:
    """The playlist of the same segments without their pictures."""
    return _NAMES.sub(VOICE_PREFIX + r"\1", text)


def init(data: bytes) -> bytes:
    """The init section without other tracks than voice. Raises ValueError for a file that is none
    of ours."""
    voice = voice_track(data)
    return b"".join(
        _moov(body, voice) if name == b"moov" else _box(name, body) for name, body in _boxes(data)
    )


def voice_track(data: bytes) -> int:
    """Number of the voice's track in an init section. Raises ValueError without one."""
    moov = _child(data, b"moov")
    for name, body in _boxes(moov):
        if name == b"trak" and _handler(body) == VOICE:
            return _track_number(body)
    raise _Malformed("no voice")


def segment(data: bytes, voice: int) -> bytes:
    """A segment with nothing but the track numbered `voice`. Raises ValueError like `init`."""
    out, position = [], 0
    moof_at, moof = 0, b""
    for name, body in _boxes(data):
        if name == b"moof":
            moof_at, moof = position, body
        elif name == b"mdat":
            out.append(_fragment(data, moof_at, moof, voice))
        else:
            out.append(_box(name, body))
        position += _HEAD + len(body)
    return b"".join(out)


def _fragment(data: bytes, moof_at: int, moof: bytes, voice: int) -> bytes:
    """`moof` and `mdat` of one track: its samples lie together, so they are cut out as they are."""
    kept: list[bytes] = []
    samples: list[bytes] = []
    for name, body in _boxes(moof):
        if name == b"mfhd":
            kept.append(_box(name, body))
        elif name == b"traf" and _fragment_track(body) == voice:
            kept.append(_traf(data, moof_at, body, samples))
    size = _HEAD + sum(map(len, kept))
    offsets = _Offsets(size + _HEAD)
    moved = b"".join(offsets.moved(box) for box in kept)
    return _box(b"moof", moved) + _box(b"mdat", b"".join(samples))


class _Offsets:
    """Writes anew where each `trun` of a fragment finds its samples: one behind the other."""

    def __init__(self, first: int) -> None:
        self._next = first

    def moved(self, box: bytes) -> bytes:
        """The same box with right offsets."""
        name, body = box[4:8], box[_HEAD:]
        if name != b"traf":
            return box
        default = _default_size(_child(body, b"tfhd"))
        parts = []
        for inner, content in _boxes(body):
            parts.append(_box(inner, self._run(content, default) if inner == b"trun" else content))
        return _box(name, b"".join(parts))

    def _run(self, trun: bytes, default_size: int) -> bytes:
        at, self._next = self._next, self._next + _run_bytes(trun, default_size)
        return trun[:8] + struct.pack("!i", at) + trun[12:]


def _traf(data: bytes, moof_at: int, traf: bytes, samples: list[bytes]) -> bytes:
    default = _default_size(_child(traf, b"tfhd"))
    for name, body in _boxes(traf):
        if name == b"trun":
            flags, _, offset = struct.unpack_from("!IIi", body)
            if not flags & _DATA_OFFSET:
                raise _Malformed("no data offset")
            start = moof_at + offset
            samples.append(data[start : start + _run_bytes(body, default)])
    return _box(b"traf", traf)


def _run_bytes(trun: bytes, default_size: int) -> int:
    """Bytes of all samples of a `trun` (§8.8.8)."""
    flags, count = struct.unpack_from("!II", trun)
    if not flags & _SAMPLE_SIZE:
        return int(count * default_size)
    at = 8 + 4 * bool(flags & _DATA_OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    fields = [field for field in _SAMPLE_FIELDS if flags & field]
    place, width = fields.index(_SAMPLE_SIZE), len(fields)
    words = struct.unpack_from(f"!{count * width}I", trun, at)
    return sum(words[place::width])


def _default_size(tfhd: bytes) -> int:
    """§8.8.7; 0 where each sample tells its own."""
    flags = struct.unpack_from("!I", tfhd)[0] & 0xFFFFFF
    if not flags & _SIZE:
        return 0
    at = 8 + 8 * bool(flags & _BASE_OFFSET) + 4 * bool(flags & _DESCRIPTION)
    at += 4 * bool(flags & _DURATION)
    return int(struct.unpack_from("!I", tfhd, at)[0])


def _fragment_track(traf: bytes) -> int:
    return int(struct.unpack_from("!I", _child(traf, b"tfhd"), 4)[0])


def _moov(moov: bytes, voice: int) -> bytes:
    kept = []
    for name, body in _boxes(moov):
        if name == b"trak" and _track_number(body) != voice:
            continue
        if name == b"mvex":
            kept.append(_mvex(body, voice))
        else:
            kept.append(_box(name, body))
    return _box(b"moov", b"".join(kept))


def _mvex(mvex: bytes, voice: int) -> bytes:
    kept = [
        _box(name, body)
        for name, body in _boxes(mvex)
        if name != b"trex" or struct.unpack_from("!I", body, 4)[0] == voice
    ]
    return _box(b"mvex", b"".join(kept))


def _handler(trak: bytes) -> bytes:
    return _child(_child(trak, b"mdia"), b"hdlr")[8:12]


def _track_number(trak: bytes) -> int:
    tkhd = _child(trak, b"tkhd")
    at = 20 if tkhd[0] == 1 else 12
    return int(struct.unpack_from("!I", tkhd, at)[0])


def _child(body: bytes, wanted: bytes) -> bytes:
    for name, inner in _boxes(body):
        if name == wanted:
            return inner
    raise _Malformed(f"no {wanted.decode()}")


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I4s", _HEAD + len(body), name) + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Boxes that lie in `data`: name and content (§4.2)."""
    position = 0
    while position < len(data):
        if position + _HEAD > len(data):
            raise _Malformed("torn box")
        size, name = struct.unpack_from("!I4s", data, position)
        if size < _HEAD or position + size > len(data):
            raise _Malformed("torn box")
        yield name, data[position + _HEAD : position + size]
        position += size
