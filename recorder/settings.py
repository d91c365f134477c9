"""Settings of the recorder process. The command line of `python -m recorder` carries them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class RecorderSettings(BaseModel):
    """Where and how recordings are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    """Holds `recordings/` (ours) and `lessons/` (timelines, written by the main process)."""
    socket_path: Path
    """Unix socket the tap connects to; at most 107 bytes, a limit of the kernel."""
    keyframe_seconds: float = Field(default=3.5, ge=1, le=4)
    """A keyframe is asked for when the last one is this old: the usual length of a segment.
    Longer than any viewer's buffer: a browser that is late skips to a key frame it has."""
    sync_seconds: float = Field(default=1.0, ge=0.1, le=10)
    """How often the journal is synced to the disk: what a power cut may cost."""
    journal_file_seconds: float = Field(default=300.0, ge=1)
    """A new journal file is begun after this long."""
    min_free_bytes: int = Field(default=256 << 20, ge=0)
    """Below this much free space recording stops, and says so, until there is more."""
    pending_bytes: int = Field(default=32 << 20, ge=1 << 16)
    """Packets kept in memory while the disk can't take them; beyond, the oldest are dropped."""
    keep_journal_days: int = Field(default=30, ge=0)
    """A journal is deleted this many days after its recording was finished and can be played."""
    reopen_seconds: float = Field(default=20.0, ge=0)
    """A recording whose tap is gone is finished if it is not opened again within this time."""
