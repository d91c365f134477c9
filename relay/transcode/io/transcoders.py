"""A node's transcoders: one for each publication that needs one, up to the machine's limit."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from relay.metrics import TRANSCODERS, TRANSCODERS_REFUSED
from relay.transcode.io.transcoder import Transcoder
from relay.transcode.plan.renditions import Rendition
from relay.transcode.plan.turns import LATE_MS
from relay.transcode.ports import RenditionSink, SuperviseChild
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import Clock
from streamsvc.base.log import Aggregated
from streamsvc.base.media import Codec

log = logging.getLogger("relay.transcode")

CHILDREN_FOR_A_CORE = 3
"""That forwarding leaves: a child needs a fifth of one for all renditions of 1280x720."""
SAY_EVERY_SECONDS = 60.0
REFUSED_SECONDS = 10.0
"""Who is refused asks again each second; who did not for so long does not need it any more."""


class Transcoders:
    """`want` as needs change; `packet` and `request_keyframe` of a publication that has none are
    ignored; `close_all` at the end. Publications are known by their numbers."""

    def __init__(
        self, folder: Path, settings: TranscodeSettings, clock: Clock, supervise: SuperviseChild
    ) -> None:
        """Sockets are made in `folder`, which nobody else can read."""
        self.most = settings.most_children or children_for(os.cpu_count() or 1)
        self.ladders = settings.ladders()
        """The renditions there may be, by codec."""
        self.screen_ladder = settings.screen_ladder()
        self.voice = settings.voice()
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._supervise = supervise
        self._by_publication: dict[int, Transcoder] = {}
        self._ending: set[Transcoder] = set()
        self._refused = Aggregated(log, "no room for a transcoder", SAY_EVERY_SECONDS)
        self._refused_at: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._by_publication)

    async def want(
        self,
        publication: int,
        source: tuple[Codec, int],
        renditions: Sequence[Rendition],
        sink: RenditionSink,
        *,
        is_guess: bool = False,
    ) -> bool:
        """What is to be made of a publication from now on; nothing ends its transcoder. False where
        the machine has as many as it may, or one that is late: who is there is not touched, and the
        newcomer's rooms have the layers that there are. `is_guess`: no room is known yet to need
        it; such take no more than half of the places. Raises OSError: no socket."""
        transcoder = self._by_publication.get(publication)
        if not renditions:
            await self.close(publication)
            return True
        if transcoder is not None:
            transcoder.make(renditions)
            return True
        if not self.has_place(is_guess=is_guess):
            if not is_guess:
                self._refuse(publication)
            return False
        self._refused_at.pop(publication, None)
        await self._begin(publication, source, renditions, sink)
        return True

    def has_place(self, *, is_guess: bool = False) -> bool:
        """Whether another one may begin: not where those that are there are late already."""
        most = -(-self.most // 2) if is_guess else self.most
        is_late = any(each.behind_ms > LATE_MS for each in self._by_publication.values())
        return len(self) < most and not is_late

    @property
    def is_short(self) -> bool:
        """Whether rooms go without lower pictures now, as the machine is full."""
        since = self._clock.now() - REFUSED_SECONDS
        return any(at >= since for at in self._refused_at.values())

    def _refuse(self, publication: int) -> None:
        now = self._clock.now()
        if publication not in self._refused_at:
            TRANSCODERS_REFUSED.inc()
        self._refused_at[publication] = now
        self._refused.note(now, f"publication {publication}")

    async def _begin(
        self,
        publication: int,
        source: tuple[Codec, int],
        renditions: Sequence[Rendition],
        sink: RenditionSink,
    ) -> None:
        transcoder = Transcoder(
            self._folder / f"transcoder-{publication}.sock",
            source=source,
            settings=self._settings,
            clock=self._clock,
            supervise=self._supervise,
            sink=sink,
        )
        transcoder.make(renditions)
        self._by_publication[publication] = transcoder  # before the wait: its place is taken
        TRANSCODERS.set(len(self._by_publication))
        try:
            await transcoder.start()
        except OSError:
            self._forget(publication)
            raise

    def packet(self, publication: int, packet: bytes) -> None:
        """One packet of the layer that is transcoded."""
        transcoder = self._by_publication.get(publication)
        if transcoder is not None:
            transcoder.packet(packet)

    def request_keyframe(self, publication: int, rid: str) -> None:
        """The rendition's next picture is to be a key frame."""
        transcoder = self._by_publication.get(publication)
        if transcoder is not None:
            transcoder.request_keyframe(rid)

    async def close(self, publication: int) -> None:
        """End its transcoder. Harmless to repeat."""
        self._refused_at.pop(publication, None)
        transcoder = self._forget(publication)
        if transcoder is not None:
            self._ending.add(transcoder)
            await self._end(transcoder)

    async def close_all(self) -> None:
        """End them all, and see that those end whose closing was canceled."""
        for publication in list(self._by_publication):
            await self.close(publication)
        for transcoder in list(self._ending):
            await self._end(transcoder)

    async def _end(self, transcoder: Transcoder) -> None:
        await transcoder.close()
        self._ending.discard(transcoder)

    def _forget(self, publication: int) -> Transcoder | None:
        transcoder = self._by_publication.pop(publication, None)
        TRANSCODERS.set(len(self._by_publication))
        return transcoder


def children_for(cores: int) -> int:
    """How many a machine may have: forwarding keeps a core, but for the smallest machines."""
    return CHILDREN_FOR_A_CORE * max(1, cores - 1)
