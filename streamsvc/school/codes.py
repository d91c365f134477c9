"""Join codes, pair secrets and sign-in tokens: how they are made, and how long they hold.

Only a six-digit code can be guessed; `tries.py` sees to it that guessing is no use.
"""

import hashlib
import secrets

from streamsvc.base.ids import new_id
from streamsvc.school.records import SignInKind

JOIN_CODES = 1_000_000
"""How many there are: six digits."""
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
JOIN_CODE_LIFETIME_MS = 15 * MINUTE_MS
PAIR_LIFETIME_MS = 10 * MINUTE_MS
LESSON_KEY_GRACE_MS = 2 * HOUR_MS
TEACHER_KEY_LIFETIME_MS = 183 * DAY_MS
"""A term, and its holidays."""
STREAM_KEYS_PER_TEACHER = 10
"""That are good at once."""
PAIRS_PER_ROOM = 3
"""Pair secrets of a room that are good at once; asking for one more drops the oldest."""
WATCH_LINK_LIFETIME_MS = 200 * DAY_MS
"""A term and its holidays; a class gets a fresh link for the next one."""
VIEWERS_PER_ROOM = 5_000
"""Devices that hold a class's link at once; one more signs the oldest out."""

SIGN_IN_LIFETIME_MS = {
    SignInKind.STAFF: 12 * HOUR_MS,
    SignInKind.ROOM: 365 * DAY_MS,
    SignInKind.PHONE: 12 * HOUR_MS,
    SignInKind.VIEWER: 30 * DAY_MS,
}
"""How long a token holds. All but a phone's are extended by being used: a phone is somebody's own
and goes home with her, so it ends with the school day."""


def new_join_code() -> str:
    """Six digits by chance."""
    return f"{secrets.randbelow(JOIN_CODES):06d}"


def new_pair_secret() -> str:
    """160 bits, safe in a URL."""
    return secrets.token_urlsafe(20)


def new_stream_key() -> str:
    """99 bits in four groups of five, for keyboards of phones and remote controls."""
    word = new_id("k", 20).partition("_")[2]
    return "-".join(word[place : place + 5] for place in range(0, len(word), 5))


def stream_key_expires_at_ms(now_ms: int, planned_end_ms: int | None) -> int:
    """Of a lesson's key two hours after its planned end, or after now if that is later; of a
    teacher's (None) after half a year."""
    if planned_end_ms is None:
        return now_ms + TEACHER_KEY_LIFETIME_MS
    return max(now_ms, planned_end_ms) + LESSON_KEY_GRACE_MS


def new_watch_key() -> str:
    """160 bits, safe in a URL."""
    return secrets.token_urlsafe(20)


def new_caption_key() -> str:
    """160 bits, safe in a URL and in a header."""
    return secrets.token_urlsafe(20)


def caption_link_expires_at_ms(now_ms: int, planned_end_ms: int) -> int:
    """Two hours after the lesson's planned end, or after now if that is later."""
    return max(now_ms, planned_end_ms) + LESSON_KEY_GRACE_MS


def new_token() -> str:
    """256 bits, safe in a cookie."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is stored of a secret (SHA-256, hex): enough to know it again, useless to a thief. A
    secret of 160 bits and more needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def expires_at_ms(kind: SignInKind, now_ms: int) -> int:
    """End of a sign-in made now."""
    return now_ms + SIGN_IN_LIFETIME_MS[kind]


def is_renewal_due(kind: SignInKind, expires_ms: int, now_ms: int) -> bool:
    """True when using the token should extend it: not at each request, but when a twentieth of its
    life has passed, so that the database is not written to by every click."""
    if kind is SignInKind.PHONE:
        return False
    return expires_at_ms(kind, now_ms) - expires_ms >= SIGN_IN_LIFETIME_MS[kind] // 20
