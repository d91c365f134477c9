from streamsvc.school.addresses import network_of
from streamsvc.school.codes import (
    HOUR_MS,
    MINUTE_MS,
    SIGN_IN_LIFETIME_MS,
    expires_at_ms,
    fingerprint,
    is_renewal_due,
    new_join_code,
    new_pair_secret,
    new_token,
)
from streamsvc.school.records import SignInKind


def test_codes_have_six_digits_and_secrets_their_bits() -> None:
    codes = {new_join_code() for _ in range(200)}
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(codes) > 190
    assert len(new_pair_secret()) * 6 >= 160
    assert len(new_token()) * 6 >= 256


def test_a_fingerprint_tells_secrets_apart_and_fits_its_column() -> None:
    token = new_token()
    assert fingerprint(token) == fingerprint(token) != fingerprint(token + "x")
    assert len(fingerprint(token)) == 64
    assert token not in fingerprint(token)


def test_a_sign_in_is_extended_now_and_then_and_a_phone_s_never() -> None:
    made = expires_at_ms(SignInKind.STAFF, 0)
    assert made == 12 * HOUR_MS
    assert not is_renewal_due(SignInKind.STAFF, made, 5 * MINUTE_MS)
    assert is_renewal_due(SignInKind.STAFF, made, HOUR_MS)
    year = expires_at_ms(SignInKind.ROOM, 0)
    assert is_renewal_due(SignInKind.ROOM, year, SIGN_IN_LIFETIME_MS[SignInKind.ROOM] // 2)
    assert not is_renewal_due(SignInKind.PHONE, 12 * HOUR_MS, 11 * HOUR_MS)


def test_addresses_belong_to_networks() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth0")
    assert network_of("testclient") == "testclient"
