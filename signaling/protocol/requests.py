"""What participants may ask of a live lesson, who may ask it, and what then happens."""

from signaling.protocol.board_messages import ClearBoard, Erase, TurnSlide, Undo
from signaling.protocol.camera_messages import ChooseCamera, RemoveCamera
from signaling.protocol.cameras import Cameras
from signaling.protocol.drawing import Drawing
from signaling.protocol.effects import Answer, Asked, EndLessonRecord, StartLessonRecord
from signaling.protocol.floor import Floor
from signaling.protocol.inputs import Participant
from signaling.protocol.lesson_views import MessageView
from signaling.protocol.messages import (
    AcceptStage,
    AnswerQuestion,
    ApproveQuestion,
    CallOnStage,
    CatchUp,
    CatchUpChosen,
    DeclineStage,
    DismissQuestion,
    EndLesson,
    GetSnapshot,
    LetWrite,
    LowerHand,
    MessagePosted,
    MuteStage,
    PostMessage,
    RaiseHand,
    ReturnFromStage,
    StartLesson,
)
from signaling.protocol.questions import Questions
from signaling.protocol.roles import Action, may
from signaling.protocol.roster import Roster
from signaling.protocol.teller import Teller
from signaling.protocol.wire import Request
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import RoomId
from streamsvc.base.media import Slot
from streamsvc.school.records import LessonState, Role

NEEDED: dict[type[Request], tuple[Action, ...]] = {
    StartLesson: (Action.START_LESSON,),
    EndLesson: (Action.END_LESSON,),
    RaiseHand: (Action.RAISE_HAND,),
    LowerHand: (Action.LOWER_HAND, Action.LOWER_ANY_HAND),
    CallOnStage: (Action.CALL_ON_STAGE,),
    AcceptStage: (Action.ANSWER_CALL,),
    DeclineStage: (Action.ANSWER_CALL,),
    ReturnFromStage: (Action.RETURN_FROM_STAGE,),
    MuteStage: (Action.MUTE_STAGE,),
    LetWrite: (Action.USE_BOARD,),
    PostMessage: (Action.POST_MESSAGE,),
    ApproveQuestion: (Action.APPROVE_QUESTION,),
    DismissQuestion: (Action.APPROVE_QUESTION, Action.ANSWER_QUESTION),
    AnswerQuestion: (Action.ANSWER_QUESTION,),
    CatchUp: (Action.CHOOSE_CATCH_UP,),
    ChooseCamera: (Action.CHOOSE_CAMERA,),
    RemoveCamera: (Action.CHOOSE_CAMERA,),
    TurnSlide: (Action.USE_BOARD,),
    Erase: (Action.USE_BOARD, Action.WRITE_ON_STAGE),
    Undo: (Action.USE_BOARD, Action.WRITE_ON_STAGE),
    ClearBoard: (Action.USE_BOARD,),
    GetSnapshot: (Action.ENTER_LESSON,),
}
"""Any one of these actions is enough."""

_LIVE_ONLY = (RaiseHand, CallOnStage)
_ALSO_AFTER_THE_END = (GetSnapshot, EndLesson)


class Requests:
    """Checks and carries out one request at a time, and answers it."""

    def __init__(
        self,
        roster: Roster,
        floor: Floor,
        drawing: Drawing,
        questions: Questions,
        teller: Teller,
        *,
        cameras: Cameras,
    ) -> None:
        self._roster = roster
        self._floor = floor
        self._drawing = drawing
        self._questions = questions
        self._cameras = cameras
        self._teller = teller

    def carry_out(
        self,
        asked: Asked,
        participant: Participant,
        request: Request,
        state: LessonState,
        now_ms: int,
    ) -> None:
        """Do it and answer `done` or `failed`; starting and ending are answered later, when the
        database has agreed."""
        try:
            _check(participant, request, state)
            if isinstance(request, StartLesson | EndLesson):
                self._change_state(asked, request, state)
                return
            self._do(asked, participant, request, now_ms)
        except StreamsvcError as error:
            self._teller.fail(asked.connection_id, asked.request_id, error)
            return
        self._teller.done(asked)

    def _change_state(
        self, asked: Asked, request: StartLesson | EndLesson, state: LessonState
    ) -> None:
        is_start = isinstance(request, StartLesson)
        if state is (LessonState.LIVE if is_start else LessonState.ENDED):
            self._teller.done(asked)
        elif not is_start and state is LessonState.SCHEDULED:
            raise UserError("lesson-not-live")
        elif is_start and not self._floor.holds(Slot.LEAD):
            raise UserError("lead-not-live")
        else:
            self._teller.add(StartLessonRecord(asked) if is_start else EndLessonRecord(asked))

    def _do(self, asked: Asked, participant: Participant, request: Request, now_ms: int) -> None:
        match request:
            case GetSnapshot():
                snapshot = self._teller.picture.snapshot(participant, now_ms)
                self._teller.add(Answer(asked.connection_id, snapshot))
            case RaiseHand():
                self._floor.raise_hand(self._own_room(participant), now_ms)
            case LowerHand():
                self._floor.lower_hand(self._hand_to_lower(participant, request.room_id))
            case CallOnStage():
                self._floor.call(RoomId(request.room_id), now_ms)
            case AcceptStage():
                self._floor.accept(self._own_room(participant), now_ms)
            case DeclineStage():
                self._floor.decline(self._own_room(participant), now_ms)
            case ReturnFromStage():
                by_room = None if participant.may_moderate else self._own_room(participant)
                self._floor.leave(by_room, now_ms)
            case MuteStage():
                self._floor.mute(now_ms, is_muted=request.is_muted)
            case LetWrite():
                self._floor.let_write(now_ms, may_write=request.may_write)
            case PostMessage():
                self._post(participant, request.text, now_ms)
            case CatchUp(choice=choice):
                room_id = self._own_room(participant)
                self._teller.announce(CatchUpChosen, now_ms, room_id=room_id, choice=choice)
            case _:
                self._do_more(participant, request, now_ms)

    def _do_more(self, participant: Participant, request: Request, now_ms: int) -> None:
        match request:
            case ApproveQuestion():
                self._questions.approve(participant, request.question_id, now_ms)
            case DismissQuestion():
                self._questions.dismiss(participant, request.question_id, now_ms)
            case AnswerQuestion():
                self._questions.answer(participant, request.question_id, now_ms)
            case ChooseCamera(camera=camera):
                self._cameras.choose(camera, now_ms)
            case RemoveCamera(camera=camera):
                self._cameras.remove(camera, now_ms)
            case _:
                self._do_on_board(participant, request, now_ms)

    def _do_on_board(self, participant: Participant, request: Request, now_ms: int) -> None:
        writer = self._floor.writer(participant)
        match request:
            case TurnSlide():
                self._drawing.turn(request.slide, now_ms)
            case Erase():
                self._drawing.erase(request.stroke_id, writer, now_ms)
            case Undo():
                self._drawing.undo(writer, now_ms)
            case ClearBoard():
                self._drawing.clear(now_ms)

    def _post(self, participant: Participant, text: str, now_ms: int) -> None:
        is_lead = participant.role is Role.LEAD_TEACHER
        message = MessageView(
            message_id=self._teller.picture.message_count + 1,
            author_name=participant.name,
            author_role="lead_teacher" if is_lead else "helper_teacher",
            room_id=participant.room_id,
            text=text,
            at_ms=now_ms,
        )
        self._teller.announce(MessagePosted, now_ms, message=message)

    def _hand_to_lower(self, participant: Participant, room_id: str | None) -> RoomId:
        if may(participant.role, Action.LOWER_ANY_HAND):
            if room_id is None:
                raise UserError("room-needed")
            return RoomId(room_id)
        own = self._own_room(participant)
        if room_id not in (None, own):
            raise UserError("not-allowed")
        return own

    def _own_room(self, participant: Participant) -> RoomId:
        if participant.room_id is None:
            raise UserError("room-needed")
        return self._roster.seat(participant.room_id).room.id


def _check(participant: Participant, request: Request, state: LessonState) -> None:
    if not any(may(participant.role, action) for action in NEEDED[type(request)]):
        raise UserError("not-allowed")
    if state is LessonState.ENDED and not isinstance(request, _ALSO_AFTER_THE_END):
        raise UserError("lesson-ended")
    if state is LessonState.SCHEDULED and isinstance(request, _LIVE_ONLY):
        raise UserError("lesson-not-live")
