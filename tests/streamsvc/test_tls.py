import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from streamsvc import tls
from streamsvc.base.errors import EnvironmentFault

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
NAMES = ["localhost", "class.local", "192.0.2.7", "2001:db8::7"]


def test_the_certificate_is_for_all_names_and_signed_by_the_authority(tmp_path: Path) -> None:
    files = tls.local_certificate(tmp_path, NAMES, NOW)
    leaf = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(held.get_values_for_type(x509.DNSName)) == {"localhost", "class.local"}
    assert {str(a) for a in held.get_values_for_type(x509.IPAddress)} == {
        "192.0.2.7",
        "2001:db8::7",
    }
    assert files.authority is not None
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    leaf.verify_directly_issued_by(authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    assert files.key.stat().st_mode & 0o077 == 0


def test_it_is_kept_until_names_change_or_its_end_is_near(tmp_path: Path) -> None:
    first = tls.local_certificate(tmp_path, NAMES, NOW).certificate.read_bytes()
    assert tls.local_certificate(tmp_path, NAMES[:2], NOW).certificate.read_bytes() == first
    later = NOW + datetime.timedelta(days=tls.CERTIFICATE_DAYS - 10)
    second = tls.local_certificate(tmp_path, NAMES, later).certificate.read_bytes()
    assert second != first
    third = tls.local_certificate(tmp_path, [*NAMES, "198.51.100.1"], later)
    assert third.certificate.read_bytes() != second
    assert tls.days_left(third.certificate, later) == tls.CERTIFICATE_DAYS


@pytest.mark.parametrize("has_other_key", [True, False])
def test_a_certificate_without_its_key_is_made_again(tmp_path: Path, has_other_key: bool) -> None:
    other = tls.local_certificate(tmp_path / "other", NAMES, NOW)
    files = tls.local_certificate(tmp_path, NAMES, NOW)
    files.key.unlink()
    if has_other_key:  # killed after the new key was written and before its certificate
        other.key.replace(files.key)
    tls.local_certificate(tmp_path, NAMES, NOW)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)


def test_an_authority_with_a_strange_key_is_said(tmp_path: Path) -> None:
    tls.local_certificate(tmp_path / "other", NAMES, NOW)
    tls.local_certificate(tmp_path, NAMES, NOW)
    (tmp_path / "other" / "ca.key").replace(tmp_path / "ca.key")
    with pytest.raises(EnvironmentFault, match="certificate-unusable"):
        tls.local_certificate(tmp_path, NAMES, NOW)


def test_a_broken_or_missing_file_is_said(tmp_path: Path) -> None:
    tls.local_certificate(tmp_path, NAMES, NOW)
    (tmp_path / "ca.crt").write_text("broken")
    with pytest.raises(EnvironmentFault, match="certificate-unusable"):
        tls.local_certificate(tmp_path, NAMES, NOW)
    with pytest.raises(EnvironmentFault, match="certificate-unusable"):
        tls.given_certificate(tmp_path / "none.pem", None)
