"""Payload types of an m-line: which codecs an offer has, which we take (RFC 8866, RFC 4588)."""

import re
from dataclasses import dataclass

from relay.sdp.description import MediaSection
from streamsvc.base.media import Codec, MediaKind

FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli", "rrtr")

_CODECS = {
    "opus/48000/2": Codec.OPUS,
    "h264/90000": Codec.H264,
    "vp8/90000": Codec.VP8,
}
_PREFERENCE: dict[MediaKind, tuple[Codec, ...]] = {
    MediaKind.AUDIO: (Codec.OPUS,),
    MediaKind.VIDEO: (Codec.H264, Codec.VP8),
}
# H.264 profiles by the first four hex digits of profile-level-id, best liked first: every decoder
# has constrained baseline; our own name for "anything else" comes last.
_H264_PROFILES = ("42e0", "4240", "42c0", "4200", "4d", "64")


@dataclass(frozen=True, slots=True)
class Format:
    """One payload type of a codec we know."""

    codec: Codec
    payload_type: int
    rtx_payload_type: int | None
    fmtp: str
    feedback: frozenset[str]
    red_payload_type: int | None = None
    """Of packets that carry the one before once more; None: there are none."""


def formats_of(section: MediaSection, kind: MediaKind) -> dict[Codec, Format]:
    """The best payload type of each codec we forward, in our order of preference."""
    offered = _offered(section)
    chosen = {}
    for codec in _PREFERENCE[kind]:
        candidates = [form for form in offered if form.codec is codec and _is_usable(form)]
        if candidates:
            chosen[codec] = min(candidates, key=_rank)
    return chosen


def red_of(section: MediaSection, form: Format) -> int | None:
    """The payload type of packets with so much of this voice that one that is lost comes with the
    next (RFC 2198); None where it is not offered."""
    attributes = section.attributes
    names = _by_payload_type(attributes.all("rtpmap"))
    parameters = _by_payload_type(attributes.all("fmtp"))
    carried = f"{form.payload_type}/{form.payload_type}"
    for number, name in names.items():
        is_red = name.lower() == "red/48000/2" and parameters.get(number) == carried
        if is_red and str(number) in section.formats:
            return number
    return None


def _offered(section: MediaSection) -> list[Format]:
    attributes = section.attributes
    names = _by_payload_type(attributes.all("rtpmap"))
    parameters = _by_payload_type(attributes.all("fmtp"))
    rtx = _rtx_of(names, parameters)
    feedback = _feedback_of(attributes.all("rtcp-fb"))
    found = []
    for word in section.formats:
        payload_type = _payload_type(word)
        if payload_type is None:
            continue
        codec = _CODECS.get(names.get(payload_type, "").lower())
        if codec is None:
            continue
        wanted = feedback.get("*", set()) | feedback.get(word, set())
        found.append(
            Format(
                codec,
                payload_type,
                rtx.get(payload_type),
                parameters.get(payload_type, ""),
                frozenset(wanted),
            )
        )
    return found


def _is_usable(form: Format) -> bool:
    if form.codec is not Codec.H264:
        return True
    return parameter(form.fmtp, "packetization-mode") == "1"


def _rank(form: Format) -> int:
    """Lower is better; among equals the offer's order decides."""
    if form.codec is not Codec.H264:
        return 0
    level_id = parameter(form.fmtp, "profile-level-id").lower()
    if level_id == "42e01f":
        return -1
    for rank, profile in enumerate(_H264_PROFILES):
        if level_id.startswith(profile):
            return rank
    return len(_H264_PROFILES)


def parameter(fmtp: str, name: str) -> str:
    """One value of a `name=value;name=value` list, empty where it is missing."""
    for part in fmtp.split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip()
    return ""


def _by_payload_type(values: list[str]) -> dict[int, str]:
    table: dict[int, str] = {}
    for value in values:
        word, _, rest = value.partition(" ")
        payload_type = _payload_type(word)
        if payload_type is not None:
            table.setdefault(payload_type, rest.strip())
    return table


def _rtx_of(names: dict[int, str], parameters: dict[int, str]) -> dict[int, int]:
    """Media payload type to the payload type of its retransmissions (`apt`)."""
    table: dict[int, int] = {}
    for payload_type, name in names.items():
        if name.lower() != "rtx/90000":
            continue
        protected = _payload_type(parameter(parameters.get(payload_type, ""), "apt"))
        if protected is not None:
            table.setdefault(protected, payload_type)
    return table


def _feedback_of(values: list[str]) -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for value in values:
        word, _, rest = value.partition(" ")
        if rest.strip() in FEEDBACK:
            table.setdefault(word, set()).add(rest.strip())
    return table


def _payload_type(word: str) -> int | None:
    if re.fullmatch(r"[0-9]{1,3}", word) is None or int(word) > 127:
        return None
    return int(word)
