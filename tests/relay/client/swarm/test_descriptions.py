"""Offers and answers of a swarm's peer, against the relay's own."""

import itertools

import pytest

from relay.client.swarm.descriptions import (
    KINDS,
    OwnSide,
    read_description,
    write_answer,
    write_offer,
)
from relay.ports import Address
from relay.sdp.answer import answer_publisher, answer_subscriber
from relay.sdp.negotiated import DtlsRole, Fingerprint, IceCredentials, LocalTransport
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec, MediaKind, Slot

FINGERPRINT = Fingerprint("sha-256", ":".join(["AB"] * 32))
SERVER = LocalTransport(
    IceCredentials("serv", "s" * 22),
    FINGERPRINT,
    (
        "1 1 udp 2130706431 192.0.2.1 8081 typ host",
        "2 1 udp 2130706175 127.0.0.1 8081 typ host",
        "3 1 tcp 1518280447 192.0.2.1 8082 typ host tcptype passive",
    ),
)


def own(*, is_sender: bool, rids: tuple[str, ...] = ()) -> OwnSide:
    ssrcs = {MediaKind.AUDIO: 11, MediaKind.VIDEO: 22}
    ice = IceCredentials("ours", "o" * 22)
    return OwnSide(is_sender, ice, FINGERPRINT, ("192.0.2.9", 40_000), ssrcs, rids)


def test_a_publishers_offer_is_taken_whole() -> None:
    offer = write_offer(own(is_sender=True))
    negotiated = answer_publisher(offer, SERVER, slot=Slot.LEAD)
    by_kind = {media.kind: media for media in negotiated.media}
    assert set(by_kind) == set(KINDS)
    assert by_kind[MediaKind.VIDEO].codec is Codec.H264
    assert by_kind[MediaKind.VIDEO].remote_ssrcs == (22,)
    assert by_kind[MediaKind.AUDIO].remote_ssrcs == (11,)
    assert negotiated.remote_ice.ufrag == "ours"
    other = read_description(negotiated.answer_sdp, is_sender=True)
    track = other.tracks[MediaKind.VIDEO]
    assert track.payload_type == 102
    assert track.extensions.transport_cc and track.extensions.abs_send_time


def test_layers_are_named_and_taken() -> None:
    offer = write_offer(own(is_sender=True, rids=("q", "h", "f")))
    assert "a=ssrc:22" not in offer
    negotiated = answer_publisher(offer, SERVER, slot=Slot.LEAD)
    (picture,) = [media for media in negotiated.media if media.kind is MediaKind.VIDEO]
    assert picture.rids == ("q", "h", "f")
    assert picture.remote_ssrcs == ()
    track = read_description(negotiated.answer_sdp, is_sender=True).tracks[MediaKind.VIDEO]
    assert track.rids == ("q", "h", "f")
    assert track.extensions.rid == picture.extensions.rid != 0


def test_a_server_without_simulcast_takes_no_layer() -> None:
    offer = write_offer(own(is_sender=True, rids=("q", "h", "f")))
    answer = answer_publisher(offer, SERVER, slot=Slot.LEAD).answer_sdp
    plain = "\r\n".join(line for line in answer.split("\r\n") if not line.startswith("a=rid:"))
    assert read_description(plain, is_sender=True).tracks[MediaKind.VIDEO].rids == ()


def test_a_viewers_offer_gets_both_codecs_of_a_slot() -> None:
    offer = write_offer(own(is_sender=False))
    negotiated = answer_subscriber(offer, SERVER, new_ssrc=itertools.count(1_000).__next__)
    other = read_description(negotiated.answer_sdp, is_sender=False)
    assert other.kinds == {
        111: (MediaKind.AUDIO, False),
        102: (MediaKind.VIDEO, False),
        103: (MediaKind.VIDEO, True),
        96: (MediaKind.VIDEO, False),
        97: (MediaKind.VIDEO, True),
    }
    assert other.is_lite
    assert other.role is DtlsRole.CLIENT
    assert other.ice == SERVER.ice
    assert other.fingerprints == (FINGERPRINT,)
    places: tuple[Address, ...] = (("192.0.2.1", 8081), ("127.0.0.1", 8081))
    assert other.candidates == places


def test_a_servers_offer_is_answered_with_its_own_numbers() -> None:
    offer = write_offer(own(is_sender=True))
    other = read_description(offer, is_sender=False)
    assert other.candidates == (("192.0.2.9", 40_000),)
    answer = write_answer(offer, own(is_sender=False), other.role)
    again = read_description(answer, is_sender=True)
    assert again.kinds == other.kinds
    assert again.role is DtlsRole.SERVER
    assert "a=recvonly" in answer
    assert "a=setup:active" in answer


def test_a_data_channel_is_refused_and_the_rest_taken() -> None:
    offer = write_offer(own(is_sender=True)) + (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
    )
    answer = write_answer(offer, own(is_sender=False), DtlsRole.CLIENT)
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer


def test_names_of_the_local_network_are_no_candidates() -> None:
    offer = write_offer(own(is_sender=True)).replace("udp 2130706431 192.0.2.9", "udp 1 abc.local")
    with pytest.raises(ProtocolError, match="sdp-malformed"):
        read_description(offer, is_sender=False)


def test_refused_media_is_no_agreement() -> None:
    offer = write_offer(own(is_sender=True)).replace(" 40000 UDP/TLS", " 0 UDP/TLS")
    with pytest.raises(ProtocolError, match="sdp-no-media"):
        read_description(offer, is_sender=False)
