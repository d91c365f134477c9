"""The folder of one recording, and files that are whole or not there."""

import json
import os
from pathlib import Path
from typing import Any

from recorder.plan import naming
from streamsvc.base.ids import RecordingId


def write_whole(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write under a temporary name, sync, rename. Raises OSError; nothing is left behind then."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def folder_bytes(folder: Path) -> int:
    """Size of all files below `folder`."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(directory, name)).st_size
            except FileNotFoundError:
                continue
    return total


def free_bytes(folder: Path) -> int:
    """Space that an ordinary user may still fill on the disk of `folder`."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


class RecordingFolder:
    """Paths of one recording, its manifest, and its journal files in order."""

    def __init__(self, data_dir: Path, recording_id: RecordingId) -> None:
        self.recording_id = recording_id
        self.path = data_dir / naming.recording_folder(recording_id)
        self.hls = self.path / naming.HLS

    @property
    def has_manifest(self) -> bool:
        """Whether there is one, sound or not."""
        return (self.path / naming.MANIFEST).exists()

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, or None if there is none."""
        try:
            loaded = json.loads((self.path / naming.MANIFEST).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return loaded if isinstance(loaded, dict) else None

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Replace the manifest. Raises OSError."""
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        write_whole(self.path / naming.MANIFEST, text.encode())

    def runs(self) -> list[Path]:
        """Folders of the runs, oldest first."""
        return sorted(self.path.glob("run-[0-9]*"))

    def begin_run(self) -> Path:
        """Make the folder of the next run. Raises OSError."""
        run = self.path / naming.run_folder(len(self.runs()) + 1)
        run.mkdir(parents=True)
        return run

    def journals(self) -> list[Path]:
        """Journal files of all runs, oldest first."""
        return [
            journal
            for run in self.runs()
            for journal in sorted(run.glob(f"journal-*{naming.JOURNAL_SUFFIX}"))
        ]


def recording_ids(data_dir: Path) -> list[RecordingId]:
    """Every recording that has a manifest."""
    manifests = (data_dir / "recordings").glob(f"*/{naming.MANIFEST}")
    names = sorted(manifest.parent.name for manifest in manifests)
    return [RecordingId(name) for name in names if naming.is_id(name)]
