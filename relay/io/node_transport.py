"""What all peers of a node share: the ports, the certificate, the addresses."""

from relay.io.addresses import advertised_addresses, host_candidates, tcp_candidates
from relay.io.dtls import new_certificate
from relay.io.ice_session import IceSession
from relay.io.tcp_port import TcpPort
from relay.io.udp_port import UdpPort
from relay.sdp.negotiated import LocalTransport
from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault


class NodeTransport:
    """`open` binds the ports; then every peer's half of a description can be told."""

    def __init__(self, settings: RelaySettings) -> None:
        self.certificate = new_certificate()
        self.port = UdpPort(settings)
        self.tcp_port = TcpPort(settings) if settings.media_by_tcp else None
        self._settings = settings
        self._candidates: tuple[str, ...] = ()

    def open(self) -> None:
        """Bind. Raises EnvironmentFault `media-port-taken`."""
        self.port.open()
        addresses = advertised_addresses(self._settings)
        self._candidates = host_candidates(addresses, self.port.port)
        if self.tcp_port is None:
            return
        try:
            self.tcp_port.open(self.port.port)
        except EnvironmentFault:
            self.port.close()
            raise
        outer_port = self._settings.outer_tcp_port or self.tcp_port.port
        self._candidates += tcp_candidates(addresses, outer_port)

    def described(self, session: IceSession) -> LocalTransport:
        """Our half of a description for this session."""
        return LocalTransport(session.credentials, self.certificate.fingerprint, self._candidates)
