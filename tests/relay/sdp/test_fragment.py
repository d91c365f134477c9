"""Trickle and restart fragments (examples after RFC 8840 and RFC 9725)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.sdp.fragment import parse_fragment, restart_fragment
from relay.sdp.negotiated import IceCredentials, LocalTransport
from streamsvc.base.errors import ProtocolError

TRICKLE = """a=group:BUNDLE 0 1\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
a=mid:0\r
a=ice-ufrag:EsAw\r
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r
a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0\r
a=candidate:3471623853 1 udp 2122194687 9f2c.local 61765 typ host generation 0\r
a=candidate:3511510505 1 tcp 1518214911 192.0.2.1 9 typ host tcptype active generation 0\r
a=end-of-candidates\r
"""


def test_candidates_and_their_end() -> None:
    fragment = parse_fragment(TRICKLE)
    assert fragment.ice == IceCredentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
    assert fragment.mids == ("0",)
    assert len(fragment.candidates) == 3
    assert fragment.is_complete


def test_credentials_may_stand_before_the_first_m_line() -> None:
    head = "a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\nm=audio 9 RTP/AVP 0\na=mid:0\n"
    assert parse_fragment(head).ice == IceCredentials("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")


def test_restart_reads_back(local: LocalTransport) -> None:
    text = restart_fragment(local, ["0", "1"])
    fragment = parse_fragment(text)
    assert fragment.ice == local.ice
    assert fragment.mids == ("0",)
    assert fragment.candidates == local.candidates
    assert fragment.is_complete
    assert "a=group:BUNDLE 0 1\r\n" in text


@pytest.mark.parametrize(
    ("text", "error_id"),
    [
        ("hello", "sdpfrag-malformed"),
        (TRICKLE.replace("EsAw", "E"), "sdpfrag-malformed"),
        ("a=ice-ufrag:EsAw\r\n", "sdpfrag-malformed"),
        ("m=audio\r\n", "sdpfrag-malformed"),
        ("a=candidate:1\r\n" * 10_000, "sdp-too-large"),
    ],
)
def test_bad_fragments(text: str, error_id: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_fragment(text)
    assert caught.value.error_id == error_id


@given(st.text(max_size=500))
def test_any_text_only_raises_protocol_errors(text: str) -> None:
    try:
        fragment = parse_fragment(text)
    except ProtocolError as error:
        assert error.error_id == "sdpfrag-malformed"
    else:
        assert len(fragment.candidates) <= text.count("a=candidate")
