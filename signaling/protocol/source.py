"""The source that teaches a lesson in place of a browser: what is told of it. Pure."""

from signaling.protocol.catalogue import error_body
from signaling.protocol.effects import StartLessonRecord
from signaling.protocol.inputs import SourceReported
from signaling.protocol.lesson_views import SourceView
from signaling.protocol.messages import SourceChanged
from signaling.protocol.teller import Teller
from streamsvc.school.records import Lesson, LessonState

FORGOTTEN_AFTER_MS = 15_000
"""A source that is on air or connects is gone when nothing was heard of it for so long."""
MISSED_FOR_MS = 600_000
"""One that broke off is waited for, and its error told, for so long."""
START_AGAIN_AFTER_MS = 10_000


class Source:
    """One at most; the newest report counts."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._heard_ms = 0
        self._asked_start_ms: int | None = None

    def reported(self, report: SourceReported, now_ms: int) -> None:
        """How it is. What was told already is not told again."""
        self._heard_ms = now_ms
        told = self._teller.picture.source
        view = SourceView(
            kind=report.kind,
            state=report.state,
            error=None if report.error is None else error_body(report.error),
            is_recoded=report.is_recoded,
            since_ms=now_ms,
        )
        if told is None or view != told.model_copy(update={"since_ms": now_ms}):
            self._teller.announce(SourceChanged, now_ms, source=view)

    def gone(self, now_ms: int) -> None:
        """There is none any more."""
        if self._teller.picture.source is not None:
            self._teller.announce(SourceChanged, now_ms, source=None)

    def poll(self, lesson: Lesson, now_ms: int, *, is_lead: bool) -> None:
        """Forget one that nobody speaks for; start the lesson of one that is on air on time:
        nobody may be at a page who would."""
        told = self._teller.picture.source
        if told is None:
            return
        kept_ms = MISSED_FOR_MS if told.state == "waiting" else FORGOTTEN_AFTER_MS
        if abs(now_ms - self._heard_ms) > kept_ms:
            self.gone(now_ms)
            return
        is_due = lesson.state is LessonState.SCHEDULED and now_ms >= lesson.scheduled_start_ms
        if told.state == "on_air" and is_lead and is_due and self._may_ask(now_ms):
            self._asked_start_ms = now_ms
            self._teller.add(StartLessonRecord(None))

    def _may_ask(self, now_ms: int) -> bool:
        asked = self._asked_start_ms
        return asked is None or abs(now_ms - asked) >= START_AGAIN_AFTER_MS
