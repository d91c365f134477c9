"""What the converting process says, one JSON object a line. It read a stranger's file: nothing it
says is taken that does not have the right form."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import ProtocolError, StreamsvcError, UserError
from streamsvc.courseware.plan.sizes import MAX_ALT_CHARS

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREVIEW = re.compile(r"data:image/webp;base64,[A-Za-z0-9+/=]{1,677}")
_ERROR_ID = re.compile(r"[a-z0-9-]{3,40}")
MAX_SIDE = 4_096


@dataclass(frozen=True, slots=True)
class Opened:
    """The file can be read and has so many pages."""

    total: int


@dataclass(frozen=True, slots=True)
class Made:
    """A slide's files are in their places."""

    slide: Slide


@dataclass(frozen=True, slots=True)
class Ended:
    """All slides are made."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't become slides."""

    error: StreamsvcError


Report = Opened | Made | Ended | Refused


def line_of(report: Report) -> str:
    """The line that says it."""
    match report:
        case Opened(total):
            said: dict[str, Any] = {"opened": total}
        case Made(slide):
            said = {"slide": asdict(slide)}
        case Ended():
            said = {"ended": True}
        case Refused(error):
            said = {"refused": error.error_id, "details": error.details}
    return json.dumps(said)


def report_of(line: bytes) -> Report:
    """What a line says. Raises ProtocolError `courseware-report-malformed`."""
    try:
        return _report(_object(json.loads(line)))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProtocolError("courseware-report-malformed") from error


def _report(said: dict[str, Any]) -> Report:
    if "slide" in said:
        return Made(_slide(_object(said["slide"])))
    if "opened" in said:
        return Opened(_whole(said["opened"], 1_000_000))
    if "refused" in said:
        given = _object(said["details"])
        details = {str(k): v for k, v in given.items() if isinstance(v, str | int)}
        return Refused(UserError(_like(_ERROR_ID, said["refused"]), **details))
    if said.get("ended") is True:
        return Ended()
    raise ValueError("no report")


def _object(said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def _slide(said: dict[str, Any]) -> Slide:
    return Slide(
        number=_whole(said["number"], 1_000_000),
        width=_whole(said["width"], MAX_SIDE),
        height=_whole(said["height"], MAX_SIDE),
        alt=str(said["alt"])[:MAX_ALT_CHARS],
        preview=_like(_PREVIEW, said["preview"]),
        small=_picture(_object(said["small"])),
        medium=_picture(_object(said["medium"])),
        large=_picture(_object(said["large"])),
    )


def _picture(said: dict[str, Any]) -> SlidePicture:
    return SlidePicture(_like(_SHA256, said["sha256"]), _whole(said["bytes"], 10_000_000))


def _whole(value: object, most: int) -> int:
    if not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError("out of range")
    return value


def _like(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("of another form")
    return value
