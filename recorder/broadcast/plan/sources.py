"""The layers of one publisher's picture, and which of them feeds which rendition."""

from dataclasses import dataclass, field

from recorder.plan.samples import Picture
from recorder.plan.timeline import PublicationClock
from recorder.plan.tracks import PictureTrack
from streamsvc.base.media import Codec

NAMES = ("low", "middle", "high")
ALIVE_MS = 1_500.0
"""A layer that has shown nothing for this long is stopped: the publisher has no room for it."""
MOST_KEPT = 400
"""Pictures of a layer without a rendition; a key frame comes long before."""
SETTLE_MS = 1_500.0
"""After the first layer's first picture the others are waited for this long, so that a rendition's
name says how large it is."""
ALONE_SETTLE_MS = 3_500.0
"""While there is a large one alone: a transcoder begins to make lower ones, and a player asks once
for what there is."""
LARGE_BYTES = 12_000
"""Of a key frame."""
WAIT_MS = 250.0
"""A missing packet is waited for this long: asked for again, it comes so soon, or too late."""


@dataclass(slots=True)
class Layer:
    """One layer, over all its tracks: it comes and goes with the publisher's link."""

    rid: str
    track: PictureTrack
    first_ms: float | None = None
    shown_ms: float = float("-inf")
    pixels: int = 0
    since_keyframe: list[Picture] = field(default_factory=list)
    """What a rendition that begins now begins with; only until the layer has one."""

    def note(self, picture: Picture, now_ms: float) -> None:
        """It has shown a picture."""
        self.shown_ms = now_ms
        if picture.is_keyframe:
            self.pixels = max(self.pixels, pixels_of(picture))
            self.first_ms = now_ms if self.first_ms is None else self.first_ms
            self.since_keyframe.clear()
        if len(self.since_keyframe) < MOST_KEPT:
            self.since_keyframe.append(picture)


@dataclass(slots=True)
class Sources:
    """Layers of one slot, by rid."""

    layers: dict[str, Layer] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    """Rid of each rendition, smallest picture first."""
    clock: PublicationClock = field(default_factory=PublicationClock)
    most: int = len(NAMES)
    """Renditions."""
    refused: set[Codec] = field(default_factory=set)
    """Codecs of layers that no player of HLS takes."""
    _of_cameras: dict[str, PublicationClock] = field(default_factory=dict)

    def open(self, rid: str, codec: Codec, source: str = "") -> Layer | None:
        """A layer begins, or begins anew; None if it can't be used. `source`: the camera that
        stands in the publisher's place, whose clock is its own."""
        if codec is not Codec.H264:
            self.refused.add(codec)
            return None
        clock = self._of_cameras.setdefault(source, PublicationClock()) if source else self.clock
        track = PictureTrack(codec, clock, None)
        track.wait_ms = WAIT_MS
        known = self.layers.get(rid)
        if known is not None:
            known.track = track
            return known
        layer = self.layers[rid] = Layer(rid, track)
        return layer

    def place(self, now_ms: float) -> bool:
        """Give renditions to layers that have none yet; True when there are new ones. Those that
        are there keep theirs."""
        fresh = [x for x in self._spare() if not (self._is_simulcast and _is_made(x.rid))]
        known = [x.first_ms for x in self.layers.values() if x.first_ms is not None]
        room = self.most - len(self.places)
        if not fresh or not room:
            return False
        if now_ms - min(known) < self._settle_ms(len(known)):
            return False
        fresh.sort(key=lambda layer: layer.pixels)
        self.places += [layer.rid for layer in fresh][-room:]
        return True

    def _settle_ms(self, count: int) -> float:
        if count > 1 or any(layer.rid for layer in self.layers.values()):
            return SETTLE_MS
        is_large = any(layer.pixels > LARGE_BYTES for layer in self.layers.values())
        return ALONE_SETTLE_MS if is_large else 0.0

    def feeding(self, place: int, now_ms: float) -> str | None:
        """Rid of what a rendition should show: its own layer, else the next smaller one that lives,
        else the next larger."""
        order = [place, *range(place - 1, -1, -1), *range(place + 1, len(self.places))]
        for other in order:
            rid: str = self.places[other]
            if now_ms - self.layers[rid].shown_ms < ALIVE_MS:
                return rid
        return self._of_another(place, now_ms)

    def _of_another(self, place: int, now_ms: float) -> str | None:
        """Where no layer lives that has a rendition, another publisher's may: a recorder host that
        took over. Smallest first, as the renditions are."""
        living = [x for x in self._spare() if now_ms - x.shown_ms < ALIVE_MS]
        living = sorted(living, key=lambda layer: layer.pixels)[-self.most :]
        return living[min(place, len(living) - 1)].rid if living else None

    def _spare(self) -> list[Layer]:
        """Layers that show something and have no rendition."""
        return [x for x in self.layers.values() if x.pixels and x.rid not in self.places]

    @property
    def _is_simulcast(self) -> bool:
        """The publisher's own layers fill the places; made ones stand beside a single one."""
        return any(rid and not _is_made(rid) for rid in self.layers)


def _is_made(rid: str) -> bool:
    return rid.startswith("+")


def pixels_of(picture: Picture) -> int:
    """What layers are ordered by: how large their key frames are; a larger picture's are larger."""
    return len(picture.data)
