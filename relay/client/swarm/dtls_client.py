"""A DTLS handshake over memory (RFC 6347, RFC 5764): datagrams in, datagrams and SRTP keys out.

A thousand of them wait on one epoll, so none may wait by itself. OpenSSL repeats a flight after a
second only; browsers do from 50 ms on, and so does this.
"""

import datetime
from contextlib import suppress
from dataclasses import dataclass

import pylibsrtp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from relay.sdp.negotiated import DtlsRole, Fingerprint
from streamsvc.base.errors import PeerGone

FIRST_REPEAT_SECONDS = 0.05
LONGEST_REPEAT_SECONDS = 1.6
_DTLS_1_2 = 0xFEFD
_LARGEST_FLIGHT = 1_500
_LABEL = b"EXTRACTOR-dtls_srtp"
_CIPHERS = b":".join(f"ECDHE-{kind}-AES128-GCM-SHA256".encode() for kind in ("ECDSA", "RSA"))


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Both directions of a peer's SRTP."""

    inbound: pylibsrtp.Session
    outbound: pylibsrtp.Session


@dataclass(frozen=True, slots=True)
class _Profile:
    key_bytes: int
    salt_bytes: int
    number: int


_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": _Profile(16, 12, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM),
    b"SRTP_AEAD_AES_256_GCM": _Profile(32, 12, pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM),
    b"SRTP_AES128_CM_SHA1_80": _Profile(16, 14, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80),
}
"""In our order of preference; all browsers offer all three."""


class Certificate:
    """One certificate and one SSL context for all peers of a process."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "swarm")])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
        )
        certificate = builder.sign(key, hashes.SHA256())
        self.fingerprint = _fingerprint(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_max_proto_version(_DTLS_1_2)
        self.context.set_options(SSL.OP_NO_TICKET)
        self.context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # Any certificate: it is checked against the description's fingerprint afterwards.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(_CIPHERS)
        self.context.set_tlsext_use_srtp(b":".join(_PROFILES))


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> Fingerprint:
    kinds: dict[str, hashes.HashAlgorithm] = {
        "sha-256": hashes.SHA256(),
        "sha-384": hashes.SHA384(),
        "sha-512": hashes.SHA512(),
    }
    digest = certificate.fingerprint(kinds[algorithm])
    return Fingerprint(algorithm, ":".join(f"{byte:02X}" for byte in digest))


class DtlsClient:
    """One handshake; `keys` when it is done."""

    def __init__(self, certificate: Certificate, role: DtlsRole) -> None:
        self.keys: SrtpKeys | None = None
        self.profile = ""
        self.next_at = float("inf")
        """When `due` has something again."""
        self._role = role
        self._expected: tuple[Fingerprint, ...] = ()
        self._connection = SSL.Connection(certificate.context, None)
        self._flight = b""
        self._repeat = FIRST_REPEAT_SECONDS

    def begin(self, expected: tuple[Fingerprint, ...], now: float) -> list[bytes]:
        """First datagrams; `expected` are the certificates that may answer."""
        self._expected = expected
        if self._role is DtlsRole.CLIENT:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        return self._step(now)

    def received(self, datagram: bytes, now: float) -> list[bytes]:
        """What to send for a datagram. Raises PeerGone `handshake-failed`."""
        self._connection.bio_write(datagram)
        if self.keys is not None:
            return self._after_the_end()
        return self._step(now)

    def due(self, now: float) -> list[bytes]:
        """The last flight again."""
        if self.keys is not None or now < self.next_at or not self._flight:
            return []
        self._repeat = min(2 * self._repeat, LONGEST_REPEAT_SECONDS)
        self.next_at = now + self._repeat
        return [self._flight]

    def _step(self, now: float) -> list[bytes]:
        is_done = False
        try:
            self._connection.do_handshake()
            is_done = True
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            raise PeerGone("handshake-failed") from error
        if is_done:
            self._finish()
        return self._written(now)

    def _after_the_end(self) -> list[bytes]:
        """A repeated flight of the other side: ours was lost, and is sent again."""
        with suppress(SSL.Error):
            self._connection.recv(_LARGEST_FLIGHT)
        return [self._flight] if self._flight and self._role is DtlsRole.SERVER else []

    def _written(self, now: float) -> list[bytes]:
        try:
            self._flight = self._connection.bio_read(_LARGEST_FLIGHT)
        except SSL.WantReadError:
            return []
        self._repeat = FIRST_REPEAT_SECONDS
        self.next_at = now + self._repeat
        return [self._flight]

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or all(
            _fingerprint(certificate, one.algorithm) != one for one in self._expected
        ):
            raise PeerGone("handshake-failed")
        name = self._connection.get_selected_srtp_profile()
        profile = _PROFILES.get(name)
        if profile is None:
            raise PeerGone("handshake-failed")
        self.profile = name.decode()
        self.keys = self._split(profile)

    def _split(self, profile: _Profile) -> SrtpKeys:
        """Client key, server key, client salt, server salt (RFC 5764 §4.2)."""
        key, salt = profile.key_bytes, profile.salt_bytes
        material = self._connection.export_keying_material(_LABEL, 2 * (key + salt))
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        own, other = (client, server) if self._role is DtlsRole.CLIENT else (server, client)
        return SrtpKeys(
            inbound=_session(profile, other, pylibsrtp.Policy.SSRC_ANY_INBOUND),
            outbound=_session(profile, own, pylibsrtp.Policy.SSRC_ANY_OUTBOUND),
        )


def _session(profile: _Profile, key: bytes, ssrc_type: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.number)
    policy.window_size = 1024
    return pylibsrtp.Session(policy)
