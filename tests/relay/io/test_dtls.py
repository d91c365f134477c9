"""Handshakes with a peer of plain pyOpenSSL, datagram by datagram."""

import asyncio
from collections.abc import Callable

import pytest
from OpenSSL import SSL

from relay.io.dtls import MAX_DATAGRAM_BYTES, PROFILES, Dtls, datagrams_of, new_certificate
from relay.ports import PeerKeys
from relay.sdp.negotiated import DtlsRole, Fingerprint
from streamsvc.base.errors import PeerGone
from tests.support.waiting import SECOND

GCM_256_ONLY = PROFILES[1].name
CHANGE_CIPHER_SPEC = 20


class Far:
    """The other side."""

    def __init__(self, *, is_client: bool = True, profiles: bytes | None = None) -> None:
        self.certificate = new_certificate()
        if profiles is not None:
            self.certificate.context.set_tlsext_use_srtp(profiles)
        self.ssl = SSL.Connection(self.certificate.context)
        self.is_closed = False
        if is_client:
            self.ssl.set_connect_state()
        else:
            self.ssl.set_accept_state()

    def go_on(self, datagram: bytes | None = None) -> list[bytes]:
        """Take a datagram, or begin; what is sent then."""
        if datagram is not None:
            self.ssl.bio_write(datagram)
        try:
            self.ssl.do_handshake()
            self.ssl.recv(1500)
        except SSL.ZeroReturnError:
            self.is_closed = True
        except SSL.WantReadError:
            pass
        try:
            return [self.ssl.bio_read(1 << 14)]
        except SSL.WantReadError:
            return []


class Wire:
    """Carries datagrams both ways until nobody says anything more."""

    def __init__(self, far: Far, role: DtlsRole = DtlsRole.SERVER) -> None:
        self.far = far
        self.sent: list[bytes] = []
        self.near = Dtls(new_certificate(), role, self.sent.append)
        self.loses: Callable[[bytes], bool] = lambda datagram: False

    async def handshake(self, fingerprints: list[Fingerprint] | None = None) -> PeerKeys:
        told = [self.far.certificate.fingerprint] if fingerprints is None else fingerprints
        ours = asyncio.ensure_future(self.near.handshake(told))
        await asyncio.sleep(0)
        for datagram in self.far.go_on():
            self.near.take(datagram)
        while not ours.done():
            self.carry()
            await asyncio.sleep(0.01)
        return await ours

    def carry(self) -> None:
        while self.sent:
            datagram = self.sent.pop(0)
            for answer in [] if self.loses(datagram) else self.far.go_on(datagram):
                self.near.take(answer)


@pytest.mark.parametrize("role", DtlsRole)
async def test_both_sides_have_the_same_profile(role: DtlsRole) -> None:
    wire = Wire(Far(is_client=role is DtlsRole.SERVER), role)
    keys = await wire.handshake()
    assert keys.inbound is not keys.outbound
    assert wire.near.profile == "SRTP_AEAD_AES_128_GCM"
    wire.carry()
    assert wire.far.ssl.get_selected_srtp_profile() == wire.near.profile.encode()


async def test_the_profile_is_one_the_peer_has() -> None:
    wire = Wire(Far(profiles=GCM_256_ONLY))
    await wire.handshake()
    assert wire.near.profile == GCM_256_ONLY.decode()


@pytest.mark.parametrize(
    "told",
    [
        [Fingerprint("sha-256", ":".join(["00"] * 32))],
        [new_certificate().fingerprint],
        [],
    ],
)
async def test_a_certificate_nobody_spoke_of_is_refused(told: list[Fingerprint]) -> None:
    with pytest.raises(PeerGone, match="handshake-failed"):
        await Wire(Far()).handshake(told)


async def test_every_fingerprint_told_must_fit() -> None:
    far = Far()
    told = [far.certificate.fingerprint, Fingerprint("sha-512", ":".join(["00"] * 64))]
    with pytest.raises(PeerGone, match="handshake-failed"):
        await Wire(far).handshake(told)


async def test_a_flight_that_is_lost_is_sent_again() -> None:
    wire = Wire(Far())
    lost: list[bytes] = []

    def loses_once(datagram: bytes) -> bool:
        lost.append(datagram)
        return len(lost) == 1

    wire.loses = loses_once
    await wire.handshake()
    assert len(lost) > 2


async def test_a_flight_that_is_lost_again_and_again_is_not_waited_for_ever_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relay.io.dtls.AGAIN_SECONDS", 0.05)
    wire = Wire(Far())
    lost: list[bytes] = []

    def loses_many(datagram: bytes) -> bool:
        lost.append(datagram)
        return len(lost) <= 20  # OpenSSL alone would be at it for a minute

    wire.loses = loses_many
    async with asyncio.timeout(10 * SECOND):
        await wire.handshake()
    assert len(lost) > 20


@pytest.mark.parametrize("is_answered", [True, False])
async def test_who_answers_nothing_at_first_has_few_of_our_flights(
    monkeypatch: pytest.MonkeyPatch, is_answered: bool
) -> None:
    monkeypatch.setattr("relay.io.dtls.UNANSWERED_SECONDS", 0.4)
    monkeypatch.setattr("relay.io.dtls.AGAIN_SOONER_SECONDS", 0.1)
    wire = Wire(Far(is_client=False), DtlsRole.CLIENT)
    ours = asyncio.ensure_future(wire.near.agree([wire.far.certificate.fingerprint]))
    await asyncio.sleep(0.2)
    if is_answered:
        wire.near.take(wire.far.go_on(wire.sent.pop())[0])
    await asyncio.sleep(0.5)
    assert ours.done() is not is_answered
    if is_answered:
        wire.carry()
        await ours
    else:
        with pytest.raises(PeerGone, match="handshake-failed"):
            await ours
        said = len(wire.sent)
        await asyncio.sleep(0.3)
        assert 2 <= said == len(wire.sent) <= 5
    wire.near.close()


async def test_noise_ends_no_handshake() -> None:
    wire = Wire(Far())
    wire.near.take(bytes((22, 254, 253)) + bytes(40))
    await wire.handshake()
    wire.near.take(bytes((21, 254, 253)) + bytes(40))
    assert wire.near.profile


async def test_goodbyes_are_said_and_heard() -> None:
    for is_ours in (True, False):
        wire = Wire(Far())
        heard: list[str] = []
        wire.near.on_closed = lambda heard=heard: heard.append("closed")  # type: ignore[misc]
        await wire.handshake()
        wire.carry()
        if is_ours:
            wire.near.close()
            wire.near.close()
            wire.carry()
            assert wire.far.is_closed and not heard
        else:
            wire.far.ssl.shutdown()
            wire.near.take(wire.far.ssl.bio_read(1500))
            assert heard == ["closed"]


async def test_who_lost_the_goodbye_and_sends_data_has_it_again_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relay.io.dtls.GOODBYE_AGAIN_SECONDS", 0.2)
    wire = Wire(Far())
    await wire.handshake()
    wire.carry()
    wire.near.close()
    (lost,) = wire.sent
    wire.sent.clear()
    for _ in range(2):
        for _ in range(3):
            wire.far.ssl.send(b"is anybody there?")
            wire.near.take(wire.far.ssl.bio_read(1500))
        said_at_once = list(wire.sent)
        await asyncio.sleep(0.25)
    assert said_at_once == [lost]
    is_closed_already = wire.far.is_closed
    wire.carry()
    assert not is_closed_already and wire.far.is_closed


async def test_of_a_datagram_full_of_records_none_stays_behind() -> None:
    wire = Wire(Far())
    heard: list[str] = []
    wire.near.on_closed = lambda: heard.append("closed")
    await wire.handshake()
    records = b""
    for number in range(30):
        wire.far.ssl.send(b"application data %d" % number)
        records += wire.far.ssl.bio_read(1500)
    wire.far.ssl.shutdown()
    wire.near.take(records + wire.far.ssl.bio_read(1500))
    assert heard == ["closed"]


async def test_closed_in_the_middle_it_sends_nothing_again() -> None:
    wire = Wire(Far())
    for datagram in wire.far.go_on():
        wire.near.take(datagram)
    wire.near.close()
    said = len(wire.sent)
    await asyncio.sleep(1.2)  # the first flight would be sent again after a second
    assert said and len(wire.sent) == said


def test_records_are_put_together_and_never_cut() -> None:
    records = [bytes((22,)) + bytes(10) + size.to_bytes(2) + bytes(size) for size in (500, 600, 90)]
    found = datagrams_of(b"".join(records))
    assert found == [records[0] + records[1], records[2]]
    assert all(len(datagram) <= MAX_DATAGRAM_BYTES for datagram in found)
    assert datagrams_of(b"") == []


# ---- when OpenSSL has let go of the peer


async def let_go() -> Wire:
    wire = Wire(Far())
    await wire.handshake()
    wire.near.let_go()
    return wire


async def test_let_go_it_says_goodbye_once() -> None:
    wire = await let_go()
    wire.carry()
    is_closed_already = wire.far.is_closed
    assert not is_closed_already
    wire.near.close()
    assert len(wire.sent) == 1
    wire.near.close()
    wire.carry()
    assert wire.far.is_closed and wire.sent == []


async def test_let_go_a_last_flight_that_was_lost_is_sent_again() -> None:
    wire = Wire(Far())
    wire.loses = lambda datagram: datagram[0] == CHANGE_CIPHER_SPEC
    await wire.handshake()
    wire.near.let_go()
    wire.carry()
    wire.loses = lambda datagram: False
    assert wire.far.ssl.DTLSv1_get_timeout() is not None, "it waits for our last flight"
    await asyncio.sleep(1.1)
    assert wire.far.ssl.DTLSv1_handle_timeout()
    again = wire.far.ssl.bio_read(1 << 14)
    for datagram in datagrams_of(again):
        wire.near.take(datagram)
    wire.carry()
    assert wire.far.ssl.DTLSv1_get_timeout() is None
    assert wire.far.ssl.get_selected_srtp_profile() == wire.near.profile.encode()


async def test_let_go_a_goodbye_is_a_hint() -> None:
    wire = await let_go()
    wire.carry()
    heard: list[str] = []
    wire.near.on_closed = lambda: heard.append("closed")
    wire.near.on_hint = lambda: heard.append("hint")
    wire.far.ssl.shutdown()
    wire.near.take(wire.far.ssl.bio_read(1500))
    assert heard == ["hint"]
