"""Files that only this user may read, whole or not there: keys and certificates."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Write under a temporary name, sync, rename: a service killed at any instant leaves the old
    file or the new one. Raises OSError."""
    temporary = path.with_suffix(path.suffix + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
