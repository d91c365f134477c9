"""Which layer an SSRC of one publisher belongs to.

Announced SSRCs are known from the offer. With simulcast they are learned from the RID and
repaired-RID extensions (RFC 8852), which browsers send on the first packets only. Without either,
the payload type tells the m-line. A publisher can't make us remember more than MAX_SOURCES, and a
layer changes its SSRC only after the old one fell silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.rtp.extensions import element_text
from relay.rtp.header import PacketView
from relay.sdp.negotiated import NegotiatedMedia
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.media_clock import WallOffset
from tests.support.engine_model.publication import Publication

MAX_SOURCES = 32


@dataclass(frozen=True, slots=True)
class Source:
    """What an SSRC carries."""

    publication: Publication
    media: NegotiatedMedia
    layer: Layer
    is_rtx: bool

    @property
    def payload_type(self) -> int | None:
        """What its packets must say: comfort noise or tones on the same SSRC are not forwarded."""
        return self.media.rtx_payload_type if self.is_rtx else self.media.payload_type


class SourceTable:
    """Sources of one publisher, learned as packets come."""

    def __init__(self, published: Sequence[tuple[NegotiatedMedia, Publication]]) -> None:
        self._published = list(published)
        self.offset = WallOffset()
        self._sources: dict[int, Source] = {}
        self.unknown_packets = 0

    def find(self, view: PacketView, now: float) -> Source | None:
        """The source of a packet; None if it can't be told (yet)."""
        source = self._sources.get(view.ssrc) or self._learn(view, now)
        if source is None or view.payload_type != source.payload_type:
            self.unknown_packets += 1
            return None
        return source

    def by_ssrc(self, ssrc: int) -> Source | None:
        """A source that is known already."""
        return self._sources.get(ssrc)

    def _learn(self, view: PacketView, now: float) -> Source | None:
        if len(self._sources) >= MAX_SOURCES:
            return None
        for media, publication in self._published:
            if view.payload_type == media.payload_type:
                return self._learn_media(view, media, publication, now)
            if view.payload_type == media.rtx_payload_type:
                return self._learn_rtx(view, media, publication)
        return None

    def _learn_media(
        self, view: PacketView, media: NegotiatedMedia, publication: Publication, now: float
    ) -> Source | None:
        rid = (element_text(view, media.extensions.rid) or "") if media.rids else ""
        if media.rids and rid not in media.rids:
            return None
        before = publication.layers.get(rid)
        if before is not None and before.is_live(now):
            return None
        layer = Layer(view.ssrc, rid, media.codec, self.offset)
        publication.layers[rid] = layer
        return self._remember(view.ssrc, Source(publication, media, layer, is_rtx=False))

    def _learn_rtx(
        self, view: PacketView, media: NegotiatedMedia, publication: Publication
    ) -> Source | None:
        layer = self._repaired_layer(view, media, publication)
        if layer is None:
            return None
        return self._remember(view.ssrc, Source(publication, media, layer, is_rtx=True))

    def _repaired_layer(
        self, view: PacketView, media: NegotiatedMedia, publication: Publication
    ) -> Layer | None:
        for ssrc, rtx_ssrc in media.remote_rtx.items():
            if rtx_ssrc == view.ssrc and ssrc in self._sources:
                return self._sources[ssrc].layer
        if media.rids:
            rid = element_text(view, media.extensions.repaired_rid)
            return publication.layers.get(rid) if rid else None
        return publication.layers.get("")

    def _remember(self, ssrc: int, source: Source) -> Source:
        if not source.is_rtx:
            self._forget_layer(source)
        self._sources[ssrc] = source
        return source

    def _forget_layer(self, successor: Source) -> None:
        """A layer that got a new SSRC leaves nothing of its old ones behind."""
        for ssrc, source in list(self._sources.items()):
            is_same_track = source.publication is successor.publication
            if is_same_track and source.layer.rid == successor.layer.rid:
                del self._sources[ssrc]
