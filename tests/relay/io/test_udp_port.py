import socket
from collections.abc import Callable

import pytest

from relay.io.udp_port import UdpPort
from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault

ON_THIS_MACHINE = RelaySettings(media_host="127.0.0.1")
STAMP = 35  # SO_TIMESTAMPNS


def test_what_is_sent_arrives_from_the_port() -> None:
    port = UdpPort(ON_THIS_MACHINE)
    port.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(5)
        port.send(b"hello", far.getsockname())
        assert far.recvfrom(100) == (b"hello", ("127.0.0.1", port.port))
    port.close()
    port.close()


def test_the_socket_does_not_block_and_carries_the_kernels_stamp() -> None:
    port = UdpPort(ON_THIS_MACHINE)
    port.open()
    with socket.socket(fileno=socket.dup(port.fileno())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, STAMP) == 1
        with pytest.raises(BlockingIOError):
            same.recv(1)
    port.close()


def test_what_a_full_queue_lost_is_known() -> None:
    port = UdpPort(RelaySettings(media_host="127.0.0.1", socket_buffer_bytes=1 << 16))
    port.open()
    sent, came = 1_000, 0
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        socket.socket(fileno=socket.dup(port.fileno())) as same,
    ):
        for _ in range(sent):
            far.sendto(bytes(1_000), ("127.0.0.1", port.port))
        lost = port.overflowed
        with pytest.raises(BlockingIOError):
            while same.recv(2_000):
                came += 1
        assert 0 < came < sent
        assert lost == port.overflowed == sent - came
    port.close()
    assert port.overflowed == lost


def test_a_taken_port_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        taken = RelaySettings(media_host="127.0.0.1", media_port=holder.getsockname()[1])
        with pytest.raises(EnvironmentFault) as refused:
            UdpPort(taken).open()
    assert refused.value.error_id == "media-port-taken"


def test_a_port_that_is_not_open_sends_nothing_and_has_no_number() -> None:
    port = UdpPort(ON_THIS_MACHINE)
    port.send(b"nobody hears it", ("127.0.0.1", 9))
    asks: list[Callable[[], int]] = [lambda: port.port, port.fileno]
    for ask in asks:
        with pytest.raises(RuntimeError):
            ask()
