"""Flows of one lesson, from the engine's statistics: what arrived, and from whom we hear."""

from relay.io.arrivals import Arrivals
from relay.io.media_session import MediaSession, PublisherSession, SubscriberSession
from relay.ports import Engine, SubscriberStats
from streamsvc.base.media import MediaKind
from streamsvc.base.sessions import PublisherFlow, SubscriberFlow


def publisher_flow(session: PublisherSession, engine: Engine, now: float) -> PublisherFlow:
    """Of the last second."""
    kinds = {number: kind for kind, number in session.publications.items()}
    stats = engine.publisher_stats(session.peer.number)
    publications = stats.publications if stats is not None else ()
    ages = [p.keyframe_age_ms for p in publications if p.keyframe_age_ms is not None]
    return PublisherFlow(
        session_id=session.session_id,
        party=session.party,
        slot=session.slot,
        bitrate_bps={
            kinds[entry.number]: sum(layer.bitrate_bps for layer in entry.layers)
            for entry in publications
        },
        fraction_lost=stats.fraction_lost if stats is not None else 0.0,
        keyframe_age_ms=min(ages, default=None),
        heard_from_ms_ago=int(1000 * (now - heard_at(session, engine))),
    )


def subscriber_flow(session: SubscriberSession, engine: Engine, now: float) -> SubscriberFlow:
    """By the newest of its reports."""
    stats = engine.subscriber_stats(session.peer.number)
    voices = _numbers(session, MediaKind.AUDIO)
    lost = [s.fraction_lost for s in stats.subscriptions if s.number in voices] if stats else []
    return SubscriberFlow(
        session_id=session.session_id,
        party=session.party,
        voice_packets=_arrived(session, stats, MediaKind.AUDIO, now),
        picture_packets=_arrived(session, stats, MediaKind.VIDEO, now),
        fraction_lost=max(lost, default=0.0),
        round_trip_ms=stats.round_trip_ms if stats is not None else None,
        heard_from_ms_ago=int(1000 * (now - heard_at(session, engine))),
    )


def heard_at(session: MediaSession, engine: Engine) -> float:
    """Last time anything of this peer passed authentication: a check, or media."""
    number = session.peer.number
    stats = engine.publisher_stats(number) or engine.subscriber_stats(number)
    media = stats.heard_at if stats is not None else float("-inf")
    return max(media, session.peer.ice.heard_at)


def _numbers(session: SubscriberSession, kind: MediaKind) -> set[int]:
    return {spec.number for spec in session.subscriptions if spec.media.kind is kind}


def _arrived(
    session: SubscriberSession, stats: SubscriberStats | None, kind: MediaKind, now: float
) -> int | None:
    """Packets of all subscriptions of a kind; None while no report spoke of any."""
    numbers = _numbers(session, kind)
    counts = [
        session.arrivals.setdefault(entry.number, Arrivals(kind)).look(entry.packets_received, now)
        for entry in (stats.subscriptions if stats is not None else ())
        if entry.number in numbers
    ]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
