"""The kernel's filter: which datagrams come through, by its program and by the kernel itself."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.client.swarm.lean_socket import LeanSocket, local_address
from relay.client.swarm.packet_filter import assembled, sampling_program
from relay.rtp.packet import write_packet
from streamsvc.base.errors import PeerGone
from tests.support.waiting import until_sync

UDP_HEADER = bytes(8)


def passes(datagram: bytes, one_in: int, phase: int) -> bool:
    """Run the program as bpf(4) says; a load beyond the end drops."""
    program, seen, at, accumulator = sampling_program(one_in, phase), UDP_HEADER + datagram, 0, 0
    while True:
        operation, if_true, if_false, operand = program[at]
        at += 1
        size = {0x30: 1, 0x28: 2}.get(operation)
        if size is not None:
            if operand + size > len(seen):
                return False
            accumulator = int.from_bytes(seen[operand : operand + size], "big")
        elif operation == 0x35:
            at += if_true if accumulator >= operand else if_false
        elif operation == 0x15:
            at += if_true if accumulator == operand else if_false
        elif operation == 0x54:
            accumulator &= operand
        else:
            assert operation == 0x06
            return operand > 0


def rtp(seq: int, *, is_marked: bool = False) -> bytes:
    return write_packet(bytes(20), payload_type=102, seq=seq, ts=1, ssrc=2, is_marked=is_marked)


@given(st.integers(0, 65_535), st.sampled_from([1, 2, 16, 64]), st.integers(0, 63), st.booleans())
def test_rtp_comes_through_by_its_number(
    seq: int, one_in: int, phase: int, is_marked: bool
) -> None:
    phase %= one_in
    assert passes(rtp(seq, is_marked=is_marked), one_in, phase) == (seq % one_in == phase)


@given(st.integers(0, 127), st.binary(min_size=1, max_size=40))
def test_stun_and_dtls_come_through(first: int, rest: bytes) -> None:
    assert passes(bytes((first,)) + rest, 64, 3)


@given(st.integers(128, 191), st.integers(192, 223), st.binary(max_size=40))
def test_rtcp_comes_through(first: int, kind: int, rest: bytes) -> None:
    assert passes(bytes((first, kind)) + rest, 64, 3)


@given(st.integers(192, 255), st.binary(max_size=40))
def test_what_is_no_media_comes_through(first: int, rest: bytes) -> None:
    assert passes(bytes((first,)) + rest, 64, 3)


def test_the_program_has_the_kernels_size() -> None:
    program = sampling_program(64, 0)
    assert len(assembled(program)) == 8 * len(program)


@pytest.fixture
def lean() -> Iterator[LeanSocket]:
    one = LeanSocket(is_ipv6=False)
    yield one
    one.close()


def received(lean: LeanSocket, count: int) -> list[tuple[bytes, int]]:
    found: list[tuple[bytes, int]] = []

    def has_all() -> bool:
        one = lean.receive()
        if one is not None:
            found.append((one[0], one[2]))
        return len(found) >= count

    until_sync(has_all, 5, f"{count} datagrams")
    return found


def test_the_kernel_passes_and_counts(lean: LeanSocket) -> None:
    lean.sample(16, 5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", lean.port))
        for seq in range(160):
            sender.send(rtp(seq))
        sender.send(struct.pack("!BBHI", 0x80, 200, 1, 7))  # RTCP
        sender.send(b"\x01\x01" + bytes(18))  # STUN
    before_ns = time.time_ns()
    found = received(lean, 12)
    assert [struct.unpack_from("!H", one, 2)[0] for one, _ in found[:10]] == list(range(5, 160, 16))
    assert [one[0] for one, _ in found[10:]] == [0x80, 0x01]
    assert all(abs(before_ns - at_ns) < 5e9 for _, at_ns in found)
    assert lean.take_dropped() == 150
    assert lean.take_dropped() == 0
    assert lean.receive() is None


def test_a_socket_without_a_filter_drops_nothing(lean: LeanSocket) -> None:
    lean.send(rtp(3), ("127.0.0.1", lean.port))
    assert received(lean, 1)[0][0] == rtp(3)
    assert lean.take_dropped() == 0


def test_our_address_is_the_one_that_reaches_the_server() -> None:
    assert local_address("127.0.0.1") == "127.0.0.1"
    assert local_address("localhost") == "127.0.0.1"
    with pytest.raises(PeerGone, match="media-server-unreachable"):
        local_address("no-such-host.invalid")
