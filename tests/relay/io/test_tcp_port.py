import socket
from collections.abc import Callable, Iterator

import pytest

from relay.io.ice_session import IceSession
from relay.io.node_transport import NodeTransport
from relay.io.tcp_port import TcpPort
from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """The number of a port that somebody else listens at."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        yield holder.getsockname()[1]


def opened(udp_port: int, **settings: object) -> TcpPort:
    port = TcpPort(RelaySettings.model_validate({"media_host": HOST, **settings}))
    port.open(udp_port)
    return port


def free_number() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def test_it_listens_at_the_number_of_the_udp_port() -> None:
    number = free_number()
    port = opened(number)
    assert port.port == number
    with socket.create_connection((HOST, number), timeout=5):
        pass
    port.close()
    port.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, number), timeout=5)


def test_any_port_does_where_that_number_is_taken_or_meant_for_something_else(taken: int) -> None:
    reserved = free_number()
    for port in (opened(taken), opened(reserved, other_tcp_ports=(reserved,))):
        assert port.port not in (0, taken, reserved)
        port.close()


def test_a_port_that_was_chosen_and_is_taken_is_told(taken: int) -> None:
    with pytest.raises(EnvironmentFault) as refused:
        opened(1, media_tcp_port=taken)
    assert refused.value.error_id == "media-port-taken"
    assert refused.value.details["port"] == taken


def test_connections_leave_descriptors_for_everything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = TcpPort(RelaySettings(max_peers=100))
    for soft, most in ((100_000, 200), (300, 150), (-1, 200)):
        monkeypatch.setattr("resource.getrlimit", lambda _, soft=soft: (soft, -1))
        assert port.max_streams == most


def test_a_port_that_is_not_open_has_no_number() -> None:
    port = TcpPort(RelaySettings())
    asks: list[Callable[[], int]] = [lambda: port.port, port.fileno]
    for ask in asks:
        with pytest.raises(RuntimeError):
            ask()


@pytest.mark.parametrize("by_tcp", [True, False])
def test_a_node_offers_tcp_only_where_it_listens(by_tcp: bool) -> None:
    node = NodeTransport(RelaySettings(media_host=HOST, media_by_tcp=by_tcp))
    node.open()
    local = node.described(IceSession(1, lambda datagram, address: None, 0.0))
    assert [value.split()[2] for value in local.candidates] == ["udp", "tcp"][: 1 + by_tcp]
    node.port.close()
    if node.tcp_port is not None:
        node.tcp_port.close()


def test_a_node_keeps_no_port_when_it_can_not_have_both(taken: int) -> None:
    node = NodeTransport(RelaySettings(media_host=HOST, media_tcp_port=taken))
    with pytest.raises(EnvironmentFault, match="media-port-taken"):
        node.open()
    with pytest.raises(RuntimeError):
        _ = node.port.port
