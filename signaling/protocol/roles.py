"""Who may do what: the one table of roles and actions.

The table says whether a role may do a thing at all. Whether it may do it to THIS lesson, room or
recording is the school's scoping (`streamsvc.school`) and the live lesson's state.
"""

from enum import StrEnum

from streamsvc.base.media import CAMERAS, Slot
from streamsvc.school.records import Role


class Action(StrEnum):
    """Everything an endpoint or a lesson request does."""

    # staff, over HTTP
    SEE_SELF = "see_self"
    SEE_ORGANISATIONS = "see_organisations"
    ADD_ORGANISATION = "add_organisation"
    SEE_PEOPLE = "see_people"
    ADD_PERSON = "add_person"
    CHANGE_PERSON = "change_person"
    SEE_ROOMS = "see_rooms"
    ADD_ROOM = "add_room"
    SET_ROOM_POLICY = "set_room_policy"
    CHANGE_ROOM_SOURCE = "change_room_source"
    MAKE_ROOM_CODE = "make_room_code"
    SEE_CHECKS = "see_checks"
    REMOVE_ROOM_DEVICE = "remove_room_device"
    MANAGE_WATCH_LINK = "manage_watch_link"
    SEE_COURSES = "see_courses"
    ADD_COURSE = "add_course"
    SEE_LESSONS = "see_lessons"
    ADD_LESSON = "add_lesson"
    CHANGE_LESSON = "change_lesson"
    DELETE_LESSON = "delete_lesson"
    SEE_SUMMARY = "see_summary"
    SEE_RECORDINGS = "see_recordings"
    SHARE_RECORDING = "share_recording"
    COMMENT = "comment"
    CHANGE_COURSEWARE = "change_courseware"
    CHANGE_STREAM_KEYS = "change_stream_keys"
    MANAGE_CAPTION_LINK = "manage_caption_link"
    MAKE_QR = "make_qr"
    # devices, over HTTP
    SEE_ROOM_HOME = "see_room_home"
    MAKE_PAIR_CODE = "make_pair_code"
    LEAVE_ROOM = "leave_room"
    CHECK_ROOM = "check_room"
    SEE_PHONE_HOME = "see_phone_home"
    WATCH = "watch"
    # in a lesson
    ENTER_LESSON = "enter_lesson"
    SUBSCRIBE = "subscribe"
    SEE_COURSEWARE = "see_courseware"
    READ_WINDOW = "read_window"
    PUBLISH_LEAD = "publish_lead"
    PUBLISH_SCREEN = "publish_screen"
    PUBLISH_STAGE = "publish_stage"
    START_LESSON = "start_lesson"
    END_LESSON = "end_lesson"
    RAISE_HAND = "raise_hand"
    LOWER_HAND = "lower_hand"
    LOWER_ANY_HAND = "lower_any_hand"
    CALL_ON_STAGE = "call_on_stage"
    ANSWER_CALL = "answer_call"
    RETURN_FROM_STAGE = "return_from_stage"
    MUTE_STAGE = "mute_stage"
    CHOOSE_CATCH_UP = "choose_catch_up"
    POST_MESSAGE = "post_message"
    READ_MESSAGES = "read_messages"
    SEE_VIEWERS = "see_viewers"
    APPROVE_QUESTION = "approve_question"
    ANSWER_QUESTION = "answer_question"
    SEE_CAPTIONS = "see_captions"
    SEE_ROSTER = "see_roster"
    USE_BOARD = "use_board"
    WRITE_ON_STAGE = "write_on_stage"
    SEE_INK = "see_ink"
    REPORT_LINK = "report_link"
    CHOOSE_CAMERA = "choose_camera"
    PUBLISH_CAMERA = "publish_camera"
    SEE_TALLY = "see_tally"
    SEND_STILL = "send_still"
    SEE_STILL = "see_still"


_STAFF = frozenset(
    {
        Action.SEE_SELF,
        Action.SEE_ORGANISATIONS,
        Action.SEE_ROOMS,
        Action.SEE_CHECKS,
        Action.SEE_COURSES,
        Action.SEE_LESSONS,
        Action.SEE_SUMMARY,
        Action.SEE_RECORDINGS,
        Action.COMMENT,
        Action.MAKE_QR,
        Action.ENTER_LESSON,
        Action.SUBSCRIBE,
        Action.SEE_COURSEWARE,
        Action.SEE_ROSTER,
        Action.SEE_INK,
        Action.SEE_CAPTIONS,
        Action.SEE_VIEWERS,
    }
)

TABLE: dict[Role, frozenset[Action]] = {
    Role.ADMINISTRATOR: _STAFF
    | {
        Action.ADD_ORGANISATION,
        Action.SEE_PEOPLE,
        Action.ADD_PERSON,
        Action.CHANGE_PERSON,
        Action.ADD_ROOM,
        Action.SET_ROOM_POLICY,
        Action.CHANGE_ROOM_SOURCE,
        Action.MAKE_ROOM_CODE,
        Action.REMOVE_ROOM_DEVICE,
        Action.MANAGE_WATCH_LINK,
        Action.ADD_COURSE,
        Action.ADD_LESSON,
        Action.CHANGE_LESSON,
        Action.DELETE_LESSON,
        Action.SHARE_RECORDING,
        Action.CHANGE_COURSEWARE,
        Action.CHANGE_STREAM_KEYS,
        Action.MANAGE_CAPTION_LINK,
        Action.APPROVE_QUESTION,
    },
    Role.LEAD_TEACHER: _STAFF
    | {
        Action.MAKE_ROOM_CODE,
        Action.ADD_COURSE,
        Action.ADD_LESSON,
        Action.CHANGE_LESSON,
        Action.DELETE_LESSON,
        Action.SHARE_RECORDING,
        Action.CHANGE_COURSEWARE,
        Action.CHANGE_STREAM_KEYS,
        Action.MANAGE_CAPTION_LINK,
        Action.PUBLISH_LEAD,
        Action.PUBLISH_SCREEN,
        Action.START_LESSON,
        Action.END_LESSON,
        Action.LOWER_ANY_HAND,
        Action.CALL_ON_STAGE,
        Action.RETURN_FROM_STAGE,
        Action.MUTE_STAGE,
        Action.POST_MESSAGE,
        Action.READ_MESSAGES,
        Action.ANSWER_QUESTION,
        Action.USE_BOARD,
        Action.CHOOSE_CAMERA,
        Action.SEE_STILL,
    },
    Role.HELPER_TEACHER: _STAFF
    | {
        Action.MAKE_ROOM_CODE,
        Action.MANAGE_WATCH_LINK,
        Action.RAISE_HAND,
        Action.LOWER_HAND,
        Action.ANSWER_CALL,
        Action.RETURN_FROM_STAGE,
        Action.CHOOSE_CATCH_UP,
        Action.POST_MESSAGE,
        Action.READ_MESSAGES,
        Action.APPROVE_QUESTION,
    },
    Role.OBSERVER: _STAFF,
    Role.ROOM: frozenset(
        {
            Action.SEE_ROOM_HOME,
            Action.MAKE_PAIR_CODE,
            Action.LEAVE_ROOM,
            Action.CHECK_ROOM,
            Action.MAKE_QR,
            Action.ENTER_LESSON,
            Action.SUBSCRIBE,
            Action.SEE_COURSEWARE,
            Action.READ_WINDOW,
            Action.PUBLISH_STAGE,
            Action.RAISE_HAND,
            Action.LOWER_HAND,
            Action.ANSWER_CALL,
            Action.RETURN_FROM_STAGE,
            Action.WRITE_ON_STAGE,
            Action.SEE_INK,
            Action.SEE_CAPTIONS,
            Action.REPORT_LINK,
            Action.SEND_STILL,
        }
    ),
    Role.PHONE: frozenset(
        {
            Action.SEE_PHONE_HOME,
            Action.ENTER_LESSON,
            Action.SUBSCRIBE,
            Action.SEE_COURSEWARE,
            Action.RAISE_HAND,
            Action.LOWER_HAND,
            Action.ANSWER_CALL,
            Action.RETURN_FROM_STAGE,
            Action.CHOOSE_CATCH_UP,
            Action.POST_MESSAGE,
            Action.READ_MESSAGES,
            Action.APPROVE_QUESTION,
        }
    ),
    Role.VIEWER: frozenset({Action.WATCH}),
    Role.CAMERA: frozenset({Action.PUBLISH_CAMERA, Action.SEE_TALLY}),
    Role.CAPTIONER: frozenset({Action.SUBSCRIBE}),
}

_PUBLISH = {
    Slot.LEAD: Action.PUBLISH_LEAD,
    Slot.SCREEN: Action.PUBLISH_SCREEN,
    Slot.STAGE: Action.PUBLISH_STAGE,
    **dict.fromkeys(CAMERAS, Action.PUBLISH_CAMERA),
}


def may(role: Role | None, action: Action) -> bool:
    """Whether `role` may do `action` at all; None is somebody who is not signed in."""
    return role is not None and action in TABLE[role]


def actions_of(role: Role) -> list[str]:
    """Names of what a role may do, in the table's order, for the pages."""
    return [action.value for action in Action if may(role, action)]


def publishable(role: Role) -> tuple[Slot, ...]:
    """Slots a role may ever fill."""
    return tuple(slot for slot, action in _PUBLISH.items() if may(role, action))
