"""The data folder: one service at a time, a secret of its own, and where things are inside."""

import fcntl
import secrets
from pathlib import Path
from typing import IO

from streamsvc.base.errors import EnvironmentFault
from streamsvc.private_file import write_private

SECRET_BYTES = 32


class DataFolder:
    """Layout under `settings.data`. `open()` takes the lock, `close()` gives it back."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: IO[bytes] | None = None

    @property
    def database(self) -> Path:
        """The embedded SQLite file."""
        return self.path / "streamsvc.db"

    @property
    def lessons(self) -> Path:
        """One folder per lesson, with its timeline."""
        return self.path / "lessons"

    @property
    def courseware(self) -> Path:
        """Uploads, and the slides made of them."""
        return self.path / "courseware"

    @property
    def tls(self) -> Path:
        """The local authority and its certificate."""
        return self.path / "tls"

    def open(self) -> None:
        """Make the folder and lock it. Raises EnvironmentFault `data-in-use`, `disk-unwritable`."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("ab")
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path=str(self.path)) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise EnvironmentFault("data-in-use", path=str(self.path)) from error
        self._lock = lock

    def close(self) -> None:
        """Give the lock back. Harmless when it was never taken."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def secret(self) -> bytes:
        """The key that signs grants: made at the first start, readable by this user only. One that
        is too short (a machine that lost power while it was written) is made again: grants are
        valid for ten minutes only."""
        path = self.path / "secret.key"
        if path.exists() and len(kept := path.read_bytes()) == SECRET_BYTES:
            return kept
        made = secrets.token_bytes(SECRET_BYTES)
        write_private(path, made)
        return made
