"""Grants: short-lived, signed words of what their bearer may do in one lesson.

    v1 . base64url(JSON of the claims) . base64url(HMAC-SHA256 over the first two parts)

The bearer can read a grant but can't change it. A grant is not a login: it opens one lesson's
events and media for ten minutes, and what it allows is checked again against the live lesson.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, ParticipantId, PersonId, RoomId
from streamsvc.base.media import Slot
from streamsvc.school.records import Role

GRANT_LIFE_MS = 600_000
RENEW_AFTER = 0.7
"""Share of its life after which the events channel hands out the next one."""
MAX_GRANT_CHARS = 2048
KNOWN_GRANTS = 2048
"""Good ones that are not checked again; the one used least lately gives way."""
_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a grant says."""

    lesson_id: LessonId
    participant_id: ParticipantId
    role: Role
    name: str
    person_id: PersonId | None
    room_id: RoomId | None
    may_publish: tuple[Slot, ...]
    may_subscribe: bool
    may_moderate: bool
    expires_at_ms: int

    def issued_at_ms(self) -> int:
        """When it was made: a grant older than a revocation of its bearer is refused."""
        return self.expires_at_ms - GRANT_LIFE_MS

    def renew_at_ms(self) -> int:
        """When the next grant is due."""
        return self.issued_at_ms() + round(GRANT_LIFE_MS * RENEW_AFTER)


def participant_id(
    lesson_id: LessonId, role: Role, person_id: PersonId | None, room_id: RoomId | None
) -> ParticipantId:
    """The same person or device is the same participant of a lesson, also after a reload."""
    words = "\n".join((lesson_id, role, person_id or "", room_id or ""))
    digest = hashlib.sha256(words.encode()).hexdigest()
    return ParticipantId(f"par_{digest[:16]}")


def encode(claims: Claims, secret: bytes) -> str:
    """The signed token."""
    body = json.dumps(_as_json(claims), separators=(",", ":"), ensure_ascii=False)
    signed = f"{_VERSION}.{_b64(body.encode())}"
    return f"{signed}.{_b64(_signature(signed, secret))}"


def verify(token: str, secret: bytes, now_ms: int) -> Claims:
    """The claims of a token of ours. Raises UserError `grant-missing`, `grant-invalid` or
    `grant-expired`."""
    if not token:
        raise UserError("grant-missing")
    claims = _checked(token, secret)
    if now_ms >= claims.expires_at_ms:
        raise UserError("grant-expired")
    return claims


@lru_cache(maxsize=KNOWN_GRANTS)
def _checked(token: str, secret: bytes) -> Claims:
    """Claims of a token whose signature is ours; those that were good are remembered, because a
    viewer who joins shows hers four times. Raises UserError `grant-invalid`."""
    signed, _, signature = token.rpartition(".")
    if len(token) > MAX_GRANT_CHARS or not signed.startswith(f"{_VERSION}."):
        raise UserError("grant-invalid")
    try:
        given = _unb64(signature)
        if not hmac.compare_digest(given, _signature(signed, secret)):
            raise UserError("grant-invalid")
        return _from_json(json.loads(_unb64(signed.partition(".")[2])))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise UserError("grant-invalid") from error


def _signature(signed: str, secret: bytes) -> bytes:
    return hmac.new(secret, signed.encode(), hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    """Strict: one token has one spelling, so no altered copy of it passes."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _b64(data) != text:
        raise ValueError("not canonical base64")
    return data


def _as_json(claims: Claims) -> dict[str, Any]:
    return {
        "l": claims.lesson_id,
        "p": claims.participant_id,
        "r": claims.role.value,
        "n": claims.name,
        "u": claims.person_id,
        "m": claims.room_id,
        "pub": [slot.value for slot in claims.may_publish],
        "sub": claims.may_subscribe,
        "mod": claims.may_moderate,
        "x": claims.expires_at_ms,
    }


def _from_json(value: dict[str, Any]) -> Claims:
    return Claims(
        lesson_id=LessonId(value["l"]),
        participant_id=ParticipantId(value["p"]),
        role=Role(value["r"]),
        name=value["n"],
        person_id=value["u"],
        room_id=value["m"],
        may_publish=tuple(Slot(slot) for slot in value["pub"]),
        may_subscribe=value["sub"] is True,
        may_moderate=value["mod"] is True,
        expires_at_ms=int(value["x"]),
    )
