import pytest

from relay.io.ice_session import MAX_ADDRESSES, MAX_WAITING, OLD_ADDRESS_SILENT_SECONDS
from relay.io.mux import Mux
from relay.ports import Address
from streamsvc.base.errors import PeerGone
from tests.relay.io.test_stun import check

HOME, MOVED = ("192.0.2.1", 1111), ("192.0.2.1", 2222)
DTLS = bytes((22, 254, 253)) + bytes(20)


class Sent(list[tuple[bytes, Address]]):
    """What went out."""

    def send(self, datagram: bytes, address: Address) -> None:
        self.append((datagram, address))


def proved(session: object, nominates: bool = True) -> bytes:
    ice = session.credentials  # type: ignore[attr-defined]
    return check(f"{ice.ufrag}:theirs", ice.pwd, nominates)


async def test_a_proved_check_is_answered_and_gives_the_peer_its_address() -> None:
    sent = Sent()
    mux = Mux(sent.send)
    session = mux.open(0.0)
    mux.handle(proved(session), HOME, 1.0)
    assert session.address == HOME and session.has_address.is_set()
    assert [address for _, address in sent] == [HOME]
    mux.handle(DTLS, HOME, 2.0)
    assert await session.receive() == DTLS


async def test_a_stranger_gets_no_answer() -> None:
    sent = Sent()
    mux = Mux(sent.send)
    session = mux.open(0.0)
    mux.handle(check(f"{session.credentials.ufrag}:x", "a guess"), HOME, 1.0)
    mux.handle(check("nobody:x", session.credentials.pwd), HOME, 1.0)
    mux.handle(b"\0\1garbage", HOME, 1.0)
    mux.handle(DTLS, HOME, 1.0)
    mux.handle(b"", HOME, 1.0)
    assert sent == [] and session.address is None


async def test_a_peer_moves_by_nomination_or_when_its_old_address_is_silent() -> None:
    mux, moves = Mux(Sent().send), list[Address]()
    session = mux.open(0.0)
    session.on_moved = moves.append
    mux.handle(proved(session), HOME, 1.0)
    mux.handle(proved(session, nominates=False), MOVED, 1.5)
    assert session.address == HOME
    mux.handle(proved(session, nominates=False), MOVED, 1.1 + OLD_ADDRESS_SILENT_SECONDS)
    assert session.address == MOVED
    mux.handle(proved(session), HOME, 5.0)
    assert moves == [HOME, MOVED, HOME]
    mux.handle(DTLS, MOVED, 6.0)  # also from where it was
    assert await session.receive() == DTLS


async def test_a_peer_can_not_hold_more_than_so_many_addresses() -> None:
    mux = Mux(Sent().send)
    session = mux.open(0.0)
    mux.handle(proved(session), HOME, 0.0)
    for port in range(3 * MAX_ADDRESSES):
        mux.handle(proved(session, nominates=False), ("192.0.2.9", port), 0.1)
    assert len(session.addresses) == MAX_ADDRESSES
    assert session.address == HOME and HOME in session.addresses


async def test_after_a_restart_the_old_name_holds_until_the_new_is_used() -> None:
    mux = Mux(Sent().send)
    session = mux.open(0.0)
    old = proved(session)
    mux.restart(session)
    mux.handle(old, HOME, 1.0)
    assert session.address == HOME
    mux.handle(proved(session), MOVED, 2.0)
    mux.handle(old, HOME, 3.0)
    assert session.address == MOVED and session.heard_at == 2.0


async def test_a_closed_session_is_not_answered_and_wakes_its_reader() -> None:
    sent = Sent()
    mux = Mux(sent.send)
    session = mux.open(0.0)
    datagram = proved(session)
    for _ in range(2):
        mux.close(session)
        session.close()
    mux.handle(datagram, HOME, 1.0)
    assert sent == []
    with pytest.raises(PeerGone, match="peer-closed"):
        await session.receive()


async def test_a_handshake_nobody_reads_is_bounded() -> None:
    mux = Mux(Sent().send)
    session = mux.open(0.0)
    mux.handle(proved(session), HOME, 1.0)
    for _ in range(3 * MAX_WAITING):
        mux.handle(DTLS, HOME, 1.0)
    session.close()
    with pytest.raises(PeerGone):
        await session.receive()
