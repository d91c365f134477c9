"""What a transcoder needs from others, and what it tells them."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol


class TranscoderState(StrEnum):
    """Of one track's transcoder."""

    STARTING = "starting"
    """The child process is not there yet."""
    WAITING = "waiting"
    """It is there and needs a key frame of the source."""
    RUNNING = "running"
    """Pictures are made."""
    RESTARTING = "restarting"
    """The child died, or was killed as it hung; another one is started, and goes on with the
    source's next key frame."""
    CLOSED = "closed"


class RenditionSink(Protocol):
    """What comes back. Called on the event loop; never waits, never raises."""

    def rendition_opened(self, rid: str, width: int, height: int) -> None:
        """A rendition's pictures are of this size from its next packet on, a key frame's."""

    def rendition_packet(self, rid: str, packet: bytes) -> None:
        """One RTP packet, of the rendition's codec. Its time is that of the source's picture it was
        made of; numbers go on without a gap, also after a restart of the child."""

    def source_keyframe_wanted(self) -> None:
        """The publisher should be asked for a key frame: nothing can be decoded until one comes."""

    def state_changed(self, state: TranscoderState) -> None:
        """Told once for each change."""


class ChildProcess(Protocol):
    """A process that is started again when it dies (`streamsvc.supervise.Supervisor`)."""

    @property
    def pid(self) -> int | None:
        """None while there is none."""

    def start(self) -> None:
        """Begin; returns at once."""

    async def close(self) -> None:
        """End it."""


SuperviseChild = Callable[[str, Sequence[str], Callable[[], None]], ChildProcess]
"""(name, command, called whenever it ends) to the child, not started yet."""
