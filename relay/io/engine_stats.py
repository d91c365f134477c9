"""The engine's statistics, read off its tables."""

from relay.forwarding.publication import Publication, by_quality
from relay.forwarding.subscription import Subscription
from relay.io.engine_peer import PublisherPeer, SubscriberPeer
from relay.ports import (
    LayerStats,
    PublicationStats,
    PublisherStats,
    SubscriberStats,
    SubscriptionStats,
)


def publisher_stats(peer: PublisherPeer, now: float) -> PublisherStats:
    """See `Engine`."""
    feed = peer.feed
    publications = tuple(publication_stats(publication, now) for publication in feed.publications)
    return PublisherStats(peer.heard_at, feed.fraction_lost, publications)


def publication_stats(publication: Publication, now: float) -> PublicationStats:
    """See `Engine`."""
    layers = by_quality(publication.layers.values(), now)
    age = min((layer.keyframe_age(now) for layer in layers), default=float("inf"))
    return PublicationStats(
        number=publication.spec.number,
        layers=tuple(
            LayerStats(layer.rid, layer.rate.bps(now), layer.pixels, layer.is_live(now))
            for layer in layers
        ),
        keyframe_age_ms=None if age == float("inf") else int(age * 1000),
    )


def subscriber_stats(peer: SubscriberPeer) -> SubscriberStats:
    """See `Engine`."""
    downlink = peer.feed.downlink
    return SubscriberStats(
        heard_at=peer.heard_at,
        link_bps=downlink.bps,
        round_trip_ms=downlink.round_trip * 1000 if downlink.is_measured else None,
        subscriptions=tuple(_subscription_stats(s) for s in peer.feed.subscriptions),
    )


def _subscription_stats(subscription: Subscription) -> SubscriptionStats:
    layer = subscription.layer
    return SubscriptionStats(
        number=subscription.spec.number,
        packets_received=subscription.counts.received,
        fraction_lost=subscription.counts.fraction_lost,
        rid=layer.rid if layer is not None else None,
    )
