"""SDP fragments of trickle ICE, the body of a PATCH (RFC 8840 §9, RFC 9725 §4.3)."""

from collections.abc import Iterable
from dataclasses import dataclass

from relay.sdp.description import Description, check_size, cut_sections
from relay.sdp.negotiated import IceCredentials, LocalTransport
from relay.sdp.transport import ice_credentials
from relay.sdp.writer import candidate_lines, text_of
from streamsvc.base.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a peer adds to a running ICE session, or begins anew."""

    ice: IceCredentials | None
    """Name and password; new ones ask for an ICE restart."""
    mids: tuple[str, ...]
    candidates: tuple[str, ...]
    """Values of `a=candidate` lines. We are ICE-lite and use none of them."""
    is_complete: bool
    """The peer has no more candidates."""


def parse_fragment(text: str) -> Fragment:
    """Raises ProtocolError `sdp-too-large`, `sdpfrag-malformed`."""
    check_size(text)
    try:
        description = cut_sections(text)
    except ProtocolError as error:
        if error.error_id == "sdp-too-large":
            raise
        raise ProtocolError("sdpfrag-malformed", **error.details) from error
    places = [description.session, *(section.attributes for section in description.media)]
    return Fragment(
        ice=_ice(description),
        mids=tuple(section.mid for section in description.media if section.mid),
        candidates=tuple(value for place in places for value in place.all("candidate")),
        is_complete=any(place.has("end-of-candidates") for place in places),
    )


def restart_fragment(local: LocalTransport, mids: Iterable[str]) -> str:
    """Our new name, password and addresses after an ICE restart; one transport, so the first
    m-line of the bundle speaks for all."""
    mids = [mid for mid in mids if mid]
    group = [f"a=group:BUNDLE {' '.join(mids)}"] if mids else []
    first = [f"a=mid:{mids[0]}"] if mids else []
    return text_of(
        [
            "a=ice-lite",
            "a=ice-options:trickle ice2",
            *group,
            "m=audio 9 UDP/TLS/RTP/SAVPF 0",
            *first,
            f"a=ice-ufrag:{local.ice.ufrag}",
            f"a=ice-pwd:{local.ice.pwd}",
            *candidate_lines(local),
        ]
    )


def _ice(description: Description) -> IceCredentials | None:
    for attributes in (description.session, *(section.attributes for section in description.media)):
        if not attributes.has("ice-ufrag", "ice-pwd"):
            continue
        credentials = ice_credentials(attributes)
        if credentials is None:
            raise ProtocolError("sdpfrag-malformed", reason="ice-ufrag or ice-pwd is bad")
        return credentials
    return None
