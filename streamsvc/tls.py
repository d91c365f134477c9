"""HTTPS on a school's own network: a small authority, made once, kept in the data folder.

The authority signs one certificate for this machine's names and addresses; it is made anew when
those change or when less than a month is left. Keys are readable by the service's user only.
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from streamsvc.base.errors import EnvironmentFault
from streamsvc.private_file import write_private

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397
"""Browsers refuse longer ones (CA/Browser Forum baseline requirements §6.3.2)."""
RENEW_BEFORE_DAYS = 30

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Paths that uvicorn takes."""

    certificate: Path
    key: Path
    authority: Path | None = None


def local_certificate(
    folder: Path, names: Sequence[str], now: datetime.datetime
) -> CertificateFiles:
    """Files of a certificate valid for `names` (host names and addresses) at `now`.

    Raises EnvironmentFault `certificate-unusable`: the folder can't be written, a file is broken.
    """
    files = CertificateFiles(folder / "server.pem", folder / "server.key", folder / "ca.crt")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority, authority_key = _authority(folder, now)
        if not _is_good(files, authority, names, now):
            key = ec.generate_private_key(ec.SECP256R1())
            leaf = _sign_leaf(authority, authority_key, key, names, now)
            _write_key(files.key, key)
            write_private(files.certificate, _pem(leaf) + _pem(authority))
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "certificate-unusable", path=str(folder), problem=str(error)
        ) from error
    return files


def given_certificate(certificate: Path | None, key: Path | None) -> CertificateFiles:
    """The operator's own files. Raises EnvironmentFault `certificate-unusable`."""
    for path in (certificate, key):
        if path is None or not path.is_file():
            raise EnvironmentFault("certificate-unusable", path=str(path), problem="no such file")
    assert certificate is not None and key is not None
    return CertificateFiles(certificate, key)


def days_left(certificate: Path, now: datetime.datetime) -> int:
    """Whole days until the certificate ends; negative when it has. Raises ValueError, OSError."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return (loaded.not_valid_after_utc - now).days


def _authority(folder: Path, now: datetime.datetime) -> tuple[x509.Certificate, Key]:
    certificate_path, key_path = folder / "ca.crt", folder / "ca.key"
    if certificate_path.exists() and key_path.exists():
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("ca.key is not an elliptic curve key")
        if key.public_key() != certificate.public_key():
            raise ValueError("ca.key is not the key of ca.crt")
        return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign_authority(key, now)
    _write_key(key_path, key)
    write_private(certificate_path, _pem(certificate))
    return certificate, key


def _sign_authority(key: Key, now: datetime.datetime) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "streamsvc"),
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"streamsvc local authority {os.urandom(3).hex()}"
            ),
        ]
    )
    return (
        _builder(name, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _sign_leaf(
    authority: x509.Certificate,
    authority_key: Key,
    key: Key,
    names: Sequence[str],
    now: datetime.datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "streamsvc")])
    return (
        _builder(subject, authority.subject, key, now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # a room's clock may be slow
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    made: list[x509.GeneralName] = []
    for name in names:
        try:
            made.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            made.append(x509.DNSName(name))
    return made


def _is_good(
    files: CertificateFiles,
    authority: x509.Certificate,
    names: Sequence[str],
    now: datetime.datetime,
) -> bool:
    """A certificate of this authority, with its key, for all these names, for a while yet."""
    if not files.certificate.exists() or not files.key.exists():
        return False
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    if key.public_key() != leaf.public_key():  # the service was killed between the two files
        return False
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if set(_general_names(names)) - set(held):
        return False
    return days_left(files.certificate, now) >= RENEW_BEFORE_DAYS


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: Key) -> None:
    write_private(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
