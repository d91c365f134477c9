"""ICE sessions of all peers on one port. The engine answers their checks and finds them by name and
by address; here is decided where a peer is, and its handshake gets its datagrams.
"""

import itertools

from relay.io.ice_session import IceSession
from relay.ports import Engine, ProvedCheck
from relay.sdp.negotiated import IceCredentials


class Mux:
    """Open a session per peer; hand it what the engine tells of checks and handshakes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._numbers = itertools.count(1)
        self._sessions: dict[int, IceSession] = {}

    def open(self, now: float, credentials: IceCredentials | None = None) -> IceSession:
        """A session with fresh credentials, unless there are some for it."""
        session = IceSession(next(self._numbers), self._engine.send_control, now, credentials)
        self._engine.open_name(session.number, session.credentials)
        self._sessions[session.number] = session
        return session

    def restart(self, session: IceSession) -> IceCredentials:
        """New credentials for a session; the old ones hold until the new are used."""
        fresh = session.restart()
        self._engine.open_name(session.number, fresh)
        return fresh

    def close(self, session: IceSession) -> None:
        """Nothing of it is answered any more; what it still sends, goes. Harmless to repeat."""
        if self._sessions.pop(session.number, None) is not None:
            self._engine.close_ice(session.number)

    def on_check(self, check: ProvedCheck) -> None:
        """A peer proved itself."""
        session = self._sessions.get(check.session)
        if session is None:
            return
        former = session.former_credentials
        if former is not None and check.ufrag == session.credentials.ufrag:
            session.former_credentials = None
            self._engine.close_name(former.ufrag)
        session.checked(check)

    def on_handshake(self, session: int, datagram: bytes, at: float) -> None:
        """DTLS of a session, which came then."""
        found = self._sessions.get(session)
        if found is not None:
            found.deliver(datagram, at)
