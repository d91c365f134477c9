"""A lesson's live folder: each file is whole or absent."""

import os
import shutil
from collections import deque
from pathlib import Path

from recorder.broadcast.plan import joining, naming

PARTS_KEPT_SECONDS = 40.0
"""Of a part that no playlist names any more: a player may have read a playlist a while ago."""


class LiveFolder:
    """Writes below one folder. Blocking; files are small and stay in the page cache."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts: deque[tuple[float, Path]] = deque()

    def write(self, name: str, data: bytes) -> None:
        """Replace a file whole. Raises OSError."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.new")
        made.write_bytes(data)
        os.replace(made, path)

    def write_part(self, name: str, data: bytes, now: float) -> None:
        """A file that goes again by itself, some time later."""
        self.write(name, data)
        self._parts.append((now, self.path / name))
        while self._parts and now - self._parts[0][0] > PARTS_KEPT_SECONDS:
            self._parts.popleft()[1].unlink(missing_ok=True)

    def append(self, name: str, data: bytes) -> None:
        """More at the end of a file, which after a crash may end in the middle. Raises OSError."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)

    def join(self, name: str, parts: list[str]) -> None:
        """A segment of its parts, byte for byte (§3.1). Raises OSError."""
        self.write(name, b"".join((self.path / part).read_bytes() for part in parts))

    def text(self, name: str) -> str | None:
        """A file's words; None where there is none that can be read."""
        try:
            return (self.path / name).read_text()
        except (OSError, UnicodeDecodeError):
            return None

    def playlist(self, stream: str) -> str | None:
        """A stream's whole playlist as it stands now; None where there is none."""
        return joining.whole(
            self.text(f"{stream}/{naming.PLAYLIST}"), self.text(f"{stream}/{naming.DELTA_DATES}")
        )

    def streams(self) -> list[str]:
        """Folders that have a playlist, by name."""
        found = (
            *self.path.glob(f"*/{naming.PLAYLIST}"),
            *self.path.glob(f"*/{naming.DELTA_DATES}"),
        )
        return sorted({path.parent.name for path in found})

    def free_bytes(self) -> int:
        """On its disk. Raises OSError."""
        return shutil.disk_usage(self.path).free
