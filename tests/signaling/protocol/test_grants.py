"""Grants: what is signed is what is read, and nothing else passes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.protocol.grants import GRANT_LIFE_MS, Claims, encode, participant_id, verify
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RoomId
from streamsvc.base.media import Slot
from streamsvc.school.records import Role

SECRET = b"s" * 32
NOW = 1_800_000_000_000
CLAIMS = Claims(
    lesson_id=LessonId("les_1"),
    participant_id=participant_id(LessonId("les_1"), Role.ROOM, None, RoomId("room_1")),
    role=Role.ROOM,
    name="四年级二班",
    person_id=None,
    room_id=RoomId("room_1"),
    may_publish=(Slot.STAGE,),
    may_subscribe=True,
    may_moderate=False,
    expires_at_ms=NOW + GRANT_LIFE_MS,
)


def refused(token: str, secret: bytes = SECRET, now_ms: int = NOW) -> str:
    with pytest.raises(UserError) as caught:
        verify(token, secret, now_ms)
    return caught.value.error_id


@given(name=st.text(max_size=40), slots=st.lists(st.sampled_from(list(Slot)), max_size=3))
def test_what_was_signed_is_read(name: str, slots: list[Slot]) -> None:
    claims = replace(CLAIMS, name=name, may_publish=tuple(slots))
    assert verify(encode(claims, SECRET), SECRET, NOW) == claims


def test_a_grant_ends() -> None:
    token = encode(CLAIMS, SECRET)
    assert verify(token, SECRET, CLAIMS.expires_at_ms - 1) == CLAIMS
    assert refused(token, now_ms=CLAIMS.expires_at_ms) == "grant-expired"


def test_renewal_is_due_at_70_percent() -> None:
    assert CLAIMS.renew_at_ms() - CLAIMS.issued_at_ms() == GRANT_LIFE_MS * 7 // 10


@given(st.data())
def test_no_altered_token_passes(data: st.DataObject) -> None:
    token = encode(CLAIMS, SECRET)
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.characters(codec="ascii"))
    altered = token[:at] + char + token[at + 1 :]
    if altered != token:
        assert refused(altered) == "grant-invalid"


@given(st.text(max_size=300))
def test_rubbish_is_refused(text: str) -> None:
    assert refused(text) in ("grant-invalid", "grant-missing")


def test_another_servers_grant_is_refused() -> None:
    assert refused(encode(CLAIMS, b"other" * 8)) == "grant-invalid"


def test_the_same_room_is_the_same_participant() -> None:
    again = participant_id(LessonId("les_1"), Role.ROOM, None, RoomId("room_1"))
    phone = participant_id(LessonId("les_1"), Role.PHONE, None, RoomId("room_1"))
    assert CLAIMS.participant_id == again != phone
