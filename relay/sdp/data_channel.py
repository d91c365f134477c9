"""Answers the offer of a data channel (RFC 8841): one m-line, nothing else. Pure.

The offer is a page's whole connection for lesson events, apart from its media.
"""

import re
from dataclasses import dataclass

from relay.sdp.description import Description, MediaSection, parse_description
from relay.sdp.negotiated import DtlsRole, Fingerprint, IceCredentials, LocalTransport
from relay.sdp.transport import bundled_mids, remote_transport
from relay.sdp.writer import candidate_lines, session_lines, text_of, transport_lines
from streamsvc.base.errors import ProtocolError

SCTP_PORT = 5000
MOST_MESSAGE_BYTES = 1_200
"""What we take in one message; nothing a page says is longer."""
_PROTOCOL = "UDP/DTLS/SCTP"
_FORMAT = "webrtc-datachannel"


@dataclass(frozen=True, slots=True)
class NegotiatedChannel:
    """The answer to send, and who the peer is."""

    answer_sdp: str
    remote_ice: IceCredentials
    remote_fingerprints: tuple[Fingerprint, ...]
    dtls_role: DtlsRole
    remote_port: int
    """SCTP's, within DTLS."""


def answer_channel(offer_sdp: str, local: LocalTransport) -> NegotiatedChannel:
    """Take the one m-line of an offer. Raises ProtocolError `sdp-no-data-channel`,
    `sdp-too-large`, `sdp-malformed`, `sdp-no-media`, `sdp-not-bundled`, `sdp-no-fingerprint`,
    `sdp-no-ice-credentials`."""
    offer = parse_description(offer_sdp)
    remote = remote_transport(offer)
    port = _sctp_port(offer)
    section = offer.media[0]
    lines = session_lines(offer, local, [section.mid])
    lines += _media_lines(section)
    lines += transport_lines(local, remote.role)
    lines += candidate_lines(local)
    return NegotiatedChannel(text_of(lines), remote.ice, remote.fingerprints, remote.role, port)


def _sctp_port(offer: Description) -> int:
    """Raises ProtocolError `sdp-no-data-channel`."""
    section = offer.media[0]
    told = section.attributes.first("sctp-port") or ""
    is_channel = (
        len(offer.media) == 1
        and section.kind == "application"
        and section.port != 0
        and section.protocol == _PROTOCOL
        and section.formats == (_FORMAT,)
        and section.mid in bundled_mids(offer)
        and re.fullmatch(r"[0-9]{1,5}", told) is not None
        and 0 < int(told) < 1 << 16
    )
    if not is_channel:
        raise ProtocolError("sdp-no-data-channel")
    return int(told)


def _media_lines(section: MediaSection) -> list[str]:
    mid = [f"a=mid:{section.mid}"] if section.mid else []
    return [
        f"m=application 9 {_PROTOCOL} {_FORMAT}",
        "c=IN IP4 0.0.0.0",
        *mid,
        f"a=sctp-port:{SCTP_PORT}",
        f"a=max-message-size:{MOST_MESSAGE_BYTES}",
    ]
