import asyncio
import socket
import struct
import time

import pytest

from relay.io.udp_port import LONGEST_WAIT_SECONDS, UdpPort, waited_seconds
from relay.settings import RelaySettings
from tests.support.waiting import until

STAMP = 35  # SO_TIMESTAMPNS
WALL_NS = 1_800_000_000_500_000_000


def stamped(nanoseconds_ago: int) -> list[tuple[int, int, bytes]]:
    seconds, nanoseconds = divmod(WALL_NS - nanoseconds_ago, 1_000_000_000)
    return [(socket.SOL_SOCKET, STAMP, struct.pack("@ll", seconds, nanoseconds))]


@pytest.mark.parametrize(
    ("ago_ns", "waited"),
    [(0, 0.0), (30_000_000, 0.03), (900_000_000, 0.9), (-5_000_000, 0.0), (2_000_000_000, 0.0)],
)
def test_a_stamp_is_believed_unless_the_clock_was_set(ago_ns: int, waited: float) -> None:
    assert waited_seconds(stamped(ago_ns), WALL_NS) == pytest.approx(waited)
    assert LONGEST_WAIT_SECONDS == 1.0


@pytest.mark.parametrize(
    "ancillary", [[], [(socket.SOL_SOCKET, STAMP, b"short")], [(0, 8, bytes(16))]]
)
def test_no_stamp_is_now(ancillary: list[tuple[int, int, bytes]]) -> None:
    assert waited_seconds(ancillary, WALL_NS) == 0.0


async def test_a_datagram_read_late_says_when_it_arrived() -> None:
    port = UdpPort(RelaySettings(media_host="127.0.0.1"))
    port.open()
    taken: list[tuple[bytes, float]] = []
    port.start(lambda datagram, address, waited: taken.append((datagram, waited)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"early", ("127.0.0.1", port.port))
        sent_at = time.monotonic()
        while time.monotonic() - sent_at < 0.05:  # the loop is busy with something else
            pass
        await until(lambda: taken)
        late_seconds = time.monotonic() - sent_at
    port.close()
    await asyncio.sleep(0)
    ((datagram, waited),) = taken
    assert datagram == b"early"
    assert 0.05 <= waited <= late_seconds + 0.01
