"""Viewers with the same browser share one plan, and nothing that is their own."""

import re
from collections.abc import Callable

import pytest

from relay.sdp.answer import answer_subscriber
from relay.sdp.negotiated import Fingerprint, IceCredentials, LocalTransport
from relay.sdp.secrets_of_offer import split_offer
from streamsvc.base.errors import ProtocolError

Offer = Callable[[str], str]
NewSsrc = Callable[[], int]
VIEWERS = ("chromium-room", "chromium-player", "aiortc-viewer")


def of_another(offer: str) -> str:
    """The same browser's offer in another room."""
    changes = (
        (r"(?m)^(o=- )\d+", r"\g<1>42"),
        (r"(?m)^(m=\w+) [1-9]\d*", r"\1 40123"),
        (r"(?m)^c=IN .*(\r)$", r"c=IN IP6 2001:db8::7\1"),
        (r"(?m)^(a=rtcp:).*(\r)$", r"\g<1>40124 IN IP6 2001:db8::7\2"),
        (r"(?m)^(a=ice-ufrag:)\S+", r"\1other"),
        (r"(?m)^(a=ice-pwd:)\S+", r"\1" + "q" * 24),
        (r"(?m)^(a=fingerprint:sha-256 )\S+", r"\1" + ":".join(["CD"] * 32)),
    )
    for pattern, told in changes:
        offer = re.sub(pattern, told, offer)
    return offer


@pytest.mark.parametrize("name", VIEWERS)
def test_offers_of_one_browser_have_one_common_part(offer: Offer, name: str) -> None:
    one, other = offer(name), of_another(offer(name))
    assert one != other and split_offer(one)[0] == split_offer(other)[0]
    for word in ("ice-ufrag", "ice-pwd", "fingerprint", "candidate"):
        assert f"a={word}:" not in split_offer(one)[0]


def test_a_refused_line_is_none_of_the_usual(offer: Offer) -> None:
    usual = offer("chromium-room")
    refused = usual.replace("m=video 9 ", "m=video 0 ", 1)
    assert split_offer(refused)[0] != split_offer(usual)[0]


@pytest.mark.parametrize("name", VIEWERS)
def test_nobody_gets_what_is_anothers(
    offer: Offer, name: str, local: LocalTransport, new_ssrc: NewSsrc
) -> None:
    first = answer_subscriber(offer(name), local, new_ssrc=new_ssrc)
    second = answer_subscriber(of_another(offer(name)), local, new_ssrc=new_ssrc)
    assert second.remote_ice == IceCredentials("other", "q" * 24) != first.remote_ice
    assert second.remote_fingerprints[0] == Fingerprint("sha-256", ":".join(["CD"] * 32))
    ssrcs = [{media.ssrc for media in agreed.media} for agreed in (first, second)]
    assert ssrcs[0].isdisjoint(ssrcs[1])
    for agreed in (first, second):
        for media in agreed.media:
            assert f"a=ssrc:{media.ssrc} cname:{media.slot}\r\n" in agreed.answer_sdp


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ((r"(?m)^a=ice-pwd:.*\r\n", ""), "sdp-no-ice-credentials"),
        ((r"(?m)^(a=ice-ufrag:).*", r"\1a b"), "sdp-no-ice-credentials"),
        ((r"(?m)^a=fingerprint:.*\r\n", ""), "sdp-no-fingerprint"),
        ((r"(?m)^(a=fingerprint:).*", "\\1\x01"), "sdp-malformed"),
    ],
)
def test_what_is_a_viewers_own_is_looked_at_each_time(
    offer: Offer, local: LocalTransport, new_ssrc: NewSsrc, change: tuple[str, str], error: str
) -> None:
    answer_subscriber(offer("chromium-room"), local, new_ssrc=new_ssrc)
    with pytest.raises(ProtocolError, match=error):
        bad = re.sub(*change, offer("chromium-room"))
        answer_subscriber(bad, local, new_ssrc=new_ssrc)
