"""RTP header extensions: which ids of an offer we take up (RFC 8285 §5)."""

import re
from dataclasses import asdict, replace

from relay.sdp.description import MediaSection
from relay.sdp.negotiated import Extensions

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

# The dependency descriptor is left out on purpose: with it Chromium takes the picture numbers
# out of VP8's own header, and we need them there.
FROM_PUBLISHER = {
    MID: "mid",
    RID: "rid",
    REPAIRED_RID: "repaired_rid",
    ABS_SEND_TIME: "abs_send_time",
    TRANSPORT_CC: "transport_cc",
    AUDIO_LEVEL: "audio_level",
}
TO_SUBSCRIBER = {MID: "mid", ABS_SEND_TIME: "abs_send_time", PLAYOUT_DELAY: "playout_delay"}

_URIS = {field: uri for uri, field in (FROM_PUBLISHER | TO_SUBSCRIBER).items()}
_MIRRORED = (("/sendonly", "/recvonly"), ("/recvonly", "/sendonly"))
_EXTMAP = re.compile(r"([0-9]{1,2})(?:/([a-z]+))? (\S+)(?: .*)?")


def accepted_extensions(
    section: MediaSection, wanted: dict[str, str], *, unusable: str
) -> Extensions:
    """Ids of the wanted extensions. `unusable` is the offer's direction that leaves us out:
    `recvonly` when it must send them, `sendonly` when it must understand them."""
    ids: dict[str, int] = {}
    for value in section.attributes.all("extmap"):
        match = _EXTMAP.fullmatch(value)
        if match is None or match.group(2) in (unusable, "inactive"):
            continue
        number, field = int(match.group(1)), wanted.get(match.group(3))
        # One-byte headers carry ids 1 to 14 (RFC 8285 §4.2); we negotiate no others.
        if field is not None and 1 <= number <= 14 and number not in ids.values():
            ids.setdefault(field, number)
    return replace(Extensions(), **ids)


def extension_lines(section: MediaSection, extensions: Extensions) -> list[str]:
    """The answer's `a=extmap` lines; a one-way extension is confirmed from our side."""
    ids: dict[str, int] = asdict(extensions)
    offered = set(section.attributes.all("extmap"))
    lines = []
    for field, uri in _URIS.items():
        number = ids[field]
        ways = [ours for theirs, ours in _MIRRORED if f"{number}{theirs} {uri}" in offered]
        if number:
            lines.append(f"a=extmap:{number}{ways[0] if ways else ''} {uri}")
    return lines
