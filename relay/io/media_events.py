"""The engine's events, told to those they concern: the mux, the sink, the listener."""

import logging
from dataclasses import replace

from relay.forwarding.silence import SourceSilence
from relay.io.lower_layers import LowerLayers
from relay.io.made_soon import MADE_MARK
from relay.io.media_session import PublisherSession, SubscriberSession
from relay.io.mux import Mux
from relay.io.sessions import Sessions
from relay.ports import ProvedCheck
from streamsvc.base.clock import Clock
from streamsvc.base.ids import LessonId
from streamsvc.base.media import CAMERAS, Codec, PacketSink, Slot, Track
from streamsvc.base.sessions import AudienceLack, RelayListener

log = logging.getLogger("relay")

OTHER_KINDS_SECONDS = 2.0
"""How long the report of a publication waits for its second kind: a camera that is off sends
nothing."""
_WATCHED = (Slot.LEAD, *CAMERAS)
"""Of whose silence is told."""


class MediaEvents:
    """`relay.ports.EngineListener`."""

    def __init__(
        self,
        sessions: Sessions,
        mux: Mux,
        sink: PacketSink,
        clock: Clock,
    ) -> None:
        self.listener: RelayListener | None = None
        self.lower: LowerLayers | None = None
        """None where nothing is transcoded."""
        self._sessions = sessions
        self._mux = mux
        self._sink = sink
        self._clock = clock

    def ice_checked(self, check: ProvedCheck) -> None:
        """See `EngineListener`."""
        self._mux.on_check(check)

    def handshake_datagram(self, session: int, datagram: bytes, at: float) -> None:
        """See `EngineListener`."""
        self._mux.on_handshake(session, datagram, at)

    # ---- publications

    def layers_changed(self, number: int) -> None:
        """See `EngineListener`: whoever watches gets the best layer that lives."""
        session = self._sessions.of_publication(number)
        if session is not None:
            lesson = self._sessions.lesson(session.party.lesson_id)
            if self.lower is not None:
                self.lower.see(session, lesson, is_news=True)
            lesson.layers_changed(session, number)

    def link_overrun(self, peer: int) -> None:
        """See `EngineListener`: each tenth of a second is another that nobody hears."""
        session = self._sessions.of_peer(peer)
        if isinstance(session, SubscriberSession):
            self._sessions.lesson(session.party.lesson_id).steer(session)

    def publication_started(self, number: int) -> None:
        """See `EngineListener`."""
        session = self._sessions.of_publication(number)
        if session is None:
            return
        kind = next(kind for kind, its in session.publications.items() if its == number)
        session.started.add(kind)
        if session.started_at is None:
            session.started_at = self._clock.now()
        self._sessions.lesson(session.party.lesson_id).steer_all()
        self.report_opened(session)

    def report_opened(self, session: PublisherSession) -> None:
        """Tell the listener once all kinds flow, or those that do after a while; again if more
        come later."""
        started = frozenset(session.started)
        if not started or started == session.reported or session.started_at is None:
            return
        is_whole = len(started) == len(session.publications)
        waited = self._clock.now() - session.started_at
        if is_whole or waited >= OTHER_KINDS_SECONDS:
            if not session.reported and session.slot in _WATCHED:
                session.silence = SourceSilence(self._clock.now())
            session.reported = started
            if self.listener is not None:
                self.listener.publication_opened(session.party, session.slot, started)

    def watch_silence(self, session: PublisherSession, media_at: float) -> None:
        """Tell the listener that the lead's or a camera's media stopped, or came back. Other slots
        may well be still: a shared screen that does not change sends a packet each second."""
        now, silence = self._clock.now(), session.silence
        if silence is None or not silence.see(media_at, now) or self.listener is None:
            return
        silent_ms = int(1000 * (now - silence.heard_at)) if silence.is_silent else None
        self.listener.publication_silent(session.party, session.slot, silent_ms)

    # ---- transcoders

    def needs_changed(self, lesson_id: LessonId) -> None:
        """A room or an audience has come: its link may be too thin for what there is. Call it
        before it is sent anything."""
        lesson = self._sessions.lesson(lesson_id)
        for publisher in lesson.publishers.values():
            if self.lower is not None:
                self.lower.see(publisher, lesson, is_news=True)

    def audience_lack(self, lesson_id: LessonId) -> AudienceLack | None:
        """Why who watches by HTTP has none of the teacher's pictures."""
        if not self._sessions.knows(lesson_id):
            return None
        lesson, can_make = self._sessions.lesson(lesson_id), self.lower is not None
        return lesson.audience_lack(self._clock.now(), can_make=can_make)

    def feed_opened(self, publication: int) -> None:
        """See `EngineListener`: its first key frame was asked for."""

    def feed_packet(self, publication: int, packet: bytes) -> None:
        """See `EngineListener`."""
        if self.lower is not None:
            self.lower.feed_packet(publication, packet)

    def feed_closed(self, publication: int) -> None:
        """See `EngineListener`."""
        if self.lower is not None:
            self.lower.feed_closed(publication)

    def made_keyframe_wanted(self, publication: int, rid: str) -> None:
        """See `EngineListener`."""
        if self.lower is not None:
            self.lower.keyframe_wanted(publication, rid)

    # ---- the tap

    def tap_opened(self, publication: int, wall_ms: int, rid: str | None) -> int:
        """See `EngineListener`."""
        number = self._sessions.open_track(publication)
        session = self._sessions.of_publication(publication)
        if session is not None:
            track = _track(number, publication, session, rid)
            if session.slot in CAMERAS:
                track = self._in_place_of_lead(track)
            self._sink.track_opened(track, wall_ms)
        return number

    def _in_place_of_lead(self, track: Track) -> Track:
        """A camera is on program: its picture belongs to the teacher's voice."""
        lead = self._sessions.publisher(track.lesson_id, Slot.LEAD)
        shown = replace(track, slot=Slot.LEAD, source=track.participant_id)
        if lead is None:
            return shown
        return replace(shown, participant_id=lead.party.participant_id, label=lead.party.label)

    def tap_closed(self, track_number: int, wall_ms: int) -> None:
        """See `EngineListener`."""
        self._sessions.close_track(track_number)
        self._sink.track_closed(track_number, wall_ms)


def _track(number: int, publication: int, session: PublisherSession, rid: str | None) -> Track:
    kind = next(kind for kind, its in session.publications.items() if its == publication)
    media = next(media for media in session.peer.media if media.kind is kind)
    is_made = rid is not None and rid.startswith(MADE_MARK)
    return Track(
        number=number,
        lesson_id=session.party.lesson_id,
        slot=session.slot,
        kind=kind,
        codec=Codec.H264 if is_made else media.codec,
        participant_id=session.party.participant_id,
        label=session.party.label,
        rid=rid,
    )
