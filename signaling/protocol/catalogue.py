"""Every error id, with its HTTP status, WebSocket close code and sentences. The one place where an
error becomes words; a test looks through the source for ids that have no entry."""

from collections.abc import Mapping

from signaling.protocol.lesson_views import ErrorBody, Sentence
from signaling.protocol.sentences.cameras import CAMERAS
from signaling.protocol.sentences.captions import CAPTIONS
from signaling.protocol.sentences.checks import CHECKS
from signaling.protocol.sentences.courseware import COURSEWARE
from signaling.protocol.sentences.entry import Entry
from signaling.protocol.sentences.lesson import LESSON
from signaling.protocol.sentences.live import LIVE
from signaling.protocol.sentences.media import MEDIA
from signaling.protocol.sentences.school import SCHOOL
from signaling.protocol.sentences.service import SERVICE
from signaling.protocol.sentences.sources import SOURCES
from signaling.protocol.sentences.watch import WATCH
from streamsvc.base.errors import StreamsvcError, UserError

CATALOGUE: dict[str, Entry] = (
    SCHOOL | LESSON | WATCH | CAPTIONS | COURSEWARE | CHECKS | MEDIA | LIVE
) | (SOURCES | CAMERAS | SERVICE)

CLOSE_NORMAL = 1000
CLOSE_GOING_AWAY = 1001
CLOSE_LEFT = 4000
"""A page closes with this (or with 1001, as browsers do) when it leaves on purpose."""


def entry_of(error_id: str) -> Entry:
    """Its entry; that of `internal` for an id nobody described."""
    return CATALOGUE.get(error_id) or CATALOGUE["internal"]


def error_body(error: StreamsvcError) -> ErrorBody:
    """The error as every client gets it."""
    details = {name: _sendable(value) for name, value in error.details.items()}
    return ErrorBody(id=error.error_id, message=sentence(error.error_id, details), details=details)


def _sendable(value: str | int | float) -> str | int | float:
    """A detail may be the client's own words: half a surrogate pair in them has no UTF-8."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def error_of(error_id: str) -> StreamsvcError:
    """An error that is known only by its id (a recorder's reason)."""
    return UserError(error_id)


def sentence(error_id: str, details: Mapping[str, str | int | float]) -> Sentence:
    """Its sentences with the details filled in."""
    entry, words = entry_of(error_id), _Words(details)
    return Sentence(zh_cn=entry.zh_cn.format_map(words), en=entry.en.format_map(words))


class _Words(dict[str, str | int | float]):
    """A detail that is not given leaves a mark instead of failing while an error is told."""

    def __missing__(self, name: str) -> str:
        return "…"
