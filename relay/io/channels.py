"""All data channels of the node, each beside the media session of its page.

A page asks nobody for one, as its requests would wait for TCP: with its media it has all that a
connection needs. Its names are those of its media with a letter and the lane's number behind,
their password is the same, and the certificate must be the one that its media came with. So it
begins with the page's first check, by UDP alone.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from relay.io.channel import Channel
from relay.io.ice_session import IceSession
from relay.io.mux import Mux
from relay.io.node_transport import NodeTransport
from relay.metrics import CHANNEL_OPEN_SECONDS, HANDSHAKES, PEERS, SESSIONS_CLOSED
from relay.ports import Address
from relay.sdp.negotiated import Fingerprint, IceCredentials
from relay.settings import RelaySettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import Overload
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, new_id
from streamsvc.base.log import IdAdapter
from streamsvc.base.sessions import ChannelListener, ClosedBecause, MediaParty
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay")

LANES = 4
"""Ways in for each media session. Of handshakes on a link that loses two of five packets one in
ten takes long, of three at once hardly ever all do."""
LANE_LETTER = "c"
"""No media has it in its name: these are hexadecimal numbers, and it comes thirteenth."""
MOST_INVITED = 500
"""Media sessions with lanes, some 10 KB each. When there are more, the oldest that nobody uses
gives way to one whose link loses."""
MOST_CONNECTED = 50
"""Each takes some 1 % of the control thread while somebody draws: SCTP in Python. Beside the places
of media, which they never take. Counted when a try begins and once more when it connects, as all
`MOST_ASKED` may at once."""
MOST_ASKED = 80
"""Not connected yet: 90 KB each, of OpenSSL."""
TRY_SECONDS = 10.0
"""A page gives each of its tries this long. Only who comes from elsewhere after it is another
try."""
GIVEN_UP_SECONDS = 30.0
"""A page without a try for longer has given up, and its next is counted from its own beginning."""
MOST_OF_PARTY = 4
"""Connected ones of a participant: a room may have two screens, and each may leave one behind. The
oldest gives way."""
MOST_PLACES = LANES * MOST_INVITED + MOST_CONNECTED
"""That they take in the engine; who is connected stays after its media session."""

Opener = Callable[[MediaParty, MediaSessionId], ChannelListener | None]
"""Who listens to a channel that is beginning; None: nobody does, and it is not begun."""


@dataclass(slots=True, eq=False)
class _Invited:
    """A media session whose page may come."""

    party: MediaParty
    fingerprints: tuple[Fingerprint, ...]
    lanes: list["_Lane"] = field(default_factory=list)
    began_at: float | None = None
    """When it came first, while nothing was heard of it since."""
    left_at: float = 0.0
    """When the last that it had ended."""

    @property
    def is_used(self) -> bool:
        """Somebody is here, or about to be."""
        return any(lane.channel is not None for lane in self.lanes)


@dataclass(slots=True, eq=False)
class _Lane:
    """One way in: its name stays while its media session does, whoever comes by it."""

    ice: IceSession
    invited: _Invited
    channel: Channel | None = None
    began_at: float = 0.0
    """When the channel did."""
    is_last: bool = False
    """The media session is over; who is connected stays, and nobody comes any more."""

    @property
    def is_connected(self) -> bool:
        return self.channel is not None and self.channel.is_connected


class _Timed:
    """Notes the first word; else the listener that it is given."""

    def __init__(self, listener: ChannelListener, on_first: Callable[[], None]) -> None:
        self._listener = listener
        self._on_first: Callable[[], None] | None = on_first

    def heard(self, message: str | bytes) -> None:
        """See `ChannelListener`."""
        if self._on_first is not None:
            self._on_first()
            self._on_first = None
        self._listener.heard(message)

    def ended(self) -> None:
        """See `ChannelListener`."""
        self._listener.ended()


class Channels:
    """Every channel ends in `_end`, whatever the reason, exactly once."""

    def __init__(
        self, mux: Mux, node: NodeTransport, settings: RelaySettings, clock: Clock, scope: TaskScope
    ) -> None:
        self._mux = mux
        self._node = node
        self._settings = settings
        self._clock = clock
        self._scope = scope
        self._invited: dict[MediaSessionId, _Invited] = {}
        self._lanes: dict[MediaSessionId, _Lane] = {}
        """By number of the channel, the oldest first."""
        self.opener: Opener = lambda party, session_id: None

    def __len__(self) -> int:
        return len(self._lanes)

    # ---- lanes

    def invite(
        self,
        session_id: MediaSessionId,
        party: MediaParty,
        credentials: IceCredentials,
        fingerprints: tuple[Fingerprint, ...],
        *,
        is_due: bool,
    ) -> None:
        """The page of this media session may come, by names made of these credentials, with a
        certificate that has all of these. Harmless to repeat; nothing while there is no place here
        or in the engine, or none of one that nobody uses, which who `is_due` may have."""
        if session_id in self._invited or not self._has_place(is_due=is_due):
            return
        invited = self._invited[session_id] = _Invited(party, fingerprints)
        try:
            for number in range(LANES):
                name = IceCredentials(f"{credentials.ufrag}{LANE_LETTER}{number}", credentials.pwd)
                lane = _Lane(self._mux.open(self._clock.now(), name), invited)
                lane.ice.on_moved = partial(self._came, lane)
                invited.lanes.append(lane)
        except Overload:
            self.forget(session_id)  # its media need none of this

    def _has_place(self, *, is_due: bool) -> bool:
        if is_due and len(self._invited) >= MOST_INVITED:
            idle = (id for id, invited in self._invited.items() if not invited.is_used)
            self.forget(next(idle, MediaSessionId("")))
        return len(self._invited) < MOST_INVITED

    def forget(self, session_id: MediaSessionId) -> None:
        """The media session is over, perhaps for another of the same page: nobody comes by it any
        more, and who is connected stays. Harmless to repeat."""
        invited = self._invited.pop(session_id, None)
        for lane in invited.lanes if invited is not None else ():
            lane.is_last = True
            if not lane.is_connected:
                self._end(lane, ClosedBecause.ASKED)
                self._mux.close(lane.ice)

    def _came(self, lane: _Lane, address: Address) -> None:
        """A page proved itself at a new address: a try that begins, or who is here moved. Chrome
        may have two paths, and Firefox nominates whatever answers: a second handshake would find
        the page in the middle of the first, and be for nobody."""
        if lane.is_connected or lane.is_last:
            return
        if lane.channel is not None and self._clock.now() - lane.began_at < TRY_SECONDS:
            return  # what we say goes there from now on
        self._end(lane, ClosedBecause.REPLACED)
        session_id, invited = MediaSessionId(new_id("chn", 20)), lane.invited
        listener = self._listener_of(invited.party, session_id)
        if listener is None:
            lane.ice.forget_address()  # its next check asks again
            return
        self._count_from_here(invited)
        lane.channel = channel = Channel(
            session_id,
            invited.party,
            lane.ice,
            self._node.certificate,
            fingerprints=invited.fingerprints,
            listener=_Timed(listener, partial(self._heard, lane)),
        )
        lane.began_at = self._clock.now()
        self._lanes[session_id] = lane
        PEERS.labels("channel").inc()
        channel.task = self._scope.start(session_id, self._live(lane, channel))

    def _count_from_here(self, invited: _Invited) -> None:
        """Unless it is counted already, by a page that is still at it; or has a channel."""
        now = self._clock.now()
        if not invited.is_used and now - invited.left_at > GIVEN_UP_SECONDS:
            invited.began_at = None
        if not any(lane.is_connected for lane in invited.lanes):
            invited.began_at = invited.began_at or now

    def _listener_of(self, party: MediaParty, session_id: MediaSessionId) -> ChannelListener | None:
        """None while there is no place, or nobody listens."""
        connected = self._count_connected()
        if connected >= MOST_CONNECTED or len(self) - connected >= MOST_ASKED:
            return None
        return self.opener(party, session_id)

    def _count_connected(self) -> int:
        return sum(lane.is_connected for lane in self._lanes.values())

    def _heard(self, lane: _Lane) -> None:
        """The first word by it: the page has left what else it tried, which would go on saying its
        flights to a link that is bad, and hold places."""
        invited = lane.invited
        for other in invited.lanes:
            if other is not lane and other.channel is not None and not other.channel.was_heard:
                self._end(other, ClosedBecause.REPLACED)
        if invited.began_at is not None:
            CHANNEL_OPEN_SECONDS.observe(self._clock.now() - invited.began_at)
            invited.began_at = None

    # ---- channels

    def _connected(self, lane: _Lane) -> None:
        """A page that opened more than one takes the first, and leaves the others. The node's one
        too many is the newcomer: the others may be in use."""
        HANDSHAKES.labels("connected").inc()
        others = [
            other
            for other in self._lanes.values()
            if other is not lane
            and other.is_connected
            and _whose(other.invited.party) == _whose(lane.invited.party)
        ]
        for other in others[: max(0, len(others) - MOST_OF_PARTY + 1)]:
            self._end(other, ClosedBecause.REPLACED)
        if self._count_connected() > MOST_CONNECTED:
            self._end(lane, ClosedBecause.FULL)

    def send(self, session_id: MediaSessionId, message: str | bytes) -> None:
        """To its page, once. Harmless when it is gone."""
        lane = self._lanes.get(session_id)
        if lane is not None and lane.channel is not None:
            lane.channel.send(message)

    async def _live(self, lane: _Lane, channel: Channel) -> None:
        because = ClosedBecause.FAULT
        try:
            because = await channel.run(
                self._settings.handshake_seconds, partial(self._connected, lane)
            )
        finally:
            if because is ClosedBecause.HANDSHAKE:
                self._count_failed(lane.invited)
            if lane.channel is channel:
                self._end(lane, because)
                if because is ClosedBecause.HANDSHAKE and not channel.was_answered:
                    lane.ice.forget_address()  # its next check asks again, if it was a page's

    def _count_failed(self, invited: _Invited) -> None:
        """Unless its page has a channel: it has left what else it tried."""
        if not any(lane.is_connected for lane in invited.lanes):
            HANDSHAKES.labels("failed").inc()

    def _end(self, lane: _Lane, because: ClosedBecause) -> None:
        """The one way out: table, goodbye, task; the lane stays for others unless it is the last.
        Harmless to repeat."""
        channel, lane.channel = lane.channel, None
        if channel is None:
            return
        del self._lanes[channel.session_id]
        lane.invited.left_at = self._clock.now()
        channel.close()
        if lane.is_last:
            self._mux.close(lane.ice)
        if channel.task is not None and channel.task is not asyncio.current_task():
            channel.task.cancel()
        PEERS.labels("channel").dec()
        SESSIONS_CLOSED.labels(because).inc()
        ids = {"lesson": channel.party.lesson_id, "session": channel.session_id}
        IdAdapter(log, ids).info("= channel closed: %s", because)

    # ---- ending

    def close_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> None:
        """Of this participant."""
        for lane in list(self._lanes.values()):
            if _whose(lane.invited.party) == (lesson_id, participant_id):
                self._end(lane, ClosedBecause.ASKED)

    def close_lesson(self, lesson_id: LessonId) -> None:
        """Of everybody in it."""
        for lane in list(self._lanes.values()):
            if lane.invited.party.lesson_id == lesson_id:
                self._end(lane, ClosedBecause.LESSON_ENDED)

    def close_all(self) -> None:
        """The node stops."""
        for session_id in list(self._invited):
            self.forget(session_id)
        for lane in list(self._lanes.values()):
            self._end(lane, ClosedBecause.ASKED)


def _whose(party: MediaParty) -> tuple[LessonId, ParticipantId]:
    return party.lesson_id, party.participant_id
