"""Identifiers: opaque strings with a readable prefix, one type per thing.

An id is never parsed; the prefix is for people reading logs. RTP numbers are ints.
"""

import secrets
from typing import NewType

OrganisationId = NewType("OrganisationId", str)
PersonId = NewType("PersonId", str)
RoomId = NewType("RoomId", str)
CourseId = NewType("CourseId", str)
LessonId = NewType("LessonId", str)
RecordingId = NewType("RecordingId", str)
CoursewareId = NewType("CoursewareId", str)
CommentId = NewType("CommentId", str)
CheckId = NewType("CheckId", str)
StreamKeyId = NewType("StreamKeyId", str)
ParticipantId = NewType("ParticipantId", str)
MediaSessionId = NewType("MediaSessionId", str)
"""One WHIP or WHEP resource: one peer, one direction."""

Ssrc = NewType("Ssrc", int)
PayloadType = NewType("PayloadType", int)

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/i/l: ids are read aloud


def new_id(prefix: str, length: int = 12) -> str:
    """Return `prefix_` and `length` random characters (4.95 bits each)."""
    number, characters = secrets.randbelow(len(_ALPHABET) ** length), []
    for _ in range(length):
        number, which = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[which])
    return f"{prefix}_{''.join(characters)}"
