"""Settings of the converter; the root makes them from its own."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class WorkshopSettings(BaseModel):
    """Frozen. Documented with the program's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    """Where files are kept: `uploads/`, `originals/`, `work/`, `slides/`."""
    max_bytes: int = Field(default=300_000_000, ge=1_000)
    max_slides: int = Field(default=500, ge=1)
    max_seconds: int = Field(default=900, ge=10)
    max_memory_bytes: int = Field(default=1_000_000_000, ge=300_000_000)
    office: str = ""
    """Path of LibreOffice's `soffice`; empty: looked for; `off`: not used."""
    office_online: bool = False
    """Presentations are read also where the kernel leaves LibreOffice the network."""
    min_free_bytes: int = Field(default=500_000_000, ge=0)
