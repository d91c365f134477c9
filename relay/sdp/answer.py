"""Answers offers: a publisher's (WHIP) and a subscriber's (WHEP). Pure; RFC 9429, RFC 3264.

offer ─► parse_description ─► for each m-line: take it or refuse it ─► Negotiated + text
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from relay.sdp.description import Description, MediaSection, parse_description
from relay.sdp.extensions import FROM_PUBLISHER, TO_SUBSCRIBER, accepted_extensions
from relay.sdp.formats import Format, formats_of, parameter, red_of
from relay.sdp.negotiated import DtlsRole, Extensions, LocalTransport, Negotiated, NegotiatedMedia
from relay.sdp.offered_media import (
    announced_sources,
    direction,
    is_usable,
    kind_of,
    offers_reference_time,
    simulcast_rids,
)
from relay.sdp.secrets_of_offer import split_offer
from relay.sdp.transport import (
    RemoteTransport,
    our_role,
    remote_transport,
    tagged_media,
    transport_of,
)
from relay.sdp.writer import (
    accepted_lines,
    candidate_lines,
    refused_lines,
    session_lines,
    text_of,
    transport_lines,
)
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import CAMERAS, SUBSCRIBER_SLOTS, Codec, MediaKind, Slot

PUBLISHER_OPUS = "minptime=10;useinbandfec=1;usedtx=0;stereo=0;maxaveragebitrate=32000"
"""What we ask of a microphone. No DTX: its gaps would be holes in the recording."""
PUBLISHER_MUSIC = "minptime=10;useinbandfec=1;usedtx=0;stereo=1;maxaveragebitrate=64000"
"""And of one that says it will send stereo (`sprop-stereo`, RFC 7587 §6.1): music."""
PUBLISHER_TWICE = "minptime=10;useinbandfec=0;usedtx=0;stereo=0;maxaveragebitrate=24000"
"""And of one on stage whose browser sends everything twice (RED): with headers 75 kbit/s, 20 more
than else. What RED brings needs no in-band FEC, which Chromium sends at 5 % loss hardly ever."""
KNOWN_OFFERS = 64
"""Kinds of viewers' offers whose answers are remembered: one for each version of a browser."""
USUAL_OFFER_CHARS = 32_000
"""A longer one is read each time: it would cost more memory than a browser's saves."""
SUBSCRIBER_OPUS = "minptime=10;useinbandfec=1"

_FROM_PUBLISHER = frozenset({"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"})
# No transport-cc: REMB costs a weak uplink 3.5 kbit/s, transport-wide feedback 10.5.
_TO_SUBSCRIBER = frozenset({"goog-remb", "ccm fir", "nack", "nack pli", "rrtr"})
_SLOT_KINDS = {
    Slot.LEAD: frozenset(MediaKind),
    Slot.STAGE: frozenset(MediaKind),
    Slot.SCREEN: frozenset({MediaKind.VIDEO}),
    **dict.fromkeys(CAMERAS, frozenset({MediaKind.VIDEO})),
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """An m-line we accept, and what its answer says."""

    media: NegotiatedMedia
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """An offer without its secrets, and what of it we take: m-lines without SSRCs."""

    offer: Description
    tagged: int
    role: DtlsRole
    taken: tuple[_Taken | None, ...]


def answer_publisher(offer_sdp: str, local: LocalTransport, *, slot: Slot) -> Negotiated:
    """Take the first audio and the first video m-line the offer can send, each with one codec.

    Raises ProtocolError `sdp-too-large`, `sdp-malformed`, `sdp-no-media`, `sdp-not-bundled`,
    `sdp-no-fingerprint`, `sdp-no-ice-credentials`, `sdp-wrong-direction`, `sdp-no-common-codec`.
    """
    offer = parse_description(offer_sdp)
    remote = remote_transport(offer)
    wanted = set(_SLOT_KINDS[slot])
    taken: list[_Taken | None] = []
    for section in offer.media:
        kind = kind_of(section)
        fits = kind in wanted and _flows(section, offer, "sendonly")
        answer = _publisher_media(section, slot) if fits else None
        if answer is not None:
            wanted.discard(answer.media.kind)
        taken.append(answer)
    return _negotiated(offer, remote, local, taken, wanted_direction="sendonly")


def answer_subscriber(
    offer_sdp: str, local: LocalTransport, *, new_ssrc: Callable[[], int]
) -> Negotiated:
    """Give the n-th audio (video) m-line the n-th audio (video) entry of `SUBSCRIBER_SLOTS`,
    with every codec a slot's publisher may have. Raises like `answer_publisher`."""
    common, private = split_offer(offer_sdp)
    is_usual = len(common) <= USUAL_OFFER_CHARS
    plan = _subscriber_plan(common) if is_usual else _subscriber_plan.__wrapped__(common)
    remote = transport_of(private, tagged=plan.tagged, role=plan.role)
    taken = [_with_ssrcs(answer, new_ssrc) if answer else None for answer in plan.taken]
    return _negotiated(plan.offer, remote, local, taken, wanted_direction="recvonly")


@lru_cache(maxsize=KNOWN_OFFERS)
def _subscriber_plan(common: str) -> _Plan:
    """What every viewer whose offer differs in nothing but its secrets is answered."""
    offer = parse_description(common)
    tagged = tagged_media(offer)
    slots = {kind: _slots_of(kind) for kind in MediaKind}
    taken: list[_Taken | None] = []
    for section in offer.media:
        kind = kind_of(section)
        slot = next(slots[kind], None) if kind is not None else None
        fits = slot is not None and _flows(section, offer, "recvonly")
        taken.append(_subscriber_media(section, slot) if fits and slot else None)
    return _Plan(offer, tagged, our_role(offer, tagged), tuple(taken))


def _with_ssrcs(answer: _Taken, new_ssrc: Callable[[], int]) -> _Taken:
    has_rtx = any(rtx is not None for _, rtx in answer.media.alternatives.values())
    media = replace(answer.media, ssrc=new_ssrc(), rtx_ssrc=new_ssrc() if has_rtx else 0)
    return _Taken(media, answer.lines + _source_lines(media))


def _slots_of(kind: MediaKind) -> Iterator[Slot]:
    return iter([slot for slot, its_kind in SUBSCRIBER_SLOTS if its_kind is kind])


def _flows(section: MediaSection, offer: Description, wanted_direction: str) -> bool:
    return is_usable(section, offer) and direction(section, offer) in ("sendrecv", wanted_direction)


def _publisher_media(section: MediaSection, slot: Slot) -> _Taken | None:
    kind = MediaKind(section.kind)
    form = next(iter(formats_of(section, kind).values()), None)
    if form is None:
        return None
    form = _from_publisher(section, form, slot)
    extensions = accepted_extensions(section, FROM_PUBLISHER, unusable="recvonly")
    ssrcs, rtx = announced_sources(section)
    rids = simulcast_rids(section) if extensions.rid else ()
    media = replace(
        _media(section, [form]),
        extensions=extensions,
        slot=slot,
        red_payload_type=form.red_payload_type,
        rids=rids,
        remote_ssrcs=() if rids else ssrcs,
        remote_rtx={} if rids else rtx,
    )
    lines = accepted_lines(section, media, [form], "recvonly")
    return _Taken(media, lines + _simulcast_lines(rids))


def _from_publisher(section: MediaSection, form: Format, slot: Slot) -> Format:
    """Who is on stage is talked with: nobody can wait until what was lost comes again."""
    if parameter(form.fmtp, "sprop-stereo") == "1":
        return _answered(form, _FROM_PUBLISHER, PUBLISHER_MUSIC)
    is_talk = slot is Slot.STAGE and form.codec is Codec.OPUS
    red = red_of(section, form) if is_talk else None
    opus = PUBLISHER_OPUS if red is None else PUBLISHER_TWICE
    return replace(_answered(form, _FROM_PUBLISHER, opus), red_payload_type=red)


def _subscriber_media(section: MediaSection, slot: Slot) -> _Taken | None:
    kind = MediaKind(section.kind)
    formats = [
        _answered(form, _TO_SUBSCRIBER, SUBSCRIBER_OPUS)
        for form in formats_of(section, kind).values()
    ]
    if not formats:
        return None
    # who knows the round trip asks for a voice packet once in one and a half of them: too late to
    # ask again where the request was lost
    reports_time = kind is MediaKind.VIDEO and offers_reference_time(section)
    media = _media(section, formats)
    media = replace(
        media,
        feedback=media.feedback | ({"rrtr"} if reports_time else set()),
        extensions=accepted_extensions(section, TO_SUBSCRIBER, unusable="sendonly"),
        slot=slot,
    )
    lines = accepted_lines(section, media, formats, "sendonly")
    if reports_time:
        lines.append("a=rtcp-xr:rcvr-rtt=all")
    return _Taken(media, lines)


def _answered(form: Format, feedback: frozenset[str], opus: str) -> Format:
    """The format with our parameters: Opus gets ours, video echoes the offer's."""
    fmtp = opus if form.codec is Codec.OPUS else form.fmtp
    return replace(form, feedback=form.feedback & feedback, fmtp=fmtp)


def _media(section: MediaSection, formats: list[Format]) -> NegotiatedMedia:
    best = formats[0]
    return NegotiatedMedia(
        mid=section.mid,
        kind=MediaKind(section.kind),
        codec=best.codec,
        payload_type=best.payload_type,
        rtx_payload_type=best.rtx_payload_type,
        fmtp=best.fmtp,
        extensions=Extensions(),
        feedback=best.feedback,
        alternatives={form.codec: (form.payload_type, form.rtx_payload_type) for form in formats},
    )


def _simulcast_lines(rids: Iterable[str]) -> list[str]:
    rids = list(rids)
    if not rids:
        return []
    return [*(f"a=rid:{rid} recv" for rid in rids), f"a=simulcast:recv {';'.join(rids)}"]


def _source_lines(media: NegotiatedMedia) -> list[str]:
    """Stream id = the slot's name, so that a page knows what it shows and keeps lips in sync."""
    slot = media.slot
    lines = [f"a=msid:{slot} {slot}-{media.kind}"]
    if media.rtx_ssrc:
        lines.append(f"a=ssrc-group:FID {media.ssrc} {media.rtx_ssrc}")
    ssrcs = [ssrc for ssrc in (media.ssrc, media.rtx_ssrc) if ssrc]
    return lines + [f"a=ssrc:{ssrc} cname:{slot}" for ssrc in ssrcs]


def _negotiated(
    offer: Description,
    remote: RemoteTransport,
    local: LocalTransport,
    taken: list[_Taken | None],
    *,
    wanted_direction: str,
) -> Negotiated:
    accepted = [answer.media for answer in taken if answer is not None]
    if not accepted:
        raise _why_nothing(offer, wanted_direction)
    lines = session_lines(offer, local, [media.mid for media in accepted])
    for section, answer in zip(offer.media, taken, strict=True):
        if answer is None:
            lines += refused_lines(section)
            continue
        lines += answer.lines + transport_lines(local, remote.role)
        if answer.media is accepted[0]:
            lines += candidate_lines(local)
    return Negotiated(text_of(lines), remote.ice, remote.fingerprints, remote.role, tuple(accepted))


def _why_nothing(offer: Description, wanted_direction: str) -> ProtocolError:
    if any(_flows(section, offer, wanted_direction) for section in offer.media):
        return ProtocolError("sdp-no-common-codec")
    return ProtocolError("sdp-wrong-direction", expected=wanted_direction)
