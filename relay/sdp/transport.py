"""What an offer says about the way: ICE, DTLS and BUNDLE (RFC 8839, 8842, 9143)."""

import re
from dataclasses import dataclass

from relay.sdp.description import Attributes, Description, MediaSection, malformed
from relay.sdp.negotiated import DtlsRole, Fingerprint, IceCredentials
from streamsvc.base.errors import ProtocolError

_FINGERPRINT = re.compile(r"([A-Za-z0-9-]{1,16}) +((?:[0-9A-Fa-f]{2}:){19,63}[0-9A-Fa-f]{2})")
_HASHES = ("sha-256", "sha-384", "sha-512")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_MID = re.compile(r"[!#-'*-+.0-9A-Z^-~-]{1,32}")


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The offerer's half of the one transport."""

    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    role: DtlsRole
    """Ours, chosen from the offer's `a=setup`."""


def remote_transport(offer: Description) -> RemoteTransport:
    """Read it from the bundle's first m-line, else from the session.

    Raises ProtocolError `sdp-no-media`, `sdp-not-bundled`, `sdp-no-fingerprint`,
    `sdp-no-ice-credentials`, `sdp-malformed`.
    """
    return transport_of(offer, tagged=tagged_media(offer), role=None)


def tagged_media(offer: Description) -> int:
    """Index of the m-line that speaks for the bundle. Raises ProtocolError `sdp-no-media`,
    `sdp-not-bundled`, `sdp-malformed`."""
    if not offer.media:
        raise ProtocolError("sdp-no-media")
    mids = bundled_mids(offer)
    return next((n for n, section in enumerate(offer.media) if section.mid in mids), 0)


def transport_of(offer: Description, *, tagged: int, role: DtlsRole | None) -> RemoteTransport:
    """The transport as m-line `tagged` tells it, or else the session; `role` where it is known.
    Raises ProtocolError `sdp-no-fingerprint`, `sdp-no-ice-credentials`, `sdp-malformed`."""
    places = (offer.media[tagged].attributes, offer.session)
    ice, fingerprints = _ice(places), _fingerprints(places)
    return RemoteTransport(ice, fingerprints, our_role(offer, tagged) if role is None else role)


def our_role(offer: Description, tagged: int) -> DtlsRole:
    """By the offer's `a=setup`. Raises ProtocolError `sdp-malformed`."""
    return _role((offer.media[tagged].attributes, offer.session))


def bundled_mids(offer: Description) -> frozenset[str]:
    """Identification tags of the m-lines that share the one transport.

    A lone m-line needs no group. Raises ProtocolError `sdp-not-bundled`, `sdp-malformed`.
    """
    tags = [section.mid for section in offer.media]
    named = [tag for tag in tags if tag]
    if len(set(named)) != len(named):
        raise malformed("two m-lines have the same mid")
    if any(_MID.fullmatch(tag) is None for tag in named):
        raise malformed("a mid has characters it may not have")
    groups = [value.split() for value in offer.session.all("group")]
    bundles = [group[1:] for group in groups if group and group[0] == "BUNDLE"]
    if bundles:
        return frozenset(bundles[0]) & frozenset(named)
    if len(tags) == 1:
        return frozenset(tags)
    raise ProtocolError("sdp-not-bundled")


def is_multiplexed(section: MediaSection, offer: Description) -> bool:
    """RTP and RTCP on one port (RFC 5761); there is no other port here."""
    return section.attributes.has("rtcp-mux", "rtcp-mux-only") or offer.session.has("rtcp-mux")


def ice_credentials(attributes: Attributes) -> IceCredentials | None:
    """Name and password of one section; None where one is missing or badly formed."""
    ufrag = attributes.first("ice-ufrag") or ""
    pwd = attributes.first("ice-pwd") or ""
    if _UFRAG.fullmatch(ufrag) is None or _PWD.fullmatch(pwd) is None:
        return None
    return IceCredentials(ufrag, pwd)


def _ice(places: tuple[Attributes, ...]) -> IceCredentials:
    for attributes in places:
        credentials = ice_credentials(attributes)
        if credentials is not None:
            return credentials
    raise ProtocolError("sdp-no-ice-credentials")


def _fingerprints(places: tuple[Attributes, ...]) -> tuple[Fingerprint, ...]:
    for attributes in places:
        matches = [_FINGERPRINT.fullmatch(value) for value in attributes.all("fingerprint")]
        found = [Fingerprint(m.group(1).lower(), m.group(2).upper()) for m in matches if m]
        usable = tuple(fingerprint for fingerprint in found if fingerprint.algorithm in _HASHES)
        if usable:
            return usable
    raise ProtocolError("sdp-no-fingerprint")


def _role(places: tuple[Attributes, ...]) -> DtlsRole:
    for attributes in places:
        setup = attributes.first("setup")
        if setup is None:
            continue
        if setup == "passive":
            return DtlsRole.CLIENT
        if setup in ("actpass", "active"):
            return DtlsRole.SERVER
        raise malformed("a=setup is neither actpass, active nor passive")
    return DtlsRole.SERVER
