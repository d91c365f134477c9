"""Control datagrams of all peers on one port: checks by name, then handshakes by address.

            first byte (RFC 7983)
datagram ─► 0..3    STUN ─► name ─► password proves it ─► answer; the address is the peer's
            20..63  DTLS ─► address ─► the session's pipe
            others  dropped and counted
"""

from relay.io import stun
from relay.io.ice_session import IceSession, Send
from relay.metrics import DATAGRAMS_DROPPED
from relay.ports import Address
from relay.sdp.negotiated import IceCredentials
from streamsvc.base.errors import ProtocolError


class Mux:
    """Open a session per peer; `handle` every control datagram."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._by_name: dict[str, IceSession] = {}
        self._by_address: dict[Address, IceSession] = {}

    def open(self, now: float) -> IceSession:
        """A session with fresh credentials."""
        session = IceSession(self._send, now)
        self._by_name[session.credentials.ufrag] = session
        return session

    def restart(self, session: IceSession) -> IceCredentials:
        """New credentials for a session; the old ones hold until the new are used."""
        self._forget_former(session)
        fresh = session.restart()
        self._by_name[fresh.ufrag] = session
        return fresh

    def close(self, session: IceSession) -> None:
        """Nothing of it is answered any more; what it still sends, goes. Harmless to repeat."""
        self._forget_former(session)
        self._by_name.pop(session.credentials.ufrag, None)
        for address in session.addresses:
            self._forget_address(address, session)

    def _forget_former(self, session: IceSession) -> None:
        if session.former_credentials is not None:
            self._by_name.pop(session.former_credentials.ufrag, None)
            session.former_credentials = None

    def _forget_address(self, address: Address, session: IceSession) -> None:
        if self._by_address.get(address) is session:
            del self._by_address[address]

    def handle(self, datagram: bytes, address: Address, now: float) -> None:
        """One datagram that is not media."""
        first = datagram[0] if datagram else 255
        if first <= 3:
            self._on_check(datagram, address, now)
        elif 20 <= first <= 63 and address in self._by_address:
            self._by_address[address].deliver(datagram)
        else:
            DATAGRAMS_DROPPED.labels("not_ours").inc()

    def _on_check(self, datagram: bytes, address: Address, now: float) -> None:
        try:
            request = stun.read_request(datagram)
        except ProtocolError:
            DATAGRAMS_DROPPED.labels("not_ours").inc()
            return
        session = self._by_name.get(request.local_ufrag)
        credentials = _named(session, request.local_ufrag) if session else None
        if session is None or credentials is None or not request.is_proved_by(credentials.pwd):
            DATAGRAMS_DROPPED.labels("stun_refused").inc()
            return
        if credentials is session.credentials:
            self._forget_former(session)
        self._send(stun.write_success(request.transaction_id, address, credentials.pwd), address)
        self._by_address[address] = session
        forgotten = session.checked(address, now, nominates=request.nominates)
        if forgotten is not None:
            self._forget_address(forgotten, session)


def _named(session: IceSession, ufrag: str) -> IceCredentials | None:
    """Which of the session's credentials the check uses."""
    if session.credentials.ufrag == ufrag:
        return session.credentials
    return session.former_credentials
