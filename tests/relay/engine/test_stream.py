"""Peers by TCP at the engine's real port: framed, proved, and never waited for."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from aioice import stun as aioice_stun

from relay.ports import StreamAddress
from relay.sdp.negotiated import IceCredentials
from streamsvc.base.media import MediaKind
from tests.relay.io.test_stun import check
from tests.support.engine_door import (
    CREDENTIALS,
    DTLS,
    Caller,
    Door,
    called,
    framed,
    proved,
)
from tests.support.engine_model.packets import media_of
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import picture
from tests.support.waiting import until

SESSION = 7
LONG, SHORT = bytes(1400), bytes(400)
MAX_UNPROVED_OF_NETWORK = 128
MAX_DATAGRAM_BYTES = 1500
PICTURE_BYTES = 96 << 10
VIDEO = media_of(MediaKind.VIDEO)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    door.engine.open_name(SESSION, CREDENTIALS)
    yield door
    await door.close()


@pytest.fixture
async def caller(door: Door) -> Caller:
    return await door.caller()


# ---- as by UDP


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
async def test_a_check_is_answered_with_the_address_of_the_connection(host: str) -> None:
    door = Door(host)
    door.engine.open_name(SESSION, CREDENTIALS)
    caller = await door.caller()
    caller.send(proved())
    answer = aioice_stun.parse_message(await caller.datagram())
    assert answer.check_message_integrity(CREDENTIALS.pwd.encode())
    assert answer.message_class is aioice_stun.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == caller.name
    await until(lambda: door.heard.checks)
    told = door.heard.checks[0].address
    assert told[0].removeprefix("::ffff:") == "127.0.0.1"
    assert told[1] == caller.name[1]
    assert len(told) == 3 and told[2] > 0, "the number of its connection"
    await door.close()


async def test_a_handshake_passes_both_ways(door: Door, caller: Caller) -> None:
    address = await caller.prove(door)
    caller.send(DTLS, DTLS + b"2")
    await until(lambda: door.heard.handshakes == [(SESSION, DTLS), (SESSION, DTLS + b"2")])
    door.engine.send_control(DTLS + b"back", address)
    door.engine.send_control(DTLS + b"once more", address)
    assert await caller.datagram() == DTLS + b"back"
    assert await caller.datagram() == DTLS + b"once more"


async def test_frames_come_in_any_pieces(door: Door, caller: Caller) -> None:
    for byte in framed(proved()):
        caller.send_raw(bytes((byte,)))
        await asyncio.sleep(0)  # its own segment, or not: both must do
    await caller.datagram()
    longest = DTLS.ljust(MAX_DATAGRAM_BYTES, b"x")
    several = framed(longest) * 30 + framed(b"") + framed(DTLS)
    caller.send_raw(several[:40_000])
    await until(lambda: len(door.heard.handshakes) == 26)
    caller.send_raw(several[40_000:])
    await until(lambda: len(door.heard.handshakes) == 31)
    assert door.heard.handshakes == [(SESSION, longest)] * 30 + [(SESSION, DTLS)]
    assert door.counted("streams_closed") == 0


@pytest.mark.parametrize("seed", range(4))
async def test_noise_in_whole_frames_costs_itself_only(
    door: Door, caller: Caller, seed: int
) -> None:
    chance = random.Random(seed)
    await caller.prove(door)
    received = door.counted("received")
    noise = [chance.randbytes(chance.choice((1, 20, 200, MAX_DATAGRAM_BYTES))) for _ in range(300)]
    stream = b"".join(framed(datagram) for datagram in noise)
    while stream:
        cut = chance.choice((1, 2, 3, 1000, 20_000))
        caller.send_raw(stream[:cut])
        stream = stream[cut:]
        await asyncio.sleep(0)
    await until(lambda: door.counted("received") == received + len(noise))
    await caller.prove(door)
    assert door.counted("streams_closed") == 0


# ---- who does not belong here


@pytest.mark.parametrize(
    ("first", "counter"),
    [
        (framed(check(f"{CREDENTIALS.ufrag}:x", "a guess")), "stun_refused"),
        (framed(DTLS), "not_ours"),
        (framed(bytes((128, 96)) + bytes(100)), "stranger"),
        (framed(b""), "too_long"),
        (b"\x00\x13GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not_ours"),
    ],
)
async def test_who_begins_with_something_else_is_gone(
    door: Door, caller: Caller, first: bytes, counter: str
) -> None:
    caller.send_raw(first)
    await caller.ended()
    assert door.counted(counter) == 1
    assert door.counted("streams_unproved") == door.counted("streams_closed") == 1


@pytest.mark.parametrize("is_proved", [True, False])
async def test_a_frame_that_can_be_none_ends_the_connection(
    door: Door, caller: Caller, is_proved: bool
) -> None:
    if is_proved:
        await caller.prove(door)
    caller.send_raw((MAX_DATAGRAM_BYTES + 1).to_bytes(2) + b"GET /")
    await caller.ended()
    assert door.counted("too_long") == door.counted("streams_closed") == 1


async def test_who_says_too_little_for_too_long_is_gone_and_others_stay(
    door: Door, caller: Caller
) -> None:
    await caller.prove(door)
    silent, slow = await door.caller(), await door.caller()
    loop = asyncio.get_running_loop()
    began = loop.time()
    slow.send_raw(framed(proved())[:-1])
    await asyncio.gather(silent.ended(10), slow.ended(10))
    assert loop.time() - began > 4
    assert door.counted("streams_unproved") == 2
    caller.send(DTLS)
    await until(lambda: door.heard.handshakes)


async def test_of_one_network_only_so_many_wait_for_their_proof(door: Door) -> None:
    waiting = [await door.caller() for _ in range(MAX_UNPROVED_OF_NETWORK)]
    await until(lambda: door.counted("streams_accepted") == MAX_UNPROVED_OF_NETWORK)
    refused = await door.caller()
    await refused.ended()
    assert door.counted("streams_refused") == 1
    await waiting[0].prove(door)
    welcome = await door.caller()
    await welcome.prove(door)
    for caller in (*waiting, refused, welcome):
        await caller.close()
    await until(lambda: door.counted("streams_closed") == MAX_UNPROVED_OF_NETWORK + 1)


async def test_when_all_places_are_taken_the_oldest_without_proof_gives_way() -> None:
    door = Door(max_peers=2)
    places = door.tcp_port.max_streams
    door.engine.open_name(SESSION, CREDENTIALS)
    callers = [await door.caller() for _ in range(places)]
    await callers[0].prove(door)
    newest = await door.caller()
    await callers[1].ended()
    for caller in (*callers[2:], newest):
        await caller.prove(door)
    late = await door.caller()
    await late.ended()
    assert (door.counted("streams_refused"), door.counted("streams_unproved")) == (1, 1)
    callers[0].send(DTLS)
    await until(lambda: door.heard.handshakes)
    await door.close()


async def test_when_its_session_ends_a_connection_hears_the_goodbye_and_goes(
    door: Door, caller: Caller
) -> None:
    address = await caller.prove(door)
    door.engine.close_ice(SESSION)
    door.engine.send_control(DTLS, address)
    assert await caller.datagram() == DTLS
    caller.send(proved())
    await caller.ended()
    assert door.counted("streams_unproved") == 1


async def test_a_connection_may_change_its_session(door: Door, caller: Caller) -> None:
    other = IceCredentials("2" * 12, "b" * 36)
    door.engine.open_name(SESSION + 1, other)
    await caller.prove(door)
    await caller.prove(door, other)
    door.engine.close_ice(SESSION)
    caller.send(DTLS)
    await until(lambda: door.heard.handshakes == [(SESSION + 1, DTLS)])


async def test_a_dead_connection_is_no_reason_to_stay_there(door: Door, caller: Caller) -> None:
    await caller.prove(door)
    second, third = await door.caller(), await door.caller()
    await second.prove(door)
    assert door.heard.checks[-1].elsewhere_at > 0
    await caller.close()
    await second.close()
    await until(lambda: door.counted("streams_closed") == 2)
    await third.prove(door)
    assert door.heard.checks[-1].elsewhere_at < 0  # so its check moves the peer at once


# ---- a slow reader


async def test_a_full_queue_drops_pictures_first_and_stalls_nobody(
    door: Door, caller: Caller
) -> None:
    address = await caller.prove(door)
    sent = await filled(door, address, LONG)
    for _ in range(20):
        door.engine.send_control(SHORT, address)
    await until(lambda: door.engine.is_settled)
    dropped = door.counted("stream_full")
    beside = await door.caller()
    await beside.prove(door)  # answered at once
    came = [await caller.datagram() for _ in range(sent - dropped + 20)]
    assert came == [LONG] * (sent - dropped) + [SHORT] * 20
    assert door.counted("stream_full") == dropped
    door.engine.send_control(LONG, address)
    assert await caller.datagram() == LONG


async def test_pictures_are_dropped_while_something_waits_for_too_long(door: Door) -> None:
    slow = await door.caller(receive_bytes=4096)
    address = await slow.prove(door)
    sent = 0
    while not door.counted("stream_full"):
        door.engine.send_control(LONG, address)
        sent += 1
        await asyncio.sleep(0.01)  # the pace of a picture
    assert sent * len(LONG) < PICTURE_BYTES  # so not for want of room
    door.engine.send_control(SHORT, address)
    await until(lambda: door.engine.is_settled)
    passed = sent - door.counted("stream_full")
    assert [await slow.datagram() for _ in range(passed + 1)] == [LONG] * passed + [SHORT]
    door.engine.send_control(LONG, address)
    assert await slow.datagram() == LONG


async def test_the_reserve_for_short_ones_has_an_end_too(door: Door, caller: Caller) -> None:
    address = await caller.prove(door)
    sent = await filled(door, address, SHORT)
    dropped = door.counted("stream_full")
    came = [await caller.datagram() for _ in range(sent - dropped)]
    assert set(came) == {SHORT}


async def filled(door: Door, address: StreamAddress, datagram: bytes) -> int:
    """Send until something is dropped; how many were sent."""
    sent = 0
    while not door.counted("stream_full"):
        assert sent < 200_000, "the queue has no end"
        for _ in range(50):
            door.engine.send_control(datagram, address)
        sent += 50
        await until(lambda: door.engine.is_settled)
    return sent


# ---- media


class TcpPeer:
    """A far peer's keys over a connection."""

    def __init__(self, far: FarPeer, caller: Caller, address: StreamAddress) -> None:
        self.far, self.caller, self.address = far, caller, address

    def send(self, packet: bytes) -> None:
        self.caller.send(self.far.sending.protect(packet))


async def joined(stage: Stage, number: int) -> TcpPeer:
    """Proved by its own name."""
    credentials = IceCredentials(f"{number:012}", "c" * 36)
    stage.engine.open_name(number, credentials)
    caller = await called(stage.tcp_port.port)
    address = await caller.prove(stage, credentials)  # type: ignore[arg-type]
    return TcpPeer(stage.peer(), caller, address)


async def test_media_comes_and_goes_by_tcp(stage: Stage) -> None:
    teacher, room = await joined(stage, 1), await joined(stage, 2)
    by_udp = stage.viewer(3, VIDEO)
    stage.engine.add_publisher(1, 99, [published(1, VIDEO)])
    stage.engine.connect_peer(1, 1, teacher.far.keys, teacher.address)
    room_far = room.far
    _viewer_of(stage, 2, room)
    stage.show(20, 1)
    stage.show(30, 1)
    await stage.settled()
    for seq in range(40):
        teacher.send(picture(seq, is_key=seq == 0))
    await stage.arrived(by_udp, 40)
    while len(room_far.packets) < 40:
        room_far.take(await room.caller.datagram())
    assert room_far.payloads() == by_udp.payloads()
    await teacher.caller.close()
    await room.caller.close()


async def test_who_loses_its_connection_goes_on_elsewhere(stage: Stage) -> None:
    room, camera = await joined(stage, 2), stage.publisher(published(1, VIDEO))
    _viewer_of(stage, 2, room)
    stage.show(20, 1)
    await stage.settled()
    camera.send(picture(0, is_key=True))
    room.far.take(await room.caller.datagram())
    await room.caller.close()
    await until(lambda: stage.counted("streams_closed") == 1)
    failed = stage.counted("send_failed")
    stage.engine.send_control(DTLS, room.address)
    camera.send(picture(1))
    await until(lambda: stage.counted("send_failed") == failed + 2)
    stage.engine.set_address(2, room.far.socket.getsockname())
    await stage.settled()
    camera.send(picture(2))
    await until(lambda: room.far.read().packets[1:], what="the next packet, by UDP")
    again = await joined(stage, 4)
    assert again.address[2] != room.address[2]
    stage.engine.send_control(DTLS, room.address)
    stage.engine.send_control(DTLS + b"yours", again.address)
    assert await again.caller.datagram() == DTLS + b"yours"
    await again.caller.close()


def _viewer_of(stage: Stage, number: int, room: TcpPeer) -> None:
    stage.add_viewer(number, VIDEO)
    stage.engine.connect_peer(number, number, room.far.keys, room.address)
