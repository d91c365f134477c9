"""Questions of those who only watch: asked from a phone, approved by a helper, answered by the lead
teacher. Pure; what is asked and what became of it is in the lesson's picture.

Bounds: 140 characters; one in 30 s and three that wait of one viewer; 60 that wait of one
class, 100 in a lesson.
Drop rule: what is beyond them is refused with a sentence, and nothing that waits is dropped.
"""

from signaling.protocol.inputs import Participant, QuestionAsked
from signaling.protocol.lesson_views import QuestionState, QuestionView
from signaling.protocol.messages import QuestionChanged
from signaling.protocol.picture import sees_question
from signaling.protocol.roster import Roster
from signaling.protocol.teller import Teller
from streamsvc.base.errors import Overload, StreamsvcError, UserError
from streamsvc.base.ids import RoomId

MOST_CHARS = 140
PAUSE_MS = 30_000
MOST_OF_VIEWER = 3
MOST_OF_ROOM = 60
"""So that one class does not take the places of all others."""
MOST_WAITING = 100


class Questions:
    """Asks, approves, answers and dismisses."""

    def __init__(self, roster: Roster, teller: Teller) -> None:
        self._roster = roster
        self._teller = teller

    def of(self, viewer: str) -> list[QuestionView]:
        """What this viewer asked, oldest first."""
        return [q for q in self._all() if q.viewer == viewer]

    def check(self, viewer: str, room_id: RoomId, now_ms: int) -> None:
        """Whether she may ask now, of that class. Raises UserError `question-too-soon`
        (retry_after_seconds), `questions-waiting`; Overload `questions-full`."""
        mine = self.of(viewer)
        if sum(q.state == "waiting" for q in mine) >= MOST_OF_VIEWER:
            raise UserError("questions-waiting", limit=MOST_OF_VIEWER)
        waiting = [q.room_id for q in self._all() if q.state == "waiting"]
        if len(waiting) >= MOST_WAITING or waiting.count(room_id) >= MOST_OF_ROOM:
            raise Overload("questions-full")
        since_ms = abs(now_ms - mine[-1].at_ms) if mine else PAUSE_MS
        if since_ms < PAUSE_MS:
            wait_ms = PAUSE_MS - since_ms
            raise UserError("question-too-soon", retry_after_seconds=-(-wait_ms // 1000))

    def ask(self, asked: QuestionAsked, now_ms: int) -> None:
        """Take it, unless it may not be any more: then its page does not find it and says so."""
        try:
            self.check(asked.viewer, asked.room_id, now_ms)
            room = self._roster.seat(asked.room_id).room
        except StreamsvcError:
            return
        self._tell(
            QuestionView(
                question_id=asked.question_id,
                viewer=asked.viewer,
                room_id=room.id,
                room_name=room.name,
                author_name=asked.author_name,
                text=asked.text,
                at_ms=now_ms,
                state="waiting",
                approved_at_ms=None,
            ),
            now_ms,
        )

    def approve(self, participant: Participant, question_id: str, now_ms: int) -> None:
        """The lead teacher sees it from now on. Raises UserError `question-unknown`."""
        question = self._seen(participant, question_id)
        if question.state == "waiting":
            self._becomes(question, "approved", now_ms)

    def dismiss(self, participant: Participant, question_id: str, now_ms: int) -> None:
        """It goes. Harmless when it was answered. Raises UserError `question-unknown`."""
        question = self._seen(participant, question_id)
        if question.state in ("waiting", "approved"):
            self._becomes(question, "dismissed", now_ms)

    def answer(self, participant: Participant, question_id: str, now_ms: int) -> None:
        """It is answered. Raises UserError `question-unknown`."""
        question = self._seen(participant, question_id)
        if question.state == "approved":
            self._becomes(question, "answered", now_ms)

    def _seen(self, participant: Participant, question_id: str) -> QuestionView:
        question = self._teller.picture.questions.get(question_id)
        if question is None or not sees_question(participant, question):
            raise UserError("question-unknown")
        return question

    def _becomes(self, question: QuestionView, state: QuestionState, now_ms: int) -> None:
        changes: dict[str, object] = {"state": state}
        if state == "approved":
            changes["approved_at_ms"] = now_ms
        self._tell(question.model_copy(update=changes), now_ms)

    def _tell(self, question: QuestionView, now_ms: int) -> None:
        self._teller.announce(QuestionChanged, now_ms, question=question)

    def _all(self) -> list[QuestionView]:
        return list(self._teller.picture.questions.values())
