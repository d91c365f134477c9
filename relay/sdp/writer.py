"""Our half of a description, as text."""

import zlib
from collections.abc import Iterable

from relay.sdp.description import Description, MediaSection
from relay.sdp.extensions import extension_lines
from relay.sdp.formats import Format
from relay.sdp.negotiated import DtlsRole, LocalTransport, NegotiatedMedia
from streamsvc.base.media import CLOCK_RATE, Codec

_NAMES = {
    codec: f"{name}/{CLOCK_RATE[codec]}{channels}"
    for codec, name, channels in (
        (Codec.OPUS, "opus", "/2"),
        (Codec.H264, "H264", ""),
        (Codec.VP8, "VP8", ""),
    )
}
_SETUP = {DtlsRole.SERVER: "passive", DtlsRole.CLIENT: "active"}


def session_lines(offer: Description, local: LocalTransport, mids: Iterable[str]) -> list[str]:
    """The part before the first m-line. `mids` are those of the accepted m-lines."""
    lines = [
        "v=0",
        f"o=- {zlib.crc32(local.ice.ufrag.encode())} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=ice-options:trickle ice2",
    ]
    if offer.session.has("group"):
        lines.append("a=group:BUNDLE " + " ".join(mids))
    lines.append("a=msid-semantic: WMS *")
    return lines


def refused_lines(section: MediaSection) -> list[str]:
    """An m-line we do not take: port 0, the offer's own formats (RFC 3264 §6)."""
    formats = " ".join(section.formats)
    mid = [f"a=mid:{section.mid}"] if section.mid else []
    return [
        f"m={section.kind} 0 {section.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        *mid,
        "a=inactive",
    ]


def accepted_lines(
    section: MediaSection, media: NegotiatedMedia, formats: Iterable[Format], direction: str
) -> list[str]:
    """An m-line we take, without its transport."""
    formats = list(formats)
    numbers = [number for form in formats for number in _payload_types(form)]
    lines = [
        f"m={section.kind} 9 {section.protocol} {' '.join(str(number) for number in numbers)}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp-mux",
        f"a={direction}",
    ]
    if media.mid:
        lines.append(f"a=mid:{media.mid}")
    if section.attributes.has("rtcp-rsize"):
        lines.append("a=rtcp-rsize")
    lines += extension_lines(section, media.extensions)
    for form in formats:
        lines += _format_lines(form)
    return lines


def transport_lines(local: LocalTransport, role: DtlsRole) -> list[str]:
    """ICE and DTLS of an accepted m-line."""
    return [
        f"a=ice-ufrag:{local.ice.ufrag}",
        f"a=ice-pwd:{local.ice.pwd}",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        f"a=setup:{_SETUP[role]}",
    ]


def candidate_lines(local: LocalTransport) -> list[str]:
    """Every address of ours, and that there will be no more: one request is enough. Said once,
    in the bundle's first m-line (RFC 9429 §5.3.1)."""
    return [*(f"a=candidate:{value}" for value in local.candidates), "a=end-of-candidates"]


def text_of(lines: Iterable[str]) -> str:
    """Lines with the ends RFC 8866 §5 wants."""
    return "".join(f"{line}\r\n" for line in lines)


def _payload_types(form: Format) -> list[int]:
    """What is wanted most first: browsers send RED only where it stands before its codec."""
    numbers = [form.red_payload_type, form.payload_type, form.rtx_payload_type]
    return [number for number in numbers if number is not None]


def _format_lines(form: Format) -> list[str]:
    number = form.payload_type
    lines = [f"a=rtpmap:{number} {_NAMES[form.codec]}"]
    lines += [f"a=rtcp-fb:{number} {name}" for name in sorted(form.feedback)]
    if form.fmtp:
        lines.append(f"a=fmtp:{number} {form.fmtp}")
    if form.rtx_payload_type is not None:
        lines.append(f"a=rtpmap:{form.rtx_payload_type} rtx/90000")
        lines.append(f"a=fmtp:{form.rtx_payload_type} apt={number}")
    if form.red_payload_type is not None:
        lines.append(f"a=rtpmap:{form.red_payload_type} red/48000/2")
        lines.append(f"a=fmtp:{form.red_payload_type} {number}/{number}")
    return lines
