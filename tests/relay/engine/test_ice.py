"""Checks and handshakes at the engine's real port, by another implementation's STUN."""

import os
import socket
from collections.abc import AsyncIterator

import pytest
from aioice import stun as aioice_stun

from relay.sdp.negotiated import IceCredentials
from tests.relay.io.test_stun import check
from tests.support.engine_door import CREDENTIALS, DTLS, Client, Door, proved
from tests.support.waiting import until


@pytest.fixture(params=["127.0.0.1", "::"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    door = Door(request.param)
    door.engine.open_name(7, CREDENTIALS)
    yield door
    await door.close()


@pytest.fixture
async def client(door: Door) -> AsyncIterator[Client]:
    client = door.client()
    yield client
    client.close()


async def test_a_proved_check_is_answered_and_told(door: Door, client: Client) -> None:
    client.send(proved())
    answer = await client.answer()
    assert answer.message_class is aioice_stun.Class.RESPONSE
    assert answer.check_message_integrity(CREDENTIALS.pwd.encode())
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == client.socket.getsockname()
    assert "FINGERPRINT" in answer.attributes
    await until(lambda: door.heard.checks)
    (told,) = door.heard.checks
    assert (told.session, told.ufrag, told.nominates) == (7, CREDENTIALS.ufrag, True)
    assert told.address[1] == client.socket.getsockname()[1]
    client.send(DTLS)
    await until(lambda: door.heard.handshakes == [(7, DTLS)])


async def test_ipv6_is_answered_with_its_own_address(door: Door) -> None:
    if door.host == "127.0.0.1":
        pytest.skip("bound to IPv4 only: nobody can come by IPv6")
    client = door.client(socket.AF_INET6)
    client.send(proved())
    mapped = (await client.answer()).attributes["XOR-MAPPED-ADDRESS"]
    assert mapped == client.socket.getsockname()[:2]
    client.close()


@pytest.mark.parametrize(
    ("datagram", "counter"),
    [
        (check(f"{CREDENTIALS.ufrag}:x", "a guess"), "stun_refused"),
        (check("nobody:x", CREDENTIALS.pwd), "stun_refused"),
        (b"\0\1garbage", "not_ours"),
        (proved()[:-4], "not_ours"),
        (DTLS, "not_ours"),
        (bytes((64,)) + bytes(100), "not_ours"),
        (bytes((128, 96)) + bytes(100), "stranger"),
        (os.urandom(1501), "too_long"),
    ],
)
async def test_a_stranger_gets_no_answer_and_leaves_nothing(
    door: Door, client: Client, datagram: bytes, counter: str
) -> None:
    before = door.counted(counter)
    client.send(datagram)
    await until(lambda: door.counted(counter) == before + 1)
    await client.silence()
    assert door.heard.checks == [] and door.heard.handshakes == []


async def test_after_a_restart_both_names_hold_and_of_three_the_oldest_goes(
    door: Door, client: Client
) -> None:
    second, third = (IceCredentials(f"{n}" * 12, f"{n}" * 36) for n in (2, 3))
    door.engine.open_name(7, second)
    for credentials in (CREDENTIALS, second):
        client.send(proved(credentials=credentials))
        assert (await client.answer()).check_message_integrity(credentials.pwd.encode())
    door.engine.open_name(7, third)
    client.send(proved(credentials=third))
    assert (await client.answer()).check_message_integrity(third.pwd.encode())
    client.send(proved())
    await until(lambda: door.counted("stun_refused") == 1)
    door.engine.close_name(second.ufrag)
    client.send(proved(credentials=second))
    await until(lambda: door.counted("stun_refused") == 2)


async def test_a_closed_session_is_found_neither_by_name_nor_by_address(
    door: Door, client: Client
) -> None:
    client.send(proved())
    await client.answer()
    door.engine.close_ice(7)
    client.send(proved())
    client.send(DTLS)
    await until(lambda: (door.counted("stun_refused"), door.counted("not_ours")) == (1, 1))
    assert door.heard.handshakes == []


async def test_a_session_keeps_sixteen_addresses_and_forgets_the_oldest(door: Door) -> None:
    clients = [door.client() for _ in range(17)]
    for client in clients:
        client.send(proved(nominates=False))
        await client.answer()
    clients[0].send(DTLS)
    await until(lambda: door.counted("not_ours") == 1)
    for client in clients[1:]:
        client.send(DTLS)
    await until(lambda: len(door.heard.handshakes) == 16)
    for client in clients:
        client.close()


async def test_a_flood_of_handshake_datagrams_is_cut(door: Door, client: Client) -> None:
    client.send(proved())
    await client.answer()
    for _ in range(600):
        client.send(DTLS)
    await until(lambda: len(door.heard.handshakes) + door.counted("control_full") == 600)
    assert 200 <= len(door.heard.handshakes) <= 400
