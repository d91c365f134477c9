"""What rooms know of lower layers beside the engine's figures: that some are about to come, and
what they will cost.

Who would be sent several times what its link is guessed to take waits for them: that takes a
second, and an overrun link is without voice for longer.
"""

from collections.abc import Mapping, Sequence

from relay.forwarding.ladder import Encoding
from relay.ports import LayerStats, PublicationStats, SubscriberStats

MADE_MARK = "+"
"""What the names of layers begin with that no publisher sends (`relay/engine/publication.h`)."""
HEADROOM = 1.15
"""Headers of packets, and voice."""
LEAST_SHARE = 0.9
"""Of its rate: what a layer costs at least once it flows, however cheap it is as it begins."""


class MadeSoon:
    """`expect`, then ask `is_awaited` of each room that has no picture yet."""

    def __init__(self) -> None:
        self._expected: dict[int, tuple[int, float]] = {}
        self._least_bps: Mapping[str, int] = {}
        self._refused: dict[int, float] = {}

    def expect(
        self, publication: int, own_bps: int, until: float, made_bps: Mapping[str, int]
    ) -> None:
        """Its own layers cost at least so much; nobody waits longer than until then, in seconds of
        the relay's clock. `made_bps`: the rates of all that may be made, by name."""
        self._expected[publication] = own_bps, until
        self._least_bps = {rid: round(LEAST_SHARE * bps) for rid, bps in made_bps.items()}

    def is_awaited(self, layers: PublicationStats, link: SubscriberStats, now: float) -> bool:
        """Whether this link had better wait for them."""
        if layers.number not in self._expected:
            return False
        own_bps, until = self._expected[layers.number]
        if now >= until or any(layer.is_made for layer in layers.layers):
            return False
        return link.is_link_guessed and link.link_bps < own_bps * HEADROOM

    def refuse(self, publication: int, until: float) -> None:
        """The machine can't make any of it, as far as is known until then."""
        self._refused[publication] = until

    def is_refused(self, publication: int, now: float) -> bool:
        """Whether it is the server's part that there are none."""
        return now < self._refused.get(publication, float("-inf"))

    def encodings(self, layers: Sequence[LayerStats]) -> list[Encoding]:
        """What they cost."""
        return [Encoding(layer.rid, self._temporal(layer)) for layer in layers]

    def _temporal(self, layer: LayerStats) -> Sequence[tuple[int, int]]:
        if not layer.is_made:
            return layer.temporal
        least_bps = self._least_bps.get(layer.rid, 0)
        return [(max(bps, least_bps), pictures) for bps, pictures in layer.temporal]
