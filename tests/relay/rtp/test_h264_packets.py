"""Pictures into payloads and back."""

from hypothesis import given
from hypothesis import strategies as st

from relay.rtp.h264_packets import payloads
from tests.support.engine_model.h264 import is_keyframe_start, nal_types

SPS, PPS = b"\x67" + bytes(range(1, 20)), b"\x68\x01\x02"


def annex_b(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def slice_of(size: int, kind: int = 0x61) -> bytes:
    return bytes((kind,)) + bytes(1 + n % 255 for n in range(size - 1))


def joined(parts: list[bytes]) -> list[bytes]:
    """Units again, by RFC 6184 §5.7.1 and §5.8."""
    units: list[bytes] = []
    for part in parts:
        kind = part[0] & 0x1F
        if kind == 24:
            at = 1
            while at < len(part):
                size = int.from_bytes(part[at : at + 2], "big")
                units.append(part[at + 2 : at + 2 + size])
                at += 2 + size
        elif kind == 28:
            if part[1] & 0x80:
                units.append(bytes((part[0] & 0xE0 | part[1] & 0x1F,)))
            units[-1] += part[2:]
        else:
            units.append(part)
    return units


@given(st.lists(st.integers(2, 5_000), min_size=1, max_size=4), st.integers(100, 1_200))
def test_what_is_cut_can_be_put_together(sizes: list[int], most_bytes: int) -> None:
    slices = [slice_of(size) for size in sizes]
    parts = payloads(annex_b(*slices), most_bytes)
    assert joined(parts) == slices
    assert all(len(part) <= most_bytes for part in parts)


def test_fragments_are_of_nearly_equal_size() -> None:
    parts = payloads(annex_b(slice_of(5_000)), 1_050)
    assert len(parts) == 5
    assert max(map(len, parts)) - min(map(len, parts)) <= 5
    assert [bool(part[1] & 0x80) for part in parts] == [True, False, False, False, False]
    assert [bool(part[1] & 0x40) for part in parts] == [False, False, False, False, True]


def test_parameter_sets_travel_together_before_their_picture() -> None:
    parts = payloads(annex_b(SPS, PPS, slice_of(400, 0x65)), 1_050)
    assert len(parts) == 2
    assert nal_types(memoryview(parts[0])) == {7, 8}
    assert is_keyframe_start(memoryview(parts[1]))
    assert joined(parts) == [SPS, PPS, slice_of(400, 0x65)]
