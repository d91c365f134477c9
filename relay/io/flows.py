"""Flows of one lesson, from the engine's statistics: what arrived, and from whom we hear."""

from collections.abc import Iterable

from relay.io.media_session import MediaSession, PublisherSession, SubscriberSession
from relay.ports import Engine, PeerSigns
from streamsvc.base.sessions import PublisherFlow, SubscriberFlow


def flows_of(
    sessions: Iterable[MediaSession], engine: Engine, now: float
) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
    """Of all that publish, and all that watch."""
    publishers, subscribers = [], []
    for session in sessions:
        if isinstance(session, PublisherSession):
            publishers.append(publisher_flow(session, engine, now))
        elif isinstance(session, SubscriberSession):
            subscribers.append(subscriber_flow(session, engine, now))
    return publishers, subscribers


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
            kinds[entry.number]: sum(
                layer.bitrate_bps for layer in entry.layers if not layer.is_made
            )
            for entry in publications
        },
        fraction_lost=stats.fraction_lost if stats is not None else 0.0,
        keyframe_age_ms=min(ages, default=None),
        heard_from_ms_ago=int(1000 * (now - heard_at(session, engine))),
    )


def subscriber_flow(session: SubscriberSession, engine: Engine, now: float) -> SubscriberFlow:
    """By the newest of its reports."""
    signs = engine.signs(session.peer.number) or _NO_SIGNS
    heard_at = max(signs.heard_at, session.peer.ice.heard_at)
    return SubscriberFlow(
        session_id=session.session_id,
        party=session.party,
        voice_packets=signs.voice_packets,
        picture_packets=signs.picture_packets,
        fraction_lost=signs.fraction_lost,
        round_trip_ms=signs.round_trip_ms,
        heard_from_ms_ago=int(1000 * (now - heard_at)),
        place=session.ladder.place,
    )


def heard_at(session: PublisherSession, engine: Engine) -> float:
    """Last time anything of this peer passed authentication: a check, or media."""
    stats = engine.publisher_stats(session.peer.number)
    media = stats.heard_at if stats is not None else float("-inf")
    return max(media, session.peer.ice.heard_at)


_NO_SIGNS = PeerSigns(float("-inf"), None, None, 0.0, None)
