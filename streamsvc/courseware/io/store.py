"""The courseware folder: uploads, originals, and slide files named by their checksum.

uploads/<id>.part       being received; removed at the next start, unless it comes in pieces
uploads/<id>.json       what is known of one that comes in pieces
originals/<id>          whole, until it is converted
work/<id>/              what LibreOffice writes; removed with the conversion
slides/ab/<sha256>.webp never changed; shared by all courseware with the same picture
"""

import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from streamsvc.base.courseware import SlidePicture
from streamsvc.base.errors import UserError
from streamsvc.base.ids import CoursewareId

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CoursewareFolder:
    """Paths and files below one folder. All methods are blocking."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folders. Raises OSError."""
        for name in ("uploads", "originals", "work", "slides"):
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def upload(self, courseware_id: CoursewareId) -> Path:
        """Where it is received."""
        return self.path / "uploads" / f"{_named(courseware_id)}.part"

    def half(self, upload_id: CoursewareId) -> Path:
        """What is known of one that comes in pieces."""
        return self.path / "uploads" / f"{_named(upload_id)}.json"

    def halves(self) -> list[CoursewareId]:
        """Those that come in pieces."""
        return [CoursewareId(p.stem) for p in (self.path / "uploads").glob("*.json")]

    def expire_halves(self, before: float) -> list[CoursewareId]:
        """Remove those that nothing was added to since then (seconds since the epoch). Which."""
        doomed = [upload_id for upload_id in self.halves() if self._changed_at(upload_id) < before]
        for upload_id in doomed:
            self.upload(upload_id).unlink(missing_ok=True)
            self.half(upload_id).unlink(missing_ok=True)
        return doomed

    def _changed_at(self, upload_id: CoursewareId) -> float:
        try:
            return self.upload(upload_id).stat().st_mtime
        except FileNotFoundError:
            return float("-inf")

    def original(self, courseware_id: CoursewareId) -> Path:
        """Where it waits to be converted."""
        return self.path / "originals" / _named(courseware_id)

    def work(self, courseware_id: CoursewareId) -> Path:
        """Its scratch folder."""
        return self.path / "work" / _named(courseware_id)

    def slide(self, sha256: str) -> Path:
        """A slide's file. Raises UserError `slide-unknown` for a name that is none."""
        if not _SHA256.fullmatch(sha256):
            raise UserError("slide-unknown")
        return self.path / "slides" / sha256[:2] / f"{sha256}.webp"

    def keep_upload(self, courseware_id: CoursewareId) -> None:
        """It is whole: put it among the originals, for good. Raises OSError."""
        self.upload(courseware_id).replace(self.original(courseware_id))
        self.half(courseware_id).unlink(missing_ok=True)
        _sync_folder(self.path / "originals")

    def write_slide(self, data: bytes) -> SlidePicture:
        """Write a slide's file, or find it there already. Raises OSError; then nothing is left."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.slide(sha256)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(f".{sha256}.{os.getpid()}")
            try:
                with temporary.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
        return SlidePicture(sha256, len(data))

    def forget(self, courseware_id: CoursewareId) -> None:
        """Remove everything of it but its slides. Harmless when there is nothing."""
        self.upload(courseware_id).unlink(missing_ok=True)
        self.original(courseware_id).unlink(missing_ok=True)
        shutil.rmtree(self.work(courseware_id), ignore_errors=True)

    def remove_slides(self, checksums: Collection[str]) -> None:
        """Remove these files. Harmless when they are gone."""
        for sha256 in checksums:
            self.slide(sha256).unlink(missing_ok=True)

    def keep_only(self, originals: Collection[CoursewareId], checksums: Collection[str]) -> int:
        """Remove what a crash left behind: unfinished uploads, scratch folders, and files nobody
        knows. How many."""
        halves = set(self.halves())
        uploads = [p for p in (self.path / "uploads").iterdir() if p.stem not in halves]
        doomed = [*uploads, *(self.path / "work").iterdir()]
        doomed += [p for p in (self.path / "originals").iterdir() if p.name not in originals]
        doomed += [p for p in self._slides() if p.stem not in checksums]
        for path in doomed:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(doomed)

    def _slides(self) -> Iterator[Path]:
        """Every file below `slides/`, temporary ones too."""
        for folder in (self.path / "slides").iterdir():
            if folder.is_dir():
                yield from folder.iterdir()

    def free_bytes(self) -> int:
        """Space that an ordinary user may still fill."""
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize


def _named(courseware_id: str) -> str:
    if not _ID.fullmatch(courseware_id):
        raise UserError("courseware-unknown")
    return courseware_id


def _sync_folder(folder: Path) -> None:
    """The name is on disk too, not only the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
