"""The client's checks, against the server's half of ICE."""

from typing import cast

import pytest

from relay.client.swarm.ice_client import CONSENT_LOST_SECONDS, IceClient, new_credentials
from relay.io.stun import read_request, write_success
from relay.ports import Address
from relay.sdp.negotiated import IceCredentials
from streamsvc.base.errors import ProtocolError

SERVER = IceCredentials("serv", "s" * 22)
NEAR: Address = ("127.0.0.1", 5_000)
FAR: Address = ("192.0.2.1", 5_000)


def begun(*, controls: bool = True) -> IceClient:
    client = IceClient(new_credentials())
    client.begin(SERVER, [FAR, NEAR], 100.0, controls=controls)
    return client


def answer(check: bytes, address: Address = NEAR) -> bytes:
    return write_success(read_request(check).transaction_id, address, SERVER.pwd)


def test_nothing_is_due_before_the_server_is_known() -> None:
    assert IceClient(new_credentials()).due(100.0) == []


def test_every_candidate_is_checked_until_one_answers() -> None:
    client = begun()
    checks = client.due(100.0)
    assert [address for _, address in checks] == [FAR, NEAR]
    for check, _ in checks:
        request = read_request(check)
        assert request.local_ufrag == "serv"
        assert request.is_proved_by(SERVER.pwd)
        assert not request.nominates
    assert client.due(100.049) == []
    assert len(client.due(100.05)) == 2
    assert client.next_at == pytest.approx(100.15)


def test_the_first_that_answers_is_nominated_and_kept() -> None:
    client = begun()
    check, _ = client.due(100.0)[1]
    assert client.received(answer(check), NEAR, 100.01) is None
    assert client.selected == NEAR
    ((nomination, address),) = client.due(100.01)
    assert address == NEAR
    assert read_request(nomination).nominates
    assert client.received(answer(check), FAR, 100.02) is None
    assert client.selected == NEAR
    assert client.due(102.5) == []
    assert len(client.due(102.52)) == 1


def test_a_controlled_client_does_not_nominate() -> None:
    client = begun(controls=False)
    check, _ = client.due(100.0)[0]
    client.received(answer(check), FAR, 100.01)
    ((consent, _),) = client.due(100.01)
    assert not read_request(consent).nominates


def test_consent_is_lost_when_nobody_answers() -> None:
    client = begun()
    check, _ = client.due(100.0)[0]
    assert not client.has_consent(100.0)
    client.received(answer(check), NEAR, 100.0)
    assert client.has_consent(101.0)
    assert not client.has_consent(100.0 + CONSENT_LOST_SECONDS)
    ((consent, _),) = client.due(110.0)
    client.received(answer(consent), NEAR, 110.0)
    assert client.has_consent(100.0 + CONSENT_LOST_SECONDS)


def test_an_answer_to_nothing_we_asked_is_ignored() -> None:
    client = begun()
    client.due(100.0)
    client.received(write_success(bytes(12), NEAR, SERVER.pwd), NEAR, 100.0)
    assert client.selected is None


def test_the_servers_checks_are_answered() -> None:
    client, server = begun(), IceClient(SERVER)
    server.begin(client.local, [NEAR], 100.0, controls=True)
    check, _ = server.due(100.0)[0]
    reply = client.received(check, NEAR, 100.0)
    assert server.received(cast(bytes, reply), NEAR, 100.0) is None
    assert server.selected == NEAR


def test_a_check_with_another_password_is_refused() -> None:
    client, stranger = begun(), IceClient(SERVER)
    stranger.begin(IceCredentials(client.local.ufrag, "x" * 22), [NEAR], 100.0, controls=True)
    check, _ = stranger.due(100.0)[0]
    with pytest.raises(ProtocolError, match="stun-malformed"):
        client.received(check, NEAR, 100.0)
