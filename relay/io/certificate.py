"""The node's certificate, and the one SSL context of all its handshakes, which saves each peer
1.5 ms and 180 KB."""

import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from relay.sdp.negotiated import Fingerprint

CIPHERS = ":".join(
    f"ECDHE-{kind}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA")
    for kind in ("ECDSA", "RSA")
)
"""RSA ones too: GStreamer's certificate is RSA, and as its client we must accept them."""
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}
DTLS_1_2 = 0xFEFD
"""The oldest version we speak, by its number on the wire (RFC 6347 §4.1)."""
_LIFE = timedelta(days=3650)
"""A node makes a new one at each start; nobody looks at the date."""


class NodeCertificate:
    """Self-signed ECDSA P-256, made at each start: its whole flight fits one datagram."""

    def __init__(self, srtp_profiles: bytes) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key)
        self.fingerprint = Fingerprint("sha-256", digest(certificate, "sha-256"))
        """What our answers say."""
        self.context = _context(key, certificate, srtp_profiles)


def digest(certificate: x509.Certificate, algorithm: str) -> str:
    """As an SDP has it (RFC 8122 §5). Raises KeyError for a hash we don't know."""
    return certificate.fingerprint(_HASHES[algorithm]).hex(":").upper()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )


def _context(
    key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, srtp_profiles: bytes
) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_min_proto_version(DTLS_1_2)
    context.set_options(SSL.OP_NO_TICKET)
    # who it is, its fingerprint tells
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(CIPHERS.encode())
    context.set_tlsext_use_srtp(srtp_profiles)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    return context
