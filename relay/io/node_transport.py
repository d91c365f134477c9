"""What all peers of a node share: the port, the certificate, the addresses."""

from relay.io.addresses import advertised_addresses, host_candidates
from relay.io.aiortc_transport import new_certificate
from relay.io.ice_session import IceSession
from relay.io.udp_port import UdpPort
from relay.sdp.negotiated import LocalTransport
from relay.settings import RelaySettings


class NodeTransport:
    """`open` binds the port; then every peer's half of a description can be told."""

    def __init__(self, settings: RelaySettings) -> None:
        self.certificate = new_certificate()
        self.port = UdpPort(settings)
        self._settings = settings
        self._candidates: tuple[str, ...] = ()

    def open(self) -> None:
        """Bind. Raises EnvironmentFault `media-port-taken`."""
        self.port.open()
        addresses = advertised_addresses(self._settings)
        self._candidates = host_candidates(addresses, self.port.port)

    def described(self, session: IceSession) -> LocalTransport:
        """Our half of a description for this session."""
        return LocalTransport(session.credentials, self.certificate.fingerprint, self._candidates)
