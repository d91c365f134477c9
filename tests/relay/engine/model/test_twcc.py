import struct

from hypothesis import given
from hypothesis import strategies as st

from relay.rtp import rtcp
from relay.rtp.rtcp_feedback import TRANSPORT_CC_FORMAT
from tests.support.engine_model import twcc

ARRIVALS = st.lists(st.one_of(st.none(), st.floats(0, 8)), min_size=1, max_size=120).filter(
    lambda arrivals: any(arrival is not None for arrival in arrivals)
)


def read(packet: bytes) -> tuple[int, list[float | None]]:
    """Base sequence number and arrivals of a feedback packet: the format, read independently."""
    (_, kind, body) = rtcp.split(packet)[0]
    assert kind == TRANSPORT_CC_FORMAT
    base, count = struct.unpack_from("!HH", body, 8)
    reference = int.from_bytes(body[12:15], "big") * twcc.REFERENCE_SECONDS
    symbols: list[int] = []
    position = 16
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if chunk >> 15:
            assert chunk >> 14 & 1
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
    arrivals: list[float | None] = []
    clock = reference
    for symbol in symbols[:count]:
        if symbol == 0:
            arrivals.append(None)
            continue
        size, form = (1, "!B") if symbol == 1 else (2, "!h")
        clock += struct.unpack_from(form, body, position)[0] * twcc.DELTA_SECONDS
        position += size
        arrivals.append(clock)
    return base, arrivals


@given(st.integers(0, 65_535), ARRIVALS)
def test_arrivals_are_read_back(base: int, arrivals: list[float | None]) -> None:
    packet = twcc.write_transport_feedback(
        sender_ssrc=1, media_ssrc=2, base_seq=base, arrivals=arrivals, feedback_count=3
    )
    found_base, found = read(packet)
    assert found_base == base
    assert [arrival is None for arrival in found] == [arrival is None for arrival in arrivals]
    for expected, actual in zip(arrivals, found, strict=True):
        if expected is not None and actual is not None:
            assert abs(expected - actual) < 2 * twcc.DELTA_SECONDS


def test_a_long_run_is_one_chunk() -> None:
    arrivals = [0.001 * index for index in range(100)]
    packet = twcc.write_transport_feedback(
        sender_ssrc=1, media_ssrc=2, base_seq=9, arrivals=arrivals, feedback_count=0
    )
    assert len(packet) == 4 + 16 + 2 + 100 + 2
