"""Lower layers where rooms need them: which publications are transcoded, and what comes back.

    rooms' links ─► RenditionNeed ─► Transcoders ─► put_made ─► engine
    engine ─► feed_packet ─► Transcoders                        (`relay/engine/made.c`)

What is made has the publication's codec; and beside it another one where somebody can't decode
that: H.264 of a teacher who sends VP8, for a large audience, and VP8 of H.264 for a browser
without it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relay.io.lesson_media import LessonMedia, cost_bps
from relay.io.media_session import MediaSession, PublisherSession
from relay.io.small_voices import SmallVoices
from relay.ports import Engine, LayerStats
from relay.sdp.negotiated import NegotiatedMedia
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.plan.renditions import Rendition, RenditionNeed, RoomRate
from relay.transcode.ports import TranscoderState
from streamsvc.base.clock import Clock
from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay.transcode")

SEE_SECONDS = 1.0
COMING_SECONDS = 2.5
"""So long at most rooms wait for the first picture of a transcoder: it needs 0.8 s."""
REFUSED_SECONDS = 3.0
"""On a full machine it is asked again each second."""
NEW_SECONDS = 2.0
LEAST_PIXELS = 640 * 350
"""Of the layer that is decoded for who gets nothing else: a 360 line rendition is made of it."""
BPS_OF_PIXEL = 1.0
"""A new layer has cost nothing yet, and 1280x720 will."""


@dataclass
class _Lower:
    """One publication's."""

    media: NegotiatedMedia
    needs: Mapping[Codec, RenditionNeed]
    """By the codec of what is made; the publisher's own first."""
    began_at: float
    seen_at: float = float("-inf")
    wanted: tuple[Rendition, ...] = ()
    applied: tuple[Rendition, ...] = ()
    source: str | None = None
    """RID of the layer that is fed."""
    is_other_fed: bool = False
    """It was chosen for those, too, who can't decode what its publisher sends."""
    is_busy: bool = field(default=False)
    """Its transcoder is being started or ended."""
    failed_at: float = float("-inf")
    """When none could be begun, for want of a socket."""

    def is_sure(self, now: float) -> bool:
        """Whether it is known that a room needs them."""
        return any(need.is_sure(now) for need in self.needs.values())

    def is_idle(self, now: float) -> bool:
        """Whether nobody needs any now."""
        return all(need.is_idle(now) for need in self.needs.values())

    def forget(self) -> None:
        """Nothing is kept any longer."""
        for need in self.needs.values():
            need.forget()
        self.wanted = ()

    @property
    def is_other_wanted(self) -> bool:
        """Whether some can't decode what its publisher sends."""
        return any(one.codec is not self.media.codec for one in self.wanted)


class LowerLayers:
    """`see` each second and publication; the rest follows the engine's and transcoders' events."""

    def __init__(
        self,
        engine: Engine,
        transcoders: Transcoders,
        clock: Clock,
        scope: TaskScope,
    ) -> None:
        self._engine = engine
        self._transcoders = transcoders
        self._clock = clock
        self._scope = scope
        self._voices = SmallVoices(engine, transcoders, clock, scope)
        self._is_closed = False
        self._by_publication: dict[int, _Lower] = {}
        every = [one for ladder in transcoders.ladders.values() for one in ladder]
        every += transcoders.screen_ladder
        self._made_bps = {one.rid: one.bps for one in every}
        self._codecs = {one.rid: one.codec for one in every}

    # ---- what is needed

    def see(self, session: PublisherSession, lesson: LessonMedia, *, is_news: bool = False) -> None:
        """Whether rooms need smaller pictures than this publisher sends; looks once a second, or
        at once where there `is_news`: it has just begun, or a room has come."""
        self._voices.see(session, lesson)
        publication, now = session.publications.get(MediaKind.VIDEO), self._clock.now()
        stats = self._engine.publication_stats(publication) if publication is not None else None
        media = next((each for each in session.peer.media if each.kind is MediaKind.VIDEO), None)
        if publication is None or stats is None or media is None or self._is_closed:
            return
        lower = self._by_publication.get(publication)
        if lower is None:
            lower = _Lower(media, self._needs(session.slot, media.codec), now)
            self._by_publication[publication] = lower
        if now - lower.seen_at < SEE_SECONDS and not is_news:
            return
        lower.seen_at = now
        own = [layer for layer in stats.layers if layer.is_live and not layer.is_made]
        is_new = now - lower.began_at < NEW_SECONDS
        costs = [_expected_bps(layer) if is_new else cost_bps(layer) for layer in own]
        lower.wanted = self._wanted(lower, costs, lesson.room_rates(publication), now)
        is_guess = not lower.is_sure(now)
        if lower.wanted and not lower.applied:
            if not self._transcoders.has_place(is_guess=is_guess):
                if not self._make_place(now):
                    lesson.made_soon.refuse(publication, now + REFUSED_SECONDS)
            elif not lower.is_busy and now - lower.failed_at > REFUSED_SECONDS:
                until = now + COMING_SECONDS
                lesson.made_soon.expect(publication, min(costs, default=0), until, self._made_bps)
        self._feed(publication, lower, own)
        self._apply(publication, lower)

    def _needs(self, slot: Slot, own: Codec) -> dict[Codec, RenditionNeed]:
        ladders = self._transcoders.ladders
        others = [codec for codec in ladders if codec is not own]
        needs = {own: RenditionNeed(ladders[own])}
        for other in others:
            is_screen = slot is Slot.SCREEN and other is Codec.H264
            ladder = self._transcoders.screen_ladder if is_screen else ladders[other]
            needs[other] = RenditionNeed(ladder, is_other_codec=True)
        return needs

    @staticmethod
    def _wanted(
        lower: _Lower, costs: Sequence[int], rates: Sequence[RoomRate], now: float
    ) -> tuple[Rendition, ...]:
        own = lower.media.codec
        wanted: list[Rendition] = []
        for codec, need in lower.needs.items():
            its = [room for room in rates if (room.codec or own) is codec]
            wanted += need.renditions(costs, its, now)
        return tuple(wanted)

    def _make_place(self, now: float) -> bool:
        """End one that is kept though nobody needs it; whether there was one."""
        for publication, lower in self._by_publication.items():
            if lower.applied and not lower.is_busy and lower.is_idle(now):
                lower.forget()
                self._feed(publication, lower, [])
                self._apply(publication, lower)
                return True
        return False

    def _feed(self, publication: int, lower: _Lower, live: Sequence[LayerStats]) -> None:
        """The smallest of the publisher's layers: it is the cheapest to decode; or one that is
        large enough for who gets no other picture. While all of them pause it stays what it was:
        layers that are made of it end when it is another."""
        rids = [layer.rid for layer in live]
        source = lower.source
        is_guess = not lower.is_sure(self._clock.now())
        is_grown = lower.is_other_wanted and not lower.is_other_fed
        has_place = lower.applied or self._transcoders.has_place(is_guess=is_guess)
        if not lower.wanted or not (has_place or lower.is_busy):
            source = None  # of a full machine: no packet is copied for nobody
        elif rids and (source not in rids or is_grown):
            large = [x.rid for x in live if x.pixels >= LEAST_PIXELS] or rids[-1:]
            source = large[0] if lower.is_other_wanted else rids[0]
            lower.is_other_fed = lower.is_other_wanted
        if source != lower.source:
            lower.source = source
            self._engine.set_feed(publication, source)

    def _apply(self, publication: int, lower: _Lower) -> None:
        if lower.wanted == lower.applied or lower.is_busy:
            return
        lower.is_busy = True
        self._scope.start(f"transcoder {publication}", self._change(publication, lower))

    async def _change(self, publication: int, lower: _Lower) -> None:
        wanted = lower.wanted
        sink = _Sink(publication, self._engine, self._codecs)
        source = lower.media.codec, lower.media.payload_type
        try:
            is_guess = not lower.is_sure(self._clock.now())
            if await self._transcoders.want(publication, source, wanted, sink, is_guess=is_guess):
                self._drop(publication, lower.applied, wanted)
                lower.applied = wanted
        except OSError as error:
            lower.failed_at = self._clock.now()
            log.error("! no transcoder for publication %d: %s", publication, error)
        finally:
            lower.is_busy = False
        if self._by_publication.get(publication) is not lower:  # it went meanwhile
            await self._transcoders.close(publication)

    def _drop(
        self, publication: int, before: Sequence[Rendition], wanted: Sequence[Rendition]
    ) -> None:
        """What is not made any more; nothing of it comes any more."""
        for rendition in before:
            if rendition not in wanted:
                self._engine.drop_made(publication, rendition.rid)

    async def close(self) -> None:
        """End all transcoders; there will be no others."""
        self._is_closed = True
        self._voices.close()
        self._by_publication.clear()
        await self._transcoders.close_all()

    def forget(self, session: MediaSession) -> None:
        """It is no more."""
        self._voices.forget(session)
        publications = session.publications if isinstance(session, PublisherSession) else {}
        for publication in publications.values():
            lower = self._by_publication.pop(publication, None)
            if lower is not None and not lower.is_busy:
                closing = self._transcoders.close(publication)
                self._scope.start(f"transcoder {publication} ends", closing)

    # ---- what the engine tells

    def feed_packet(self, publication: int, packet: bytes) -> None:
        """See `EngineListener`."""
        self._transcoders.packet(publication, packet)

    def feed_closed(self, publication: int) -> None:
        """See `EngineListener`: the next look at it feeds what lives then."""
        self._voices.feed_closed(publication)
        lower = self._by_publication.get(publication)
        if lower is not None:
            lower.source = None

    def keyframe_wanted(self, publication: int, rid: str) -> None:
        """See `EngineListener`."""
        self._transcoders.request_keyframe(publication, rid)


def _expected_bps(layer: LayerStats) -> int:
    """Of one that has just begun."""
    return max(cost_bps(layer), round(BPS_OF_PIXEL * layer.pixels))


@dataclass(frozen=True)
class _Sink:
    """`RenditionSink` of one publication: back into the engine."""

    publication: int
    engine: Engine
    codecs: Mapping[str, Codec]
    """Of renditions, by RID."""

    def rendition_opened(self, rid: str, width: int, height: int) -> None:
        log.info("= publication %d has %s of %dx%d", self.publication, rid, width, height)

    def rendition_packet(self, rid: str, packet: bytes) -> None:
        self.engine.put_made(self.publication, rid, packet, self.codecs[rid])

    def source_keyframe_wanted(self) -> None:
        self.engine.request_feed_keyframe(self.publication)

    def state_changed(self, state: TranscoderState) -> None:
        log.info("= publication %d: transcoder %s", self.publication, state.value)
