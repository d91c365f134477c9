import socket

import pytest

from streamsvc import listen
from streamsvc.base.errors import EnvironmentFault


def test_a_taken_port_is_named() -> None:
    with listen.bind_tcp("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(EnvironmentFault) as caught:
            listen.bind_tcp("127.0.0.1", port)
    assert (caught.value.error_id, caught.value.details["port"]) == ("port-taken", port)


def test_a_taken_udp_port_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.bind(("127.0.0.1", 0))
        with pytest.raises(EnvironmentFault, match="port-taken"):
            listen.check_udp("127.0.0.1", first.getsockname()[1])


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(EnvironmentFault, match="address-unknown"):
        listen.bind_tcp("192.0.2.1", 0)


def test_connections_try_again_at_the_same_pace() -> None:
    option = listen.TCP_THIN_LINEAR_TIMEOUTS
    with listen.bind_tcp("127.0.0.1", 0) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()) as caller:
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, option) == 1
                assert caller.getsockopt(socket.IPPROTO_TCP, option) == 0
