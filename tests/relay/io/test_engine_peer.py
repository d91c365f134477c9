"""A peer's encryption, with real SRTP sessions on both sides and a real socket."""

import os
import socket
from collections.abc import Iterator

import pylibsrtp
import pytest

from relay.io.engine_peer import MAX_SOURCES, EnginePeer
from relay.io.udp_port import UdpPort
from relay.ports import PeerKeys
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_reports import ReceiverReport, write_receiver_report
from relay.settings import RelaySettings
from streamsvc.base.errors import ProtocolError

KEY = os.urandom(30)


def session(ssrc_type: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(pylibsrtp.Policy(key=KEY, ssrc_type=ssrc_type))


@pytest.fixture
def far() -> pylibsrtp.Session:
    """The other end's outbound session."""
    return session(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(5)
        yield opened


@pytest.fixture
def peer(listener: socket.socket) -> Iterator[EnginePeer]:
    port = UdpPort(RelaySettings(media_host="127.0.0.1", media_port=0))
    port.open()
    peer = EnginePeer(1, port, 0.0)
    inbound = session(pylibsrtp.Policy.SSRC_ANY_INBOUND)
    peer.connect(PeerKeys(inbound, session(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)))
    peer.address = listener.getsockname()
    yield peer
    port.close()


def rtp(ssrc: int, seq: int = 1) -> bytes:
    return write_packet(b"sound", payload_type=111, seq=seq, ts=0, ssrc=ssrc)


def test_a_peer_can_not_make_us_keep_more_than_so_many_sources(
    peer: EnginePeer, far: pylibsrtp.Session
) -> None:
    for ssrc in range(1, MAX_SOURCES + 1):
        assert peer.decrypted(far.protect(rtp(ssrc)), 1.0, is_rtcp=False) == rtp(ssrc)
    with pytest.raises(ProtocolError, match="too many sources"):
        peer.decrypted(far.protect(rtp(MAX_SOURCES + 1)), 2.0, is_rtcp=False)
    report = write_receiver_report(ReceiverReport(MAX_SOURCES + 2))
    with pytest.raises(ProtocolError, match="too many sources"):
        peer.decrypted(far.protect_rtcp(report), 2.0, is_rtcp=True)
    assert peer.heard_at == 1.0
    peer.decrypted(far.protect(rtp(1, seq=2)), 3.0, is_rtcp=False)
    assert peer.heard_at == 3.0


def test_what_is_forged_takes_no_place(peer: EnginePeer, far: pylibsrtp.Session) -> None:
    for ssrc in range(1, 2 * MAX_SOURCES):
        with pytest.raises(ProtocolError, match="srtp-refused"):
            peer.decrypted(rtp(ssrc) + bytes(10), 1.0, is_rtcp=False)
    assert peer.decrypted(far.protect(rtp(7)), 1.0, is_rtcp=False) == rtp(7)


def test_what_is_too_long_is_dropped_and_the_peer_lives(
    peer: EnginePeer, listener: socket.socket
) -> None:
    peer.send_rtp(rtp(1) + bytes(2_000))
    peer.send_rtcp(write_receiver_report(ReceiverReport(1)) * 300)
    peer.send_rtcp(write_receiver_report(ReceiverReport(1)))
    inbound = session(pylibsrtp.Policy.SSRC_ANY_INBOUND)
    report = inbound.unprotect_rtcp(listener.recv(2_000))
    assert report == write_receiver_report(ReceiverReport(1))
