"""The SDP of a swarm's peer: what Chrome would offer or answer, and what the other side said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from relay.ports import Address
from relay.sdp.description import Description, MediaSection, parse_description
from relay.sdp.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    FROM_PUBLISHER,
    MID,
    PLAYOUT_DELAY,
    REPAIRED_RID,
    RID,
    TO_SUBSCRIBER,
    TRANSPORT_CC,
    accepted_extensions,
)
from relay.sdp.formats import formats_of
from relay.sdp.negotiated import DtlsRole, Extensions, Fingerprint, IceCredentials
from relay.sdp.transport import remote_transport
from relay.sdp.writer import refused_lines, text_of
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import MediaKind

_OfferedFormat = tuple[int, str, str, tuple[str, ...]]
"""Payload type, rtpmap, fmtp, feedback."""
KINDS = (MediaKind.AUDIO, MediaKind.VIDEO)
_H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
_CANDIDATE = re.compile(r"\S+ 1 udp \d+ (\S+) (\d{1,5}) typ \w+.*", re.IGNORECASE)
_TO_VIEWER = TO_SUBSCRIBER | {TRANSPORT_CC: "transport_cc"}
_EXTENSION_IDS = {
    MediaKind.AUDIO: {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, TRANSPORT_CC: 3, MID: 4},
    MediaKind.VIDEO: {ABS_SEND_TIME: 2, TRANSPORT_CC: 3, MID: 4, PLAYOUT_DELAY: 5},
}


@dataclass(frozen=True, slots=True)
class OwnSide:
    """What our descriptions say."""

    is_sender: bool
    ice: IceCredentials
    fingerprint: Fingerprint
    address: tuple[str, int]
    ssrcs: dict[MediaKind, int] = field(default_factory=dict)
    """Of a sender."""
    rids: tuple[str, ...] = ()
    """Of a sender's layers, lowest first; their SSRCs are not announced."""


@dataclass(frozen=True, slots=True)
class AgreedTrack:
    """One m-line of the agreement."""

    kind: MediaKind
    mid: str
    payload_type: int
    """The one to send with."""
    extensions: Extensions
    rids: tuple[str, ...] = ()
    """Layers the server takes; none: it knows of no simulcast."""


@dataclass(frozen=True, slots=True)
class OtherSide:
    """What the server said."""

    ice: IceCredentials
    is_lite: bool
    fingerprints: tuple[Fingerprint, ...]
    role: DtlsRole
    """Ours."""
    candidates: tuple[Address, ...]
    tracks: dict[MediaKind, AgreedTrack]
    kinds: dict[int, tuple[MediaKind, bool]]
    """Payload type to kind, and whether it is a retransmission."""


def read_description(text: str, *, is_sender: bool) -> OtherSide:
    """The server's offer or answer. Raises ProtocolError `sdp-...`."""
    description = parse_description(text)
    transport = remote_transport(description)
    used = [section for section in description.media if section.port and _kind(section)]
    candidates = _candidates(description)
    if not used:
        raise ProtocolError("sdp-no-media")
    if not candidates:
        raise ProtocolError("sdp-malformed", reason="it has no UDP candidate")
    setup = {section.attributes.first("setup") for section in used}
    wanted = FROM_PUBLISHER if is_sender else _TO_VIEWER
    return OtherSide(
        ice=transport.ice,
        is_lite=description.session.has("ice-lite"),
        fingerprints=transport.fingerprints,
        role=DtlsRole.SERVER if "active" in setup else DtlsRole.CLIENT,
        candidates=candidates,
        tracks={track.kind: track for track in reversed([_track(s, wanted) for s in used])},
        kinds={pt: kind for section in used for pt, kind in _payload_types(section)},
    )


def _kind(section: MediaSection) -> MediaKind | None:
    return MediaKind(section.kind) if section.kind in (*KINDS,) else None


def _candidates(description: Description) -> tuple[Address, ...]:
    places = [description.session, *(section.attributes for section in description.media)]
    lines = [line for attributes in places for line in attributes.all("candidate")]
    matches = [_CANDIDATE.fullmatch(line) for line in lines]
    found = [(m.group(1), int(m.group(2))) for m in matches if m]
    return tuple(dict.fromkeys(place for place in found if not place[0].endswith(".local")))


def _track(section: MediaSection, wanted: dict[str, str]) -> AgreedTrack:
    kind = MediaKind(section.kind)
    form = next(iter(formats_of(section, kind).values()), None)
    if form is None:
        raise ProtocolError("sdp-no-common-codec")
    extensions = accepted_extensions(section, wanted, unusable="inactive")
    rids = [rid.split(" ") for rid in section.attributes.all("rid")]
    taken = tuple(words[0] for words in rids if words[1:2] == ["recv"])
    return AgreedTrack(kind, section.mid, form.payload_type, extensions, taken)


def _payload_types(section: MediaSection) -> list[tuple[int, tuple[MediaKind, bool]]]:
    kind = MediaKind(section.kind)
    found = []
    for form in formats_of(section, kind).values():
        found.append((form.payload_type, (kind, False)))
        if form.rtx_payload_type is not None:
            found.append((form.rtx_payload_type, (kind, True)))
    return found


def write_offer(own: OwnSide) -> str:
    """Sound and picture, in one bundle."""
    lines = _session_lines(["0", "1"])
    for mid, kind in enumerate(KINDS):
        payload_types = _offered(kind, is_sender=own.is_sender)
        lines.append(_m_line(kind, own, [number for number, *_ in payload_types]))
        lines += _transport_lines(own, str(mid), "actpass")
        lines += [f"a=extmap:{n} {uri}" for uri, n in _extension_ids(kind, own).items()]
        lines += _direction_lines(kind, own)
        for number, name, fmtp, feedback in payload_types:
            lines.append(f"a=rtpmap:{number} {name}")
            lines += [f"a=rtcp-fb:{number} {word}" for word in feedback]
            lines += [f"a=fmtp:{number} {fmtp}"] if fmtp else []
    return text_of(lines)


def _extension_ids(kind: MediaKind, own: OwnSide) -> dict[str, int]:
    is_layered = kind is MediaKind.VIDEO and own.rids
    return _EXTENSION_IDS[kind] | ({RID: 6, REPAIRED_RID: 7} if is_layered else {})


def _offered(kind: MediaKind, *, is_sender: bool) -> list[_OfferedFormat]:
    if kind is MediaKind.AUDIO:
        return [(111, "opus/48000/2", "minptime=10;useinbandfec=1", ("transport-cc",))]
    h264 = [(102, "H264/90000", _H264, _FEEDBACK), (103, "rtx/90000", "apt=102", ())]
    vp8 = [(96, "VP8/90000", "", _FEEDBACK), (97, "rtx/90000", "apt=96", ())]
    return h264 if is_sender else h264 + vp8


def write_answer(offer: str, own: OwnSide, role: DtlsRole) -> str:
    """Take every sound and picture of a server's offer, with its own numbers."""
    sections = parse_description(offer).media
    lines = _session_lines([section.mid for section in sections if _kind(section)])
    for section in sections:
        kind = _kind(section)
        if kind is None:
            lines += refused_lines(section)
            continue
        numbers = [number for number, _ in _payload_types(section)]
        lines.append(_m_line(kind, own, numbers))
        lines += _transport_lines(own, section.mid, _setup(role))
        lines += [f"a=extmap:{value}" for value in section.attributes.all("extmap")]
        lines += _direction_lines(kind, own)
        lines += _echoed(section, numbers)
    return text_of(lines)


def _setup(role: DtlsRole) -> str:
    return "active" if role is DtlsRole.CLIENT else "passive"


def _echoed(section: MediaSection, numbers: Sequence[int]) -> list[str]:
    lines = []
    for name in ("rtpmap", "rtcp-fb", "fmtp"):
        values = section.attributes.all(name)
        lines += [f"a={name}:{v}" for v in values if v.partition(" ")[0] in map(str, numbers)]
    return lines


def _session_lines(mids: Sequence[str]) -> list[str]:
    return [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]


def _m_line(kind: MediaKind, own: OwnSide, numbers: Sequence[int]) -> str:
    return f"m={kind} {own.address[1]} UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}"


def _transport_lines(own: OwnSide, mid: str, setup: str) -> list[str]:
    host, port = own.address
    family = "IP6" if ":" in host else "IP4"
    return [
        f"c=IN {family} {host}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{own.ice.ufrag}",
        f"a=ice-pwd:{own.ice.pwd}",
        f"a=fingerprint:{own.fingerprint.algorithm} {own.fingerprint.value}",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
    ]


def _direction_lines(kind: MediaKind, own: OwnSide) -> list[str]:
    if not own.is_sender:
        return ["a=recvonly"]
    if kind is MediaKind.VIDEO and own.rids:
        layers = [f"a=rid:{rid} send" for rid in own.rids]
        return ["a=sendonly", *layers, f"a=simulcast:send {';'.join(own.rids)}"]
    ssrc = own.ssrcs[kind]
    return [
        "a=sendonly",
        f"a=msid:swarm swarm-{kind}",
        f"a=ssrc:{ssrc} cname:swarm",
        f"a=ssrc:{ssrc} msid:swarm swarm-{kind}",
    ]
