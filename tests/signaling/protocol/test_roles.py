"""The table of roles and actions."""

from signaling.protocol.requests import NEEDED
from signaling.protocol.roles import TABLE, Action, actions_of, may, publishable
from signaling.protocol.schema import client_messages
from signaling.protocol.wire import Request
from streamsvc.base.media import Slot
from streamsvc.school.records import Role


def test_every_role_and_every_action_is_in_the_table() -> None:
    assert set(TABLE) == set(Role)
    assert set().union(*TABLE.values()) == set(Action)


def test_nobody_who_is_not_signed_in_may_do_anything() -> None:
    assert not any(may(None, action) for action in Action)


def test_every_request_names_its_action() -> None:
    requests = {model for model in client_messages() if issubclass(model, Request)}
    assert set(NEEDED) == requests


def test_media_rights() -> None:
    assert publishable(Role.LEAD_TEACHER) == (Slot.LEAD, Slot.SCREEN)
    assert publishable(Role.ROOM) == (Slot.STAGE,)
    for role in (Role.ADMINISTRATOR, Role.OBSERVER, Role.HELPER_TEACHER, Role.PHONE):
        assert publishable(role) == ()


def test_pupils_screens_read_no_messages() -> None:
    assert not may(Role.ROOM, Action.READ_MESSAGES)
    assert "post_message" in actions_of(Role.PHONE)
