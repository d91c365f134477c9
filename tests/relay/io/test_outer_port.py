"""A proxy may stand before the TCP port: browsers are told its number."""

from relay.io.ice_session import new_credentials
from relay.io.node_transport import NodeTransport
from relay.settings import RelaySettings


class _Session:
    credentials = new_credentials()


async def test_candidates_by_tcp_have_the_outer_port() -> None:
    settings = RelaySettings(outer_tcp_port=443, advertise=("203.0.113.7",))
    node = NodeTransport(settings)
    node.open()
    try:
        told = node.described(_Session()).candidates  # type: ignore[arg-type]
        by_tcp = [line for line in told if " tcp " in line]
        assert by_tcp
        assert all(" 203.0.113.7 443 typ host" in line for line in by_tcp)
        assert all(f" {node.port.port} " in line for line in told if " udp " in line)
    finally:
        node.port.close()
        if node.tcp_port is not None:
            node.tcp_port.close()
