"""The sources on disk, readable by this user alone: `<data>/room_sources/rooms/<room_id>.json` with
address and sign-in, and `lessons/<lesson_id>.json` with the room that a lesson is taught from.
Blocking; every file is replaced whole."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from streamsvc.base.ids import LessonId, RoomId
from streamsvc.private_file import write_private


@dataclass(frozen=True, slots=True)
class Secret:
    """All of a source; never logged, never shown."""

    address: str = field(repr=False)
    user: str = field(repr=False)
    password: str = field(repr=False)


class RoomSourceShelf:
    """Under `folder`, which it makes for this user alone."""

    def __init__(self, folder: Path) -> None:
        self._rooms, self._lessons = folder / "rooms", folder / "lessons"

    def keep(self, room_id: RoomId, secret: Secret) -> None:
        """In place of the former."""
        _write(_file(self._rooms, room_id), asdict(secret))

    def secret(self, room_id: RoomId) -> Secret | None:
        """None: it has no source."""
        try:
            return Secret(**_read(_file(self._rooms, room_id)))
        except TypeError:
            return None

    def remove(self, room_id: RoomId) -> None:
        """Harmless when there is none."""
        _file(self._rooms, room_id).unlink(missing_ok=True)

    def choose(self, lesson_id: LessonId, room_id: RoomId) -> None:
        """The lesson is taught from this room."""
        _write(_file(self._lessons, lesson_id), {"room_id": room_id})

    def chosen(self) -> Iterator[tuple[LessonId, RoomId]]:
        """Every lesson that is taught from a room."""
        for file in sorted(self._lessons.glob("*.json")):
            room_id = _read(file).get("room_id")
            if isinstance(room_id, str):
                yield LessonId(file.stem), RoomId(room_id)

    def progress(self, lesson_id: LessonId) -> Path:
        """Where the process that pulls says that it is over."""
        return _file(self._lessons, lesson_id).with_suffix(".progress")

    def note(self, lesson_id: LessonId) -> Path:
        """Where it keeps its open session, for the process in its place."""
        return _file(self._lessons, lesson_id).with_suffix(".session")

    def is_over(self, lesson_id: LessonId) -> bool:
        """The process that pulls has said so."""
        return _read(self.progress(lesson_id)).get("end") is not None

    def forget(self, lesson_id: LessonId) -> None:
        """It is not taught from a room any more. Harmless when it was not."""
        for file in self._lessons.glob(f"{_file(self._lessons, lesson_id).stem}.*"):
            file.unlink(missing_ok=True)


def _file(folder: Path, name: str) -> Path:
    if not name.replace("_", "").isalnum():
        raise ValueError(f"no id: {name!r}")
    return folder / f"{name}.json"


def _write(file: Path, told: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, json.dumps(told).encode())


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
