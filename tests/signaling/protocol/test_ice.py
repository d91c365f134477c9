"""STUN and TURN servers of a grant's bearer."""

from signaling.protocol.ice import IceServers, password
from tests.signaling.protocol.test_grants import CLAIMS, NOW

TURN = "turns:turn.example:443?transport=tcp"


def test_a_password_is_what_coturn_computes() -> None:
    """By `openssl dgst -sha1 -hmac north -binary | base64`."""
    assert password("1700000000:par_1", "north") == "fUOnSFR6ixd44XfbUO3svyUcXCQ="


def test_names_end_with_the_grant_and_say_whose_they_are() -> None:
    stun, turn = IceServers(("stun:s.example",), (TURN,), "north").of(CLAIMS)
    assert (stun.urls, stun.username, stun.credential) == (["stun:s.example"], "", "")
    ends, _, bearer = turn.username.partition(":")
    assert bearer == CLAIMS.participant_id
    assert NOW < int(ends) * 1000 <= CLAIMS.expires_at_ms
    assert turn.credential == password(turn.username, "north")


def test_there_may_be_none() -> None:
    assert IceServers().of(CLAIMS) == []


def test_the_secret_is_not_shown() -> None:
    assert "north" not in repr(IceServers((), (TURN,), "north"))
