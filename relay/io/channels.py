"""All data channels of the node, beside the media of who has them."""

import asyncio
import logging
from collections.abc import Sequence

from relay.io.channel import Channel
from relay.io.mux import Mux
from relay.io.node_transport import NodeTransport
from relay.metrics import PEERS, SESSIONS_CLOSED
from relay.sdp.data_channel import answer_channel
from relay.settings import RelaySettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import Overload, ProtocolError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, new_id
from streamsvc.base.log import IdAdapter
from streamsvc.base.sessions import ChannelListener, ClosedBecause, MediaAnswer, MediaParty
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay")

MOST_CHANNELS = 50
"""Each takes some 1 % of the control thread while somebody draws: SCTP in Python. Beside the places
of media, which they never take."""
MOST_CONNECTED = 2
"""Of one participant: a room may have two screens. The oldest gives way."""
MOST_ASKED = 4
"""Of one participant, not connected yet; the oldest gives way."""


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
        self._by_id: dict[MediaSessionId, Channel] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def open(self, party: MediaParty, offer_sdp: str, listener: ChannelListener) -> MediaAnswer:
        """Raises like `answer_channel`, and Overload `relay-full`."""
        if len(self._by_id) >= MOST_CHANNELS:
            raise Overload("relay-full", limit=MOST_CHANNELS)
        ice = self._mux.open(self._clock.now())
        try:
            negotiated = answer_channel(offer_sdp, self._node.described(ice))
        except ProtocolError:
            self._mux.close(ice)
            raise
        self._keep(self._of(party, is_connected=False), MOST_ASKED - 1)
        session_id = MediaSessionId(new_id("chn", 20))
        certificate = self._node.certificate
        channel = Channel(
            session_id, party, ice, certificate, negotiated=negotiated, listener=listener
        )
        self._by_id[session_id] = channel
        PEERS.labels("channel").inc()
        channel.task = self._scope.start(session_id, self._live(channel))
        return MediaAnswer(session_id, negotiated.answer_sdp, f'"{ice.credentials.ufrag}"')

    def _of(self, party: MediaParty, *, is_connected: bool) -> list[Channel]:
        """The same participant's, the oldest first."""
        key = party.lesson_id, party.participant_id
        return [
            channel
            for channel in self._by_id.values()
            if (channel.party.lesson_id, channel.party.participant_id) == key
            and channel.is_connected is is_connected
        ]

    def _keep(self, channels: Sequence[Channel], most: int) -> None:
        """The newest so many. A page on a bad link asks more than once and takes the answer that
        comes first, so that what connects counts, and not what is asked for."""
        for channel in channels[: max(0, len(channels) - most)]:
            self._end(channel, ClosedBecause.REPLACED)

    def _connected(self, channel: Channel) -> None:
        others = [c for c in self._of(channel.party, is_connected=True) if c is not channel]
        self._keep(others, MOST_CONNECTED - 1)

    def send(self, session_id: MediaSessionId, message: str | bytes) -> None:
        """To its page, once. Harmless when it is gone."""
        channel = self._by_id.get(session_id)
        if channel is not None:
            channel.send(message)

    async def _live(self, channel: Channel) -> None:
        because = ClosedBecause.FAULT
        try:
            because = await channel.run(
                self._settings.handshake_seconds, lambda: self._connected(channel)
            )
        finally:
            self._end(channel, because)

    def _end(self, channel: Channel, because: ClosedBecause) -> None:
        """The one way out: table, goodbye, mux, task. Harmless to repeat."""
        if self._by_id.pop(channel.session_id, None) is None:
            return
        channel.close()
        self._mux.close(channel.ice)
        if channel.task is not None and channel.task is not asyncio.current_task():
            channel.task.cancel()
        PEERS.labels("channel").dec()
        SESSIONS_CLOSED.labels(because).inc()
        ids = {"lesson": channel.party.lesson_id, "session": channel.session_id}
        IdAdapter(log, ids).info("= channel closed: %s", because)

    def close_party(
        self,
        lesson_id: LessonId,
        participant_id: ParticipantId,
        because: ClosedBecause = ClosedBecause.ASKED,
    ) -> None:
        """Of this participant."""
        for channel in list(self._by_id.values()):
            party = channel.party
            if (party.lesson_id, party.participant_id) == (lesson_id, participant_id):
                self._end(channel, because)

    def close_lesson(self, lesson_id: LessonId) -> None:
        """Of everybody in it."""
        for channel in list(self._by_id.values()):
            if channel.party.lesson_id == lesson_id:
                self._end(channel, ClosedBecause.LESSON_ENDED)

    def close_all(self) -> None:
        """The node stops."""
        for channel in list(self._by_id.values()):
            self._end(channel, ClosedBecause.ASKED)
