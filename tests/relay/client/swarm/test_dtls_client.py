"""A handshake in memory: its keys, its repeats, and who is refused."""

import pylibsrtp
import pytest

from relay.client.swarm.dtls_client import Certificate, DtlsClient
from relay.rtp.packet import write_packet
from relay.sdp.negotiated import DtlsRole, Fingerprint
from streamsvc.base.errors import PeerGone

PACKET = write_packet(bytes(100), payload_type=102, seq=1, ts=2, ssrc=3)


class Pair:
    """A client and a server, and datagrams between them; `lost` drops the n-th of all."""

    def __init__(self, *, lost: frozenset[int] = frozenset()) -> None:
        certificates = {role: Certificate() for role in DtlsRole}
        self.ends = {role: DtlsClient(certificates[role], role) for role in DtlsRole}
        self._fingerprints = {role: certificates[role].fingerprint for role in DtlsRole}
        self._lost = lost
        self._sent = 0

    def begin(self, now: float, server_is: Fingerprint | None = None) -> None:
        expected = server_is or self._fingerprints[DtlsRole.SERVER]
        client, server = self.ends[DtlsRole.CLIENT], self.ends[DtlsRole.SERVER]
        server.begin((self._fingerprints[DtlsRole.CLIENT],), now)
        self.carry(client.begin((expected,), now), DtlsRole.SERVER, now)

    def carry(self, datagrams: list[bytes], to: DtlsRole, now: float) -> None:
        for datagram in datagrams:
            self._sent += 1
            if self._sent not in self._lost:
                other = DtlsRole.CLIENT if to is DtlsRole.SERVER else DtlsRole.SERVER
                self.carry(self.ends[to].received(datagram, now), other, now)

    def tick(self, now: float) -> None:
        self.carry(self.ends[DtlsRole.CLIENT].due(now), DtlsRole.SERVER, now)
        self.carry(self.ends[DtlsRole.SERVER].due(now), DtlsRole.CLIENT, now)

    def check(self) -> None:
        client, server = (self.ends[role].keys for role in (DtlsRole.CLIENT, DtlsRole.SERVER))
        assert client is not None and server is not None
        assert server.inbound.unprotect(client.outbound.protect(PACKET)) == PACKET
        assert client.inbound.unprotect(server.outbound.protect(PACKET)) == PACKET


def test_both_get_keys_that_fit() -> None:
    pair = Pair()
    pair.begin(100.0)
    pair.check()
    assert {end.profile for end in pair.ends.values()} == {"SRTP_AEAD_AES_128_GCM"}


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_lost_flight_is_repeated_soon(lost: int) -> None:
    pair = Pair(lost=frozenset({lost}))
    pair.begin(100.0)
    pair.tick(100.04)
    assert any(end.keys is None for end in pair.ends.values())
    for step in range(1, 9):
        pair.tick(100.0 + 0.05 * step)
    pair.check()


def test_nothing_is_repeated_after_the_end() -> None:
    pair = Pair()
    pair.begin(100.0)
    assert all(end.due(200.0) == [] for end in pair.ends.values())


def test_another_certificate_is_refused() -> None:
    pair = Pair()
    with pytest.raises(PeerGone, match="handshake-failed"):
        pair.begin(100.0, Fingerprint("sha-256", ":".join(["00"] * 32)))
    assert pair.ends[DtlsRole.CLIENT].keys is None


def test_noise_does_no_harm() -> None:
    pair = Pair()
    pair.begin(100.0)
    assert pair.ends[DtlsRole.CLIENT].received(b"\x17" + bytes(40), 100.1) == []
    pair.check()


def test_keys_of_another_handshake_do_not_fit() -> None:
    pairs = [Pair(), Pair()]
    for pair in pairs:
        pair.begin(100.0)
    client, server = (pairs[n].ends[role].keys for n, role in enumerate(DtlsRole))
    assert client is not None and server is not None
    with pytest.raises(pylibsrtp.Error):
        server.inbound.unprotect(client.outbound.protect(PACKET))
