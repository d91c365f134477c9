"""A published track, as control knows it."""

from dataclasses import dataclass

from streamsvc.base.media import Codec, MediaKind, Slot


@dataclass(frozen=True, slots=True)
class PublicationSpec:
    """What does not change in a publication's life."""

    number: int
    """Unique in the engine's life."""
    peer: int
    slot: Slot
    kind: MediaKind
    codec: Codec
    origin: str
