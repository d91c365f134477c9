"""One WHIP or WHEP resource: a peer, whose it is, and what flows."""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar

from relay.forwarding.ladder import Choice
from relay.forwarding.layer_cost import DearestYet
from relay.forwarding.picture_copies import PictureCopies
from relay.forwarding.room_ladder import RoomLadder
from relay.forwarding.silence import SourceSilence
from relay.forwarding.subscription import SubscriptionSpec
from relay.forwarding.voice import VoiceChoice
from relay.io.made_soon import MADE_MARK
from relay.io.peer import Peer
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.sessions import MediaParty


@dataclass(slots=True, eq=False)
class MediaSession:
    """What publishers and subscribers have in common."""

    direction: ClassVar[str]
    """As figures name it."""

    session_id: MediaSessionId
    party: MediaParty
    peer: Peer
    task: asyncio.Task[None] | None = None

    @property
    def etag(self) -> str:
        """Of the ICE session (RFC 9725 §4.3.1): its name changes with each restart."""
        return f'"{self.peer.ice.credentials.ufrag}"'


@dataclass(slots=True, eq=False)
class PublisherSession(MediaSession):
    """A WHIP resource."""

    direction = "publisher"

    slot: Slot = Slot.LEAD
    publications: dict[MediaKind, int] = field(default_factory=dict)
    """Publication number by kind."""
    rids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Of each publication's layers, as viewers were steered by them last."""
    dearest: DearestYet = field(default_factory=DearestYet)
    """What those layers cost then."""
    started: set[MediaKind] = field(default_factory=set)
    started_at: float | None = None
    reported: frozenset[MediaKind] = frozenset()
    """Kinds that the listener was told of."""
    silence: SourceSilence | None = None
    """None until its slot's media first flowed; a session that replaces another goes on with it."""


@dataclass(slots=True, eq=False, kw_only=True)
class SubscriberSession(MediaSession):
    """A WHEP resource."""

    direction = "subscriber"

    ladder: RoomLadder
    subscriptions: tuple[SubscriptionSpec, ...] = ()
    voice: VoiceChoice = field(default_factory=VoiceChoice)
    """In which form it gets the voices."""
    pictures: PictureCopies = field(default_factory=PictureCopies)
    """Whether it gets pictures twice."""
    _own: set[int] = field(default_factory=set)
    """Subscriptions that a publisher's own layer was chosen for since it is connected: the engine
    tells what it forwards a second later."""

    def aim(self, subscription: int, rid: str | None) -> None:
        """That layer was chosen."""
        if rid is None or rid.startswith(MADE_MARK) or not self.peer.is_connected:
            self._own.discard(subscription)
        else:
            self._own.add(subscription)

    def has_own(self, subscription: int, shown: Choice | None) -> bool:
        """Whether it has a layer of the publisher's own; `shown`: as the engine told last."""
        if shown is None:
            return subscription in self._own
        return not shown.rid.startswith(MADE_MARK)
