"""The mark at the end of a payload."""

from hypothesis import given
from hypothesis import strategies as st

from relay.client.swarm.stamp import STAMP_BYTES, read_stamp, stamped


@given(st.binary(max_size=64), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_what_is_stamped_is_read(payload: bytes, number: int, sent_ns: int) -> None:
    marked = stamped(payload, number, sent_ns)
    assert read_stamp(marked) == (number, sent_ns)
    assert marked[:-STAMP_BYTES] == payload


@given(st.binary(max_size=40).filter(lambda packet: packet[-16:-12] != b"SwM1"))
def test_other_packets_have_none(packet: bytes) -> None:
    assert read_stamp(packet) is None


def test_the_number_wraps() -> None:
    assert read_stamp(stamped(b"", 2**32 + 5, 1)) == (5, 1)
