"""Offers of a data channel, as browsers make them."""

import pytest

from relay.sdp.data_channel import answer_channel
from relay.sdp.negotiated import DtlsRole, LocalTransport
from streamsvc.base.errors import ProtocolError

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
    f"a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 24}\r\na=ice-options:trickle\r\n"
    f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=sctp-port:5000\r\na=max-message-size:262144\r\n"
)
"""Chromium's."""


def test_the_answer_has_one_way_and_no_media(local: LocalTransport) -> None:
    agreed = answer_channel(OFFER, local)
    lines = agreed.answer_sdp.split("\r\n")
    assert agreed.remote_port == 5000
    assert agreed.dtls_role is DtlsRole.SERVER
    assert agreed.remote_ice.ufrag == "abcd"
    assert [line for line in lines if line.startswith("m=")] == [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
    ]
    for line in (
        "a=group:BUNDLE 0",
        "a=mid:0",
        "a=sctp-port:5000",
        "a=max-message-size:1200",
        "a=setup:passive",
        f"a=ice-ufrag:{local.ice.ufrag}",
        f"a=candidate:{local.candidates[0]}",
    ):
        assert line in lines


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m=application 9", "m=application 0"),
        ("m=application 9", "m=audio 9"),
        ("UDP/DTLS/SCTP", "DTLS/SCTP"),
        ("a=sctp-port:5000\r\n", ""),
        ("a=sctp-port:5000", "a=sctp-port:0"),
        ("a=sctp-port:5000", "a=sctp-port:99999"),
        ("a=sctp-port:5000", "a=sctp-port:many"),
        ("BUNDLE 0", "BUNDLE 1"),
    ],
)
def test_what_is_no_data_channel_is_refused(local: LocalTransport, old: str, new: str) -> None:
    with pytest.raises(ProtocolError, match="sdp-no-data-channel"):
        answer_channel(OFFER.replace(old, new), local)


def test_one_with_media_beside_it_is_refused(local: LocalTransport) -> None:
    more = OFFER.replace("BUNDLE 0", "BUNDLE 0 1")
    more += "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n"
    with pytest.raises(ProtocolError, match="sdp-no-data-channel"):
        answer_channel(more, local)
    with pytest.raises(ProtocolError, match="sdp-no-media"):
        answer_channel(OFFER.partition("m=")[0], local)
