"""The engine's tables: who is there, what is published, who watches it."""

from dataclasses import dataclass, field

from relay.forwarding.subscription import Subscription
from relay.io.engine_peer import EnginePeer, PublishedTrack, PublisherPeer, SubscriberPeer
from relay.ports import Address

SHARES = 50
"""Subscribers are served in this many shares, so that their reports are spread over a second."""


@dataclass(slots=True)
class Tables:
    """Filled and emptied by the engine's commands alone."""

    publishers: dict[int, PublisherPeer] = field(default_factory=dict)
    subscribers: dict[int, SubscriberPeer] = field(default_factory=dict)
    tracks: dict[int, PublishedTrack] = field(default_factory=dict)
    """By publication number."""
    subscriptions: dict[int, tuple[Subscription, SubscriberPeer]] = field(default_factory=dict)
    by_address: dict[Address, EnginePeer] = field(default_factory=dict)
    shares: list[dict[int, SubscriberPeer]] = field(
        default_factory=lambda: [{} for _ in range(SHARES)]
    )

    def peer(self, number: int) -> EnginePeer | None:
        """Publisher or subscriber."""
        return self.publishers.get(number) or self.subscribers.get(number)

    def add_subscriber(self, peer: SubscriberPeer) -> None:
        """With all its subscriptions."""
        self.subscribers[peer.number] = peer
        self.shares[peer.number % SHARES][peer.number] = peer
        for subscription in peer.feed.subscriptions:
            self.subscriptions[subscription.spec.number] = subscription, peer

    def remove_subscriber(self, number: int) -> SubscriberPeer | None:
        """With all its subscriptions; they must be without a source."""
        peer = self.subscribers.pop(number, None)
        if peer is None:
            return None
        del self.shares[number % SHARES][number]
        for subscription in peer.feed.subscriptions:
            del self.subscriptions[subscription.spec.number]
        return peer

    def share(self, tick: int) -> list[SubscriberPeer]:
        """Subscribers that are served in this tick."""
        return list(self.shares[tick % SHARES].values())

    def set_address(self, peer: EnginePeer, address: Address) -> None:
        """Media from `address` is this peer's; from where it was before, no more."""
        self.forget_address(peer)
        peer.address = address
        self.by_address[address] = peer

    def forget_address(self, peer: EnginePeer) -> None:
        """Media from its address is a stranger's."""
        if peer.address is not None and self.by_address.get(peer.address) is peer:
            del self.by_address[peer.address]
        peer.address = None
