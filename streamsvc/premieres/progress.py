"""How far a film is: lines for a person, and a file for the service that started its process."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from relay.ingest.file_teach import FileProgress

TOLD_SECONDS = 30


class ProgressFile:
    """Written at each report, replaced whole; without a path only lines are said."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._told: tuple[bool, int] | None = None
        self._is_on_air = False
        self._at = self.begin_seconds = self._kept()

    def _kept(self) -> float:
        """Where a process of before was cut off."""
        try:
            return float(json.loads(self._path.read_text())["at_seconds"]) if self._path else 0.0
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0

    def tell(self, progress: "FileProgress") -> None:
        """A line each half minute and at each change."""
        self._at, self._is_on_air = progress.at_seconds, progress.is_on_air
        self._write(None)
        now = progress.is_on_air, int(progress.at_seconds // TOLD_SECONDS)
        if now == self._told:
            return
        self._told = now
        how = "; the picture is encoded again" if progress.is_recoding else ""
        state = f"on air{how}" if progress.is_on_air else "connecting again"
        typer.echo(f"{state}: {progress.at_seconds:.0f} of {progress.seconds:.0f} s")

    def end(self, why: str) -> None:
        """The process is done, and must not be started again for this film."""
        self._write(why)

    def _write(self, end: str | None) -> None:
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        told = {"at_seconds": self._at, "is_on_air": self._is_on_air, "end": end}
        part.write_text(json.dumps(told))
        part.replace(self._path)
