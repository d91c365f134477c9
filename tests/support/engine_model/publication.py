"""A published track: its layers, and which of them is the best now."""

from collections.abc import Iterable

from relay.forwarding.publication import PublicationSpec
from tests.support.engine_model.layer import Layer

BETTER_SECONDS = 3.0
"""How long a better layer must have lived before the recording moves to it."""


class Publication:
    """The layers of one track, by RID (the empty one without simulcast)."""

    def __init__(self, spec: PublicationSpec) -> None:
        self.spec = spec
        self.layers: dict[str, Layer] = {}
        self.is_muted = False
        self.is_tapped = False
        self.is_started = False
        """A packet was decrypted."""
        self.tapped: Layer | None = None
        self._better_since: float | None = None

    def live_layers(self, now: float) -> list[Layer]:
        """Layers with packets, smallest picture first."""
        return by_quality((layer for layer in self.layers.values() if layer.is_live(now)), now)

    def choose_tapped(self, now: float) -> Layer | None:
        """The layer to record: the best one, kept while it lives so that a track is not cut in
        pieces; a better one takes over after it has lived a while."""
        live = self.live_layers(now)
        best = live[-1] if live else None
        current = self.tapped
        if current is None or (best is not None and current not in live):
            self._better_since = None
            self.tapped = best or current
        elif best is None or best is current:
            self._better_since = None
        elif self._better_since is None:
            self._better_since = now
        elif now - self._better_since >= BETTER_SECONDS:
            self._better_since = None
            self.tapped = best
        return self.tapped


def by_quality(layers: Iterable[Layer], now: float) -> list[Layer]:
    """Smallest picture first; bitrate decides where a size is not known or equal."""
    found = list(layers)
    if all(layer.pixels for layer in found):
        return sorted(found, key=lambda layer: (layer.pixels, layer.rate.bps(now)))
    return sorted(found, key=lambda layer: layer.rate.bps(now))
