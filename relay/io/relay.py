"""The relay as signaling sees it: media sessions opened, trickled and closed, by lesson.

Every session ends in `_end`, whatever the reason, exactly once.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Iterator

from relay.forwarding.data_reserve import INK_BPS, data_share_bps
from relay.forwarding.pressure import Pressure
from relay.forwarding.publication import PublicationSpec
from relay.forwarding.room_ladder import RoomLadder
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.channels import MOST_PLACES, Channels
from relay.io.engine import NativeEngine
from relay.io.flows import flows_of, heard_at
from relay.io.ice_session import IceSession
from relay.io.lower_layers import LowerLayers
from relay.io.media_events import MediaEvents
from relay.io.media_session import MediaSession, PublisherSession, SubscriberSession
from relay.io.mux import Mux
from relay.io.node_transport import NodeTransport
from relay.io.peer import Peer
from relay.io.sessions import Sessions
from relay.metrics import PEERS, SESSIONS_CLOSED
from relay.ports import Engine, SubscriberStats
from relay.sdp.answer import answer_publisher, answer_subscriber
from relay.sdp.fragment import Fragment, parse_fragment, restart_fragment
from relay.sdp.negotiated import Negotiated, NegotiatedMedia, is_lead_voice
from relay.settings import RelaySettings
from relay.transcode.io.transcoders import Transcoders
from streamsvc.base.clock import Clock
from streamsvc.base.errors import Overload, ProtocolError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, new_id
from streamsvc.base.log import IdAdapter
from streamsvc.base.media import PacketSink, PictureProfile, Slot
from streamsvc.base.sessions import (
    AudienceLack,
    ClosedBecause,
    LinkPolicy,
    MediaAnswer,
    MediaParty,
    PublisherFlow,
    RelayListener,
    SubscriberFlow,
    TrickleAnswer,
)
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay")

WATCH_SECONDS = 0.25
"""Between two looks at the sessions there is news of, and at all for their silence."""
PRESSURE_EVERY = 2
INVITED_LOST = 0.1
"""Of what goes to a page, lately: half of what makes it want a data channel."""
INVITED_ROUND_TRIP = 0.2
"""Seconds; a page wants none from 0.25 s down."""
INVITED_BPS = 150_000
"""Of its link: four handshakes at once take 100 kbit/s, and a thinner one loses most because it is
full."""


class Relay:
    """Implements `signaling.ports.RelayPort`. `start` before use, `close_all` at the end."""

    def __init__(
        self,
        settings: RelaySettings,
        clock: Clock,
        sink: PacketSink,
        transcoders: Transcoders | None = None,
    ) -> None:
        """`transcoders`: for lower layers where rooms need them; None: there are none."""
        self._settings = settings
        self._clock = clock
        self._node = NodeTransport(settings)
        most = settings.max_peers + MOST_PLACES
        self._engine: Engine = NativeEngine(self._node.port, clock, sink, most, self._node.tcp_port)
        self._mux = Mux(self._engine)
        self._pressure = Pressure()
        self._sessions = Sessions(self._engine, self._pressure, clock)
        self._events = MediaEvents(self._sessions, self._mux, sink, clock)
        self._scope = TaskScope("relay")
        if transcoders is not None:
            self._events.lower = LowerLayers(self._engine, transcoders, clock, self._scope)
        self._channels = Channels(self._mux, self._node, settings, clock, self._scope)
        self._numbers = itertools.count(1)
        self._turn = 0

    async def start(self) -> None:
        """Open the media ports. Raises EnvironmentFault `media-port-taken`."""
        self._node.open()
        self._engine.start(self._events)
        self._scope.start("watch", self._watch())

    async def close_all(self) -> None:
        """End every session and free the port. Harmless to repeat."""
        if self._events.lower is not None:
            await self._events.lower.close()
        for session in self._sessions:
            self._end(session, ClosedBecause.ASKED)
        self._channels.close_all()
        await self._scope.close()
        await self._engine.close()

    @property
    def media_port(self) -> int:
        """The bound UDP port."""
        return self._node.port.port

    @property
    def media_tcp_port(self) -> int | None:
        """The bound TCP port; None where media does not come by TCP."""
        return self._node.tcp_port.port if self._node.tcp_port else None

    def listen(self, listener: RelayListener) -> None:
        """See `RelayPort`."""
        self._events.listener = listener
        self._channels.opener = listener.channel_came

    # ---- opening

    async def publish(
        self,
        party: MediaParty,
        slot: Slot,
        offer_sdp: str,
        *,
        take_over: bool,
        replaces: MediaSessionId | None = None,
    ) -> MediaAnswer:
        """See `RelayPort`."""
        holder = self._sessions.publisher(party.lesson_id, slot)
        if holder is not None and not (take_over or self._is_own(holder, party, replaces)):
            raise UserError("slot-taken", slot=slot, label=holder.party.label)
        # a lesson that others are in needs its voice
        self._check_room(is_newcomer=not self._sessions.in_lesson(party.lesson_id))
        ice = self._mux.open(self._clock.now())
        try:
            negotiated = answer_publisher(offer_sdp, self._node.described(ice), slot=slot)
        except ProtocolError:
            self._mux.close(ice)
            raise
        if holder is not None:
            self._end(holder, ClosedBecause.REPLACED)
        peer = self._new_peer(ice, negotiated, is_viewer=False)
        session = PublisherSession(
            session_id=MediaSessionId(new_id("pub", 20)), party=party, peer=peer, slot=slot
        )
        session.silence = None if holder is None else holder.silence
        self._engine.add_publisher(peer.number, _new_ssrc(), self._specs(session))
        return self._opened(session, negotiated.answer_sdp)

    def _is_own(
        self, holder: PublisherSession, party: MediaParty, replaces: MediaSessionId | None
    ) -> bool:
        """The same participant's session that she names as broken; or one whose browser or cable is
        gone: a reload, a crash. It would die of silence later; she need not wait for that."""
        if holder.party.participant_id != party.participant_id:
            return False
        silence = self._clock.now() - heard_at(holder, self._engine)
        return holder.session_id == replaces or silence > self._settings.ghost_seconds

    def _specs(self, session: PublisherSession) -> list[tuple[NegotiatedMedia, PublicationSpec]]:
        specs = []
        for media in session.peer.media:
            spec = PublicationSpec(
                number=next(self._numbers),
                peer=session.peer.number,
                slot=session.slot,
                kind=media.kind,
                codec=media.codec,
                origin=session.party.origin,
            )
            session.publications[media.kind] = spec.number
            specs.append((media, spec))
        return specs

    async def subscribe(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        """See `RelayPort`."""
        self._check_room(is_newcomer=self._sessions.is_newcomer(party, self._clock.now()))
        ice = self._mux.open(self._clock.now())
        try:
            local = self._node.described(ice)
            negotiated = answer_subscriber(offer_sdp, local, new_ssrc=_new_ssrc)
        except ProtocolError:
            self._mux.close(ice)
            raise
        peer = self._new_peer(ice, negotiated, is_viewer=True)
        subscriptions = tuple(
            self._subscription(peer, media)
            for media in negotiated.media
            if not party.is_listener or is_lead_voice(media)
        )
        self._engine.add_subscriber(peer.number, subscriptions)
        return self._opened(
            SubscriberSession(
                session_id=MediaSessionId(new_id("sub", 20)),
                party=party,
                peer=peer,
                ladder=RoomLadder(party.policy, self._clock.now()),
                subscriptions=subscriptions,
            ),
            negotiated.answer_sdp,
        )

    def _subscription(self, peer: Peer, media: NegotiatedMedia) -> SubscriptionSpec:
        return SubscriptionSpec(
            number=next(self._numbers),
            peer=peer.number,
            media=media,
            first_seq=secrets.randbits(15),
            first_ts=secrets.randbits(32),
            first_rtx_seq=secrets.randbits(15),
        )

    def send_on_channel(self, session_id: MediaSessionId, message: str | bytes) -> None:
        """See `RelayPort`."""
        self._channels.send(session_id, message)

    def fraction_lost(self, lesson_id: LessonId, participant_id: ParticipantId) -> float:
        """See `RelayPort`."""
        sessions = self._sessions.of_party(lesson_id, participant_id)
        known = [each.voice.lost for each in sessions if isinstance(each, SubscriberSession)]
        return max(known, default=0.0)

    def data_bps(self, lesson_id: LessonId, participant_id: ParticipantId) -> int:
        """See `RelayPort`."""
        links = [stats.link_bps for stats in self._links(lesson_id, participant_id)]
        return data_share_bps(min(links)) if links else INK_BPS

    def _links(
        self, lesson_id: LessonId, participant_id: ParticipantId
    ) -> Iterator[SubscriberStats]:
        for session in self._sessions.of_party(lesson_id, participant_id):
            stats = self._engine.subscriber_stats(session.peer.number)
            if stats is not None:
                yield stats

    def _check_room(self, *, is_newcomer: bool) -> None:
        if len(self._sessions) >= self._settings.max_peers:
            raise Overload("relay-full", limit=self._settings.max_peers)
        self._check_pressure(is_newcomer=is_newcomer)

    def _check_pressure(self, *, is_newcomer: bool) -> None:
        if is_newcomer and self._pressure.refuses_newcomers:
            raise Overload("relay-busy")

    def _new_peer(self, ice: IceSession, negotiated: Negotiated, *, is_viewer: bool) -> Peer:
        number, certificate = next(self._numbers), self._node.certificate
        return Peer(number, ice, certificate, negotiated, self._engine, is_viewer=is_viewer)

    def _opened(self, session: MediaSession, answer_sdp: str) -> MediaAnswer:
        self._sessions.add(session)
        PEERS.labels(session.direction).inc()
        session.task = self._scope.start(session.session_id, self._live(session))
        self._log(session).debug("= opened")
        if isinstance(session, SubscriberSession):
            self._events.needs_changed(session.party.lesson_id)
        return MediaAnswer(session.session_id, answer_sdp, session.etag)

    # ---- living and ending

    async def _live(self, session: MediaSession) -> None:
        because = ClosedBecause.FAULT
        try:
            because = await session.peer.run(
                self._settings.handshake_seconds, lambda: self._connected(session)
            )
        finally:
            try:
                session.peer.close()
            finally:
                self._end(session, because)

    def _connected(self, session: MediaSession) -> None:
        if isinstance(session, SubscriberSession):
            self._steer(session)
            if self._events.listener is not None:
                self._events.listener.subscriber_connected(session.party, session.session_id)

    def _end(self, session: MediaSession, because: ClosedBecause) -> None:
        """The one way out: tables, engine, mux, task, listener. Harmless to repeat."""
        if session not in self._sessions:
            return
        self._sessions.remove(session, self._clock.now())
        self._engine.remove_peer(session.peer.number)
        if self._events.lower is not None:
            self._events.lower.forget(session)
        self._mux.close(session.peer.ice)
        self._channels.forget(session.session_id)
        if session.task is not None and session.task is not asyncio.current_task():
            session.task.cancel()
        PEERS.labels(session.direction).dec()
        SESSIONS_CLOSED.labels(because).inc()
        self._log(session).info("= closed: %s", because)
        self._tell_closed(session, because)

    def _tell_closed(self, session: MediaSession, because: ClosedBecause) -> None:
        listener = self._events.listener
        if listener is None:
            return
        if isinstance(session, PublisherSession):
            listener.publication_closed(session.party, session.slot, because)
        else:
            listener.subscriber_closed(session.party, session.session_id, because)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self._turn = (self._turn + 1) % PRESSURE_EVERY
            now = self._clock.now()
            told = self._engine.take_told()
            if self._turn == 0:
                self._measure_pressure(now)
                told += filter(self._pressure.changed, self._sessions.peers())
            for peer in told:
                self._guarded(peer, self._steer)
            for session in self._sessions.publishers():
                self._guarded(session.peer.number, self._report)
            for peer in self._engine.unheard(now - self._settings.silence_seconds):
                self._guarded(peer, self._end_silent)

    def _measure_pressure(self, now: float) -> None:
        viewers = len(self._sessions) - len(self._sessions.publishers())
        self._pressure.measured(self._engine.load(), viewers, now)

    def _guarded(self, peer: int, look_after: Callable[[MediaSession], None]) -> None:
        """A fault of ours ends this one session, and never the watch over all others."""
        session = self._sessions.of_peer(peer)
        if session is None:
            return
        try:
            look_after(session)
        except Exception:
            self._log(session).exception("! session failed")
            self._end(session, ClosedBecause.FAULT)

    def _steer(self, session: MediaSession) -> None:
        if isinstance(session, SubscriberSession):
            self._sessions.lesson(session.party.lesson_id).steer(session)
            self._invite(session)

    def _invite(self, session: SubscriberSession) -> None:
        """To a data channel, before its page can want one: it does as soon as its link loses."""
        stats = self._engine.subscriber_stats(session.peer.number)
        if not session.party.has_channel or stats is None:
            return
        if stats.link_bps < INVITED_BPS:
            self._channels.forget(session.session_id)  # who is connected stays
            return
        is_losing = stats.fraction_lost >= INVITED_LOST
        if is_losing or stats.round_trip >= INVITED_ROUND_TRIP:
            peer = session.peer
            by, known = peer.ice.first_credentials, peer.fingerprints
            self._channels.invite(session.session_id, session.party, by, known, is_due=is_losing)

    def _report(self, session: MediaSession) -> None:
        if isinstance(session, PublisherSession):
            self._events.report_opened(session)
            stats = self._engine.publisher_stats(session.peer.number)
            self._events.watch_silence(session, stats.media_at if stats else float("-inf"))
            lesson = self._sessions.lesson(session.party.lesson_id)
            lesson.weigh(session)
            if self._events.lower is not None:
                self._events.lower.see(session, lesson)

    def _end_silent(self, session: MediaSession) -> None:
        silence = self._clock.now() - session.peer.ice.heard_at
        if session.peer.is_connected and silence > self._settings.silence_seconds:
            self._end(session, ClosedBecause.SILENT)

    # ---- changing and closing

    async def trickle(
        self, session_id: MediaSessionId, fragment: str, if_match: str | None
    ) -> TrickleAnswer:
        """See `RelayPort`."""
        session = self._sessions.find(session_id)
        if if_match is None:
            raise UserError("etag-required")
        if if_match not in ("*", session.etag):
            raise UserError("etag-mismatch")
        asked = parse_fragment(fragment)
        if asked.ice is None or asked.ice.ufrag == session.peer.remote_ufrag:
            return TrickleAnswer(None, session.etag)  # ICE-lite: we use none of its candidates
        return self._restarted(session, asked)

    def _restarted(self, session: MediaSession, asked: Fragment) -> TrickleAnswer:
        if asked.ice is not None:
            session.peer.remote_ufrag = asked.ice.ufrag
        self._mux.restart(session.peer.ice)
        local = self._node.described(session.peer.ice)
        mids = [media.mid for media in session.peer.media]
        return TrickleAnswer(restart_fragment(local, mids), session.etag)

    async def close(self, session_id: MediaSessionId) -> None:
        """See `RelayPort`: one session."""
        self._end(self._sessions.find(session_id), ClosedBecause.ASKED)

    async def close_lesson(self, lesson_id: LessonId) -> None:
        """See `RelayPort`."""
        for session in self._sessions.in_lesson(lesson_id):
            self._end(session, ClosedBecause.LESSON_ENDED)
        self._channels.close_lesson(lesson_id)
        self._sessions.forget_lesson(lesson_id)

    def close_participant(
        self, lesson_id: LessonId, participant_id: ParticipantId, slot: Slot
    ) -> None:
        """See `RelayPort`."""
        session = self._sessions.publisher(lesson_id, slot)
        if session is not None and session.party.participant_id == participant_id:
            self._end(session, ClosedBecause.ASKED)

    def close_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> None:
        """See `RelayPort`."""
        for session in self._sessions.of_party(lesson_id, participant_id):
            self._end(session, ClosedBecause.ASKED)
        self._channels.close_party(lesson_id, participant_id)

    def session_party(self, session_id: MediaSessionId) -> MediaParty:
        """See `RelayPort`."""
        return self._sessions.find(session_id).party

    # ---- what flows

    def set_muted(self, lesson_id: LessonId, slot: Slot, *, is_muted: bool) -> None:
        """See `RelayPort`."""
        if is_muted or self._sessions.knows(lesson_id):
            self._sessions.lesson(lesson_id).set_muted(slot, is_muted=is_muted)

    def set_profile(self, lesson_id: LessonId, profile: PictureProfile) -> None:
        """See `RelayPort`."""
        if profile is not PictureProfile.SLIDES_FIRST or self._sessions.knows(lesson_id):
            self._sessions.lesson(lesson_id).set_profile(profile)

    def set_program(self, lesson_id: LessonId, slot: Slot) -> None:
        """See `RelayPort`."""
        if slot is not Slot.LEAD or self._sessions.knows(lesson_id):
            self._sessions.lesson(lesson_id).set_program(slot)
            self._events.needs_changed(lesson_id)

    def set_policy(
        self, lesson_id: LessonId, participant_id: ParticipantId, policy: LinkPolicy
    ) -> None:
        """See `RelayPort`."""
        for session in self._sessions.of_party(lesson_id, participant_id):
            if isinstance(session, SubscriberSession):
                self._sessions.lesson(lesson_id).set_policy(session, policy)

    def expect_data(
        self, lesson_id: LessonId, participant_id: ParticipantId, byte_count: int
    ) -> None:
        """See `RelayPort`."""
        for session in self._sessions.of_party(lesson_id, participant_id):
            if isinstance(session, SubscriberSession):
                session.ladder.data.expect(byte_count)
                self._sessions.lesson(lesson_id).steer(session)

    def send_burst(self, lesson_id: LessonId, participant_id: ParticipantId, bps: int) -> None:
        """See `RelayPort`."""
        for session in self._sessions.of_party(lesson_id, participant_id):
            if isinstance(session, SubscriberSession):
                self._engine.begin_probe(session.peer.number, bps)

    def set_tapped(self, lesson_id: LessonId, *, is_tapped: bool) -> None:
        """Feed the sink with this lesson's tracks, or stop; key frames come every 2 s then."""
        if is_tapped or self._sessions.knows(lesson_id):
            self._sessions.lesson(lesson_id).set_tapped(is_tapped=is_tapped)

    def set_broadcast(self, lesson_id: LessonId, *, is_broadcast: bool) -> None:
        """Feed the sink with every layer of what this lesson's teacher sends, or stop."""
        if is_broadcast or self._sessions.knows(lesson_id):
            self._sessions.lesson(lesson_id).set_broadcast(is_broadcast=is_broadcast)
            self._events.needs_changed(lesson_id)

    def audience_lack(self, lesson_id: LessonId) -> AudienceLack | None:
        """See `RelayPort`."""
        return self._events.audience_lack(lesson_id)

    def request_keyframe(self, lesson_id: LessonId, track_number: int) -> None:
        """Ask a track's sender soon; wishes are merged and throttled behind it."""
        publication = self._sessions.publication_of_track(track_number)
        if publication is not None:
            self._engine.request_keyframe(publication)

    def flows(self, lesson_id: LessonId) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
        """See `RelayPort`."""
        sessions = self._sessions.in_lesson(lesson_id)
        return flows_of(sessions, self._engine, self._clock.now())

    def _log(self, session: MediaSession) -> IdAdapter:
        ids = {"lesson": session.party.lesson_id, "session": session.session_id}
        return IdAdapter(log, {**ids, "peer": session.peer.number})


def _new_ssrc() -> int:
    return secrets.randbits(31) + 1
