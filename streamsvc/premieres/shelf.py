"""The films on disk: `<data>/premieres/<lesson_id>/`, with `plan.json`, `progress.json` and, unless
it is a recording of ours, `film`. Blocking; every file is replaced whole."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from streamsvc.base.ids import LessonId, RecordingId, new_id
from streamsvc.base.premieres import Premiere, PremiereState

_ENDS = {
    "taken_over": PremiereState.TAKEN_OVER,
    "file_over": PremiereState.OVER,
    "lesson_ended": PremiereState.OVER,
}


class PremiereShelf:
    """Plans and films under `folder`; recordings under `recordings`."""

    def __init__(self, folder: Path, recordings: Path) -> None:
        self.folder = folder
        self._recordings = recordings

    def plans(self) -> Iterator[Premiere]:
        """Every one that can be read. Of uploads those in pieces outlive a restart."""
        for part in self.folder.glob("*/film-*.part"):
            if not part.with_suffix(".json").exists():
                part.unlink(missing_ok=True)
        for file in sorted(self.folder.glob("*/plan.json")):
            told = _read(file)
            try:
                yield _premiere(LessonId(file.parent.name), told)
            except (KeyError, TypeError, ValueError):
                continue  # of another version, or of a torn disk

    def keep(self, premiere: Premiere) -> None:
        """Its plan, from its beginning."""
        place = self._place(premiere.lesson_id)
        place.mkdir(parents=True, exist_ok=True)
        told = asdict(replace(premiere, at_seconds=0.0))
        told.pop("lesson_id")
        part = place / "plan.json.part"
        part.write_text(json.dumps(told, ensure_ascii=False))
        part.replace(place / "plan.json")

    def progressed(self, premiere: Premiere) -> Premiere:
        """As the process that plays it says."""
        told = _read(self.progress(premiere.lesson_id))
        try:
            at_seconds, end = float(told["at_seconds"]), told.get("end")
        except (KeyError, TypeError, ValueError):
            return premiere
        is_error = isinstance(end, str) and end not in _ENDS
        is_on_air = told.get("is_on_air") is not False
        playing = PremiereState.ON_AIR if is_on_air else PremiereState.WAITING
        state = playing if end is None else _ENDS.get(str(end), PremiereState.FAILED)
        error_id = str(end) if is_error else None
        return replace(premiere, at_seconds=at_seconds, state=state, error_id=error_id)

    def film(self, premiere: Premiere) -> Path:
        """What is played."""
        if premiere.recording_id is None:
            return self._place(premiere.lesson_id) / "film"
        return self.recording(premiere.recording_id)

    def recording(self, recording_id: RecordingId) -> Path:
        """The lead's picture and voice of a recording."""
        return self._recordings / recording_id / "hls" / "lead" / "index.m3u8"

    def progress(self, lesson_id: LessonId) -> Path:
        """Where the process that plays it says how far it is."""
        return self._place(lesson_id) / "progress.json"

    def note(self, lesson_id: LessonId) -> Path:
        """Where it keeps its open session, for the process in its place."""
        return self._place(lesson_id) / "session"

    def part(self, lesson_id: LessonId) -> Path:
        """Where an upload grows, each in a file of its own: a former film stays until it is whole
        and well, and one that was cut off does not harm its repetition."""
        place = self._place(lesson_id)
        place.mkdir(parents=True, exist_ok=True)
        return place / f"film-{new_id('up')}.part"

    def upload(self, lesson_id: LessonId, upload_id: str) -> Path:
        """Where one in pieces grows. Raises ValueError for what is no id."""
        if not upload_id.replace("_", "").isalnum():
            raise ValueError(f"no upload's id: {upload_id!r}")
        return self._place(lesson_id) / f"film-{upload_id}.part"

    def has_room(self, count: int, least_free_bytes: int) -> bool:
        """For so many bytes more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.folder).free - count >= least_free_bytes

    def write(self, file: IO[bytes], block: bytes, least_free_bytes: int) -> bool:
        """False where the disk has no room for it."""
        if shutil.disk_usage(self.folder).free - len(block) < least_free_bytes:
            return False
        file.write(block)
        return True

    def take_part(self, lesson_id: LessonId, part: Path) -> None:
        """The upload is the film now."""
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(part.with_name("film"))
        self.progress(lesson_id).unlink(missing_ok=True)

    def let_film_go(self, premiere: Premiere) -> None:
        """It was played: its lesson was recorded like any other."""
        if premiere.recording_id is None:
            self.film(premiere).unlink(missing_ok=True)

    def forget(self, lesson_id: LessonId) -> None:
        """All of it. Harmless when there is none."""
        shutil.rmtree(self._place(lesson_id), ignore_errors=True)

    def _place(self, lesson_id: LessonId) -> Path:
        if not lesson_id.replace("_", "").isalnum():
            raise ValueError(f"no lesson's id: {lesson_id!r}")
        return self.folder / lesson_id


def _premiere(lesson_id: LessonId, told: dict[str, Any]) -> Premiere:
    state = PremiereState(told.pop("state"))
    return Premiere(lesson_id=lesson_id, state=state, **told)


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
