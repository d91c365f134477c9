"""Small voices where a room's policy asks for them: made once for all rooms of a lesson.

policies ─► wants_small_voice ─► Transcoders ─► put_made ─► engine: layer "+voice" of the voice
"""

import logging
from dataclasses import dataclass

from relay.io.lesson_media import LessonMedia
from relay.io.media_session import MediaSession, PublisherSession
from relay.ports import Engine
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.ports import TranscoderState
from streamsvc.base.clock import Clock
from streamsvc.base.media import Codec, MediaKind
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay.transcode")

LINGER_SECONDS = 60.0
"""One that nobody needs any more is made for so long: rooms come again."""
FAILED_SECONDS = 3.0


@dataclass
class _Small:
    """One voice's."""

    needed_at: float
    failed_at: float = float("-inf")
    is_made: bool = False
    is_busy: bool = False
    source: str | None = None


class SmallVoices:
    """`see` now and then for each publisher; what is made goes to the engine by itself."""

    def __init__(
        self, engine: Engine, transcoders: Transcoders, clock: Clock, scope: TaskScope
    ) -> None:
        self._engine = engine
        self._transcoders = transcoders
        self._clock = clock
        self._scope = scope
        self._is_closed = False
        self._by_publication: dict[int, _Small] = {}

    def see(self, session: PublisherSession, lesson: LessonMedia) -> None:
        """Whether a room needs this publisher's voice made smaller."""
        publication, now = session.publications.get(MediaKind.AUDIO), self._clock.now()
        if publication is None or self._is_closed:
            return
        small = self._by_publication.get(publication)
        if lesson.wants_small_voice(publication):
            small = self._by_publication.setdefault(publication, _Small(now))
            small.needed_at = now
        if small is None:
            return
        is_needed = now - small.needed_at <= LINGER_SECONDS
        has_place = small.is_made or self._transcoders.has_place()
        self._feed(publication, small, is_fed=is_needed and has_place)
        is_early = now - small.failed_at < FAILED_SECONDS
        if is_needed != small.is_made and not small.is_busy and not is_early:
            small.is_busy = True
            voices = (x for x in session.peer.media if x.kind is MediaKind.AUDIO)
            payload_type = next(voices).payload_type
            changing = self._change(publication, small, payload_type, is_needed=is_needed)
            self._scope.start(f"small voice {publication}", changing)

    def _feed(self, publication: int, small: _Small, *, is_fed: bool) -> None:
        """Its one layer, once it has begun."""
        stats = self._engine.publication_stats(publication)
        own = [x.rid for x in stats.layers if not x.is_made] if stats is not None else []
        source = own[0] if is_fed and own else None
        if source != small.source:
            small.source = source
            self._engine.set_feed(publication, source)

    async def _change(
        self, publication: int, small: _Small, payload_type: int, *, is_needed: bool
    ) -> None:
        wanted = [self._transcoders.voice] if is_needed else []
        sink, source = _Sink(publication, self._engine), (Codec.OPUS, payload_type)
        try:
            if await self._transcoders.want(publication, source, wanted, sink):
                small.is_made = is_needed
            else:
                small.failed_at = self._clock.now()
        except OSError as error:
            small.failed_at = self._clock.now()
            log.error("! no small voice of publication %d: %s", publication, error)
        finally:
            small.is_busy = False
        if self._by_publication.get(publication) is not small:  # it went meanwhile
            await self._transcoders.close(publication)
        elif not is_needed:
            self._engine.drop_made(publication, self._transcoders.voice.rid)

    def forget(self, session: MediaSession) -> None:
        """It is no more."""
        if not isinstance(session, PublisherSession):
            return
        for publication in session.publications.values():
            small = self._by_publication.pop(publication, None)
            if small is not None and not small.is_busy:
                closing = self._transcoders.close(publication)
                self._scope.start(f"small voice {publication} ends", closing)

    def feed_closed(self, publication: int) -> None:
        """See `EngineListener`: the next look at it feeds what lives then."""
        small = self._by_publication.get(publication)
        if small is not None:
            small.source = None

    def close(self) -> None:
        """There will be no others."""
        self._is_closed = True
        self._by_publication.clear()


@dataclass(frozen=True)
class _Sink:
    """`RenditionSink` of one voice: back into the engine."""

    publication: int
    engine: Engine

    def rendition_opened(self, rid: str, width: int, height: int) -> None:
        """A voice has no size."""

    def rendition_packet(self, rid: str, packet: bytes) -> None:
        self.engine.put_made(self.publication, rid, packet, Codec.OPUS)

    def source_keyframe_wanted(self) -> None:
        """It has none."""

    def state_changed(self, state: TranscoderState) -> None:
        log.info("= publication %d: small voice %s", self.publication, state.value)
