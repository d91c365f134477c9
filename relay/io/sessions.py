"""All media sessions of the node, found by id, by peer, by publication, by track and by lesson."""

from collections.abc import Iterator

from relay.forwarding.pressure import Pressure
from relay.io.departures import Departures
from relay.io.lesson_media import LessonMedia
from relay.io.media_session import MediaSession, PublisherSession, SubscriberSession
from relay.ports import Engine
from streamsvc.base.clock import Clock
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId
from streamsvc.base.media import Slot
from streamsvc.base.sessions import MediaParty

_Party = tuple[LessonId, ParticipantId]


class Sessions:
    """Add and remove through here, so that nobody finds half a session."""

    def __init__(self, engine: Engine, pressure: Pressure, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._pressure = pressure
        self._by_id: dict[MediaSessionId, MediaSession] = {}
        self._by_peer: dict[int, MediaSession] = {}
        self._by_publication: dict[int, PublisherSession] = {}
        self._by_party: dict[_Party, dict[MediaSessionId, MediaSession]] = {}
        self._lessons: dict[LessonId, LessonMedia] = {}
        self._track_publication: dict[int, int] = {}
        self._last_track_number = 0
        self._departures = Departures()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[MediaSession]:
        return iter(list(self._by_id.values()))

    def __contains__(self, session: MediaSession) -> bool:
        return self._by_id.get(session.session_id) is session

    def peers(self) -> list[int]:
        """The engine's numbers of all."""
        return list(self._by_peer)

    def add(self, session: MediaSession) -> None:
        """Into the tables and its lesson; the engine must know its peer."""
        self._by_id[session.session_id] = session
        self._by_peer[session.peer.number] = session
        self._by_party.setdefault(_party(session), {})[session.session_id] = session
        lesson = self.lesson(session.party.lesson_id)
        if isinstance(session, PublisherSession):
            for publication in session.publications.values():
                self._by_publication[publication] = session
            lesson.add_publisher(session)
        elif isinstance(session, SubscriberSession):
            lesson.add_subscriber(session)

    def remove(self, session: MediaSession, now: float) -> None:
        """Out of all tables."""
        del self._by_id[session.session_id]
        del self._by_peer[session.peer.number]
        same_party = self._by_party[_party(session)]
        del same_party[session.session_id]
        if not same_party:
            del self._by_party[_party(session)]
            self._departures.left(_party(session), now)
        lesson = self.lesson(session.party.lesson_id)
        if isinstance(session, PublisherSession):
            for publication in session.publications.values():
                del self._by_publication[publication]
            lesson.remove_publisher(session)
        elif isinstance(session, SubscriberSession):
            lesson.remove_subscriber(session)
        if lesson.is_empty:
            del self._lessons[lesson.lesson_id]

    def find(self, session_id: MediaSessionId) -> MediaSession:
        """Raises UserError `media-session-unknown`."""
        session = self._by_id.get(session_id)
        if session is None:
            raise UserError("media-session-unknown")
        return session

    def is_newcomer(self, party: MediaParty, now: float) -> bool:
        """Not one who is here, as a teacher or a reloading page, or was a moment ago. Who watches
        more than once already comes with one more."""
        key = party.lesson_id, party.participant_id
        here = self._by_party.get(key, {}).values()
        watching = sum(isinstance(session, SubscriberSession) for session in here)
        is_known = bool(here) or self._departures.has_place(key, now)
        return not is_known or watching > 1

    def of_peer(self, peer: int) -> MediaSession | None:
        """By the engine's number."""
        return self._by_peer.get(peer)

    def publishers(self) -> list[PublisherSession]:
        """Of all lessons."""
        return list(dict.fromkeys(self._by_publication.values()))

    def of_publication(self, publication: int) -> PublisherSession | None:
        """By the engine's number."""
        return self._by_publication.get(publication)

    def knows(self, lesson_id: LessonId) -> bool:
        """The lesson has media, or had until it is closed."""
        return lesson_id in self._lessons

    def lesson(self, lesson_id: LessonId) -> LessonMedia:
        """The lesson's media; made when first asked for."""
        lesson = self._lessons.get(lesson_id)
        if lesson is None:
            lesson = LessonMedia(lesson_id, self._engine, self._pressure, self._clock)
            self._lessons[lesson_id] = lesson
        return lesson

    def publisher(self, lesson_id: LessonId, slot: Slot) -> PublisherSession | None:
        """Who fills a slot."""
        lesson = self._lessons.get(lesson_id)
        return lesson.publishers.get(slot) if lesson is not None else None

    def in_lesson(self, lesson_id: LessonId) -> list[MediaSession]:
        """All sessions of a lesson."""
        lesson = self._lessons.get(lesson_id)
        if lesson is None:
            return []
        return [*lesson.publishers.values(), *lesson.subscribers.values()]

    def of_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> list[MediaSession]:
        """All sessions of a participant in a lesson."""
        return list(self._by_party.get((lesson_id, participant_id), {}).values())

    def forget_lesson(self, lesson_id: LessonId) -> None:
        """It ended: what it remembered for those to come is void."""
        self._lessons.pop(lesson_id, None)

    # ---- tracks of the tap

    def open_track(self, publication: int) -> int:
        """A fresh track number for a publication, never used before on this node."""
        self._last_track_number += 1
        self._track_publication[self._last_track_number] = publication
        return self._last_track_number

    def close_track(self, number: int) -> None:
        """No more of it."""
        self._track_publication.pop(number, None)

    def publication_of_track(self, number: int) -> int | None:
        """Which publication a track shows; None when it is closed."""
        return self._track_publication.get(number)


def _party(session: MediaSession) -> _Party:
    return session.party.lesson_id, session.party.participant_id
