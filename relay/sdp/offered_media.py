"""What one m-line of an offer says about directions, layers and sources."""

import re

from relay.sdp.description import Description, MediaSection
from relay.sdp.transport import bundled_mids, is_multiplexed
from streamsvc.base.media import MediaKind

MAX_RIDS = 4
MAX_SOURCES = 16

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_RID = re.compile(r"([A-Za-z0-9_-]{1,32}) send(?: .*)?")


def kind_of(section: MediaSection) -> MediaKind | None:
    """Audio, video, or None for anything we never take (data channels)."""
    return MediaKind(section.kind) if section.kind in tuple(MediaKind) else None


def is_usable(section: MediaSection, offer: Description) -> bool:
    """Whether the m-line can be carried at all: RTP over our one transport."""
    is_offered = section.port != 0 or section.attributes.has("bundle-only")
    return (
        is_offered
        and kind_of(section) is not None
        and section.protocol.endswith("/TLS/RTP/SAVPF")
        and section.mid in bundled_mids(offer)
        and is_multiplexed(section, offer)
    )


def direction(section: MediaSection, offer: Description) -> str:
    """`sendrecv`, `sendonly`, `recvonly` or `inactive`, from the offerer's view."""
    for attributes in (section.attributes, offer.session):
        for name in _DIRECTIONS:
            if attributes.has(name):
                return name
    return "sendrecv"


def simulcast_rids(section: MediaSection) -> tuple[str, ...]:
    """Restriction ids the offerer will send, in its order (RFC 8853 §5.1).

    Of alternatives (`a,b`) the first is taken; a paused layer (`~a`) counts.
    """
    matches = [_RID.fullmatch(value) for value in section.attributes.all("rid")]
    declared = [match.group(1) for match in matches if match]
    listed = (section.attributes.first("simulcast") or "").split(" ")
    if "send" not in listed[:-1]:
        return tuple(declared[:MAX_RIDS])
    layers = listed[listed.index("send") + 1].split(";")
    wanted = [layer.split(",")[0].removeprefix("~") for layer in layers]
    return tuple(dict.fromkeys(rid for rid in wanted if rid in declared))[:MAX_RIDS]


def offers_reference_time(section: MediaSection) -> bool:
    """Whether a receiver would report its clock, from which it learns the round trip
    (RFC 3611 §5.1). Chromium then asks once for a lost packet, not six times on a long link."""
    return any(value.startswith("rcvr-rtt") for value in section.attributes.all("rtcp-xr"))


def announced_sources(section: MediaSection) -> tuple[tuple[int, ...], dict[int, int]]:
    """Media SSRCs, and media SSRC to RTX SSRC (`a=ssrc`, `a=ssrc-group:FID`; RFC 5576)."""
    ssrcs = [_ssrc(value.split(" ")[0]) for value in section.attributes.all("ssrc")]
    rtx: dict[int, int] = {}
    for value in section.attributes.all("ssrc-group"):
        words = value.split(" ")
        if len(words) == 3 and words[0] == "FID":
            media, repair = _ssrc(words[1]), _ssrc(words[2])
            if media and repair and len(rtx) < MAX_SOURCES:
                rtx[media] = repair
    media_ssrcs = dict.fromkeys(ssrc for ssrc in ssrcs if ssrc and ssrc not in rtx.values())
    return tuple(media_ssrcs)[:MAX_SOURCES], rtx


def _ssrc(word: str) -> int:
    """0 where it is no SSRC."""
    if re.fullmatch(r"[0-9]{1,10}", word) is None:
        return 0
    number = int(word)
    return number if number < 1 << 32 else 0
