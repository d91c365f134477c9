"""What an offer and our answer agreed on: values only, shared by the SDP code and the peers."""

from dataclasses import dataclass, field
from enum import StrEnum

from streamsvc.base.media import Codec, MediaKind, Slot


class DtlsRole(StrEnum):
    """Our side of the handshake (RFC 5763 §5)."""

    SERVER = "server"
    """We answered `passive`: to `actpass` and `active`. Lets us choose the SRTP profile."""
    CLIENT = "client"
    """We answered `active`: to `passive`."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hash of the peer's certificate (RFC 8122)."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """One ICE session's name and password (RFC 8839 §5.4)."""

    ufrag: str
    pwd: str


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What our half of every description says; made by the mux for each peer."""

    ice: IceCredentials
    fingerprint: Fingerprint
    candidates: tuple[str, ...]
    """Values of `a=candidate:` lines, without the prefix."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """Negotiated header extension ids (RFC 8285) of one m-line; 0 where there is none."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    abs_send_time: int = 0
    audio_level: int = 0
    transport_cc: int = 0
    playout_delay: int = 0


@dataclass(frozen=True, slots=True)
class NegotiatedMedia:
    """One m-line of the agreement."""

    mid: str
    kind: MediaKind
    codec: Codec
    payload_type: int
    rtx_payload_type: int | None
    fmtp: str
    extensions: Extensions
    feedback: frozenset[str]
    """`nack`, `nack pli`, `ccm fir`, `goog-remb`, `transport-cc`, `rrtr` where agreed
    (by `a=rtcp-fb` or, the standard way, by `a=rtcp-xr:rcvr-rtt`)."""
    slot: Slot | None = None
    """The slot that feeds it (subscribers), or that it feeds (publishers)."""
    alternatives: dict[Codec, tuple[int, int | None]] = field(default_factory=dict)
    """Every agreed codec: payload type, and payload type of its retransmissions. A subscriber's
    m-line may have H.264 and VP8; which one flows is up to the slot's publisher."""
    ssrc: int = 0
    """Ours (subscribers): the SSRC we send with."""
    rtx_ssrc: int = 0
    rids: tuple[str, ...] = ()
    """Simulcast restriction ids in the offer's order (publishers)."""
    red_payload_type: int | None = None
    """Voice whose packets carry the one before once more (RFC 2198), where agreed (publishers)."""
    remote_ssrcs: tuple[int, ...] = ()
    """SSRCs the publisher announced; empty with rids."""
    remote_rtx: dict[int, int] = field(default_factory=dict)
    """Announced media SSRC to RTX SSRC (ssrc-group FID)."""

    def taken_of(self, codec: Codec) -> Codec | None:
        """Codec of the layers it takes (subscribers) of a publication of this one: the same where
        it was agreed, else another that a transcoder may make of it; None: nothing."""
        if codec in self.alternatives:
            return codec
        return None if self.kind is MediaKind.AUDIO else next(iter(self.alternatives), None)


def is_lead_voice(media: NegotiatedMedia) -> bool:
    """All that a listener is sent."""
    return media.kind is MediaKind.AUDIO and media.slot is Slot.LEAD


@dataclass(frozen=True, slots=True)
class Negotiated:
    """A whole agreement: the answer to send and what both sides will do."""

    answer_sdp: str
    remote_ice: IceCredentials
    remote_fingerprints: tuple[Fingerprint, ...]
    dtls_role: DtlsRole
    media: tuple[NegotiatedMedia, ...]
    """What flows; m-lines that were refused are not in it."""
