import pytest

from relay.io.ice_session import OLD_ADDRESS_SILENT_SECONDS, IceSession
from relay.io.mux import Mux
from relay.ports import Address, ProvedCheck
from relay.sdp.negotiated import IceCredentials

HOME, MOVED = ("192.0.2.1", 1111), ("192.0.2.1", 2222)
DTLS = bytes((22, 254, 253)) + bytes(20)
NEVER = float("-inf")


class Answering:
    """The engine's port, as far as ICE uses it: who is answered, and what goes out."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.sent: list[tuple[bytes, Address]] = []

    def open_name(self, session: int, credentials: IceCredentials) -> None:
        self.names[credentials.ufrag] = session

    def close_name(self, ufrag: str) -> None:
        self.names.pop(ufrag, None)

    def close_ice(self, session: int) -> None:
        self.names = {name: its for name, its in self.names.items() if its != session}

    def send_control(self, datagram: bytes, address: Address) -> None:
        self.sent.append((datagram, address))


@pytest.fixture
def engine() -> Answering:
    return Answering()


@pytest.fixture
def mux(engine: Answering) -> Mux:
    return Mux(engine)  # type: ignore[arg-type]


def check(
    session: IceSession,
    address: Address = HOME,
    at: float = 1.0,
    nominates: bool = True,
    elsewhere_at: float = NEVER,
) -> ProvedCheck:
    ufrag = session.credentials.ufrag
    return ProvedCheck(session.number, ufrag, address, at, nominates, elsewhere_at)


def test_a_proved_check_gives_the_peer_its_address(mux: Mux, engine: Answering) -> None:
    session = mux.open(0.0)
    assert engine.names == {session.credentials.ufrag: session.number}
    session.send(b"too early")
    mux.on_check(check(session))
    assert session.address == HOME and session.has_address.is_set() and session.heard_at == 1.0
    came = list[bytes]()
    session.on_handshake = came.append
    mux.on_handshake(session.number, DTLS, 0.0)
    assert came == [DTLS]
    session.send(b"answer")
    assert engine.sent == [(b"answer", HOME)]


def test_what_is_for_nobody_is_ignored(mux: Mux, engine: Answering) -> None:
    session = mux.open(0.0)
    mux.close(session)
    mux.close(session)
    mux.on_check(check(session))
    mux.on_handshake(session.number, DTLS, 0.0)
    assert engine.names == {} and session.address is None


def test_a_peer_moves_by_nomination_or_when_its_old_address_is_silent(mux: Mux) -> None:
    moves = list[Address]()
    session = mux.open(0.0)
    session.on_moved = moves.append
    mux.on_check(check(session))
    mux.on_check(check(session, MOVED, 1.5, nominates=False, elsewhere_at=1.0))
    assert session.address == HOME
    later = 1.1 + OLD_ADDRESS_SILENT_SECONDS
    mux.on_check(check(session, MOVED, later, nominates=False, elsewhere_at=1.0))
    assert session.address == MOVED
    mux.on_check(check(session, HOME, 5.0, elsewhere_at=later))
    assert moves == [HOME, MOVED, HOME]


def test_where_the_address_is_forgotten_the_next_check_tells_it_again(
    mux: Mux, engine: Answering
) -> None:
    moves = list[Address]()
    session = mux.open(0.0)
    session.on_moved = moves.append
    mux.on_check(check(session))
    session.forget_address()
    session.send(b"for nobody")
    assert (session.has_address.is_set(), engine.sent) == (False, [])
    mux.on_check(check(session, nominates=False))
    assert moves == [HOME, HOME]


def test_after_a_restart_the_old_name_holds_until_the_new_is_used(
    mux: Mux, engine: Answering
) -> None:
    session = mux.open(0.0)
    old = check(session)
    mux.restart(session)
    assert len(engine.names) == 2
    mux.on_check(old)
    assert session.address == HOME and len(engine.names) == 2
    mux.on_check(check(session, MOVED, 2.0))
    assert session.address == MOVED and engine.names == {session.credentials.ufrag: 1}
