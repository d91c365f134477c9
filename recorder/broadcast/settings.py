"""Settings of a packager process; the command line of `python -m recorder.broadcast`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BroadcastSettings(BaseModel):
    """One lesson's packager."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    socket_path: Path
    """Unix socket the service connects to; at most 107 bytes, a limit of the kernel."""
    folder: Path
    """The lesson's files are made here; what is here already is gone on with."""
    part_seconds: float = Field(default=0.4, ge=0.2, le=1.0)
    """Longest part. A player is three of them behind what there is."""
    min_free_bytes: int = Field(default=256 << 20, ge=0)
    """With less space than this on the disk nothing more is written, and it says so."""
