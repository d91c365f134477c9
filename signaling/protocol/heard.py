"""What a page says over its data channel."""

from pydantic import Field, ValidationError

from signaling.protocol.wire import Wire

MOST_BYTES = 200


class Heard(Wire):
    """By a room over its data channel, when it got something and every 2 s: how far it is."""

    heard: int = Field(ge=0)
    """It has every event up to this number, however it came."""
    packed: bool = True
    """It can unpack zlib (RFC 1950)."""


def read_heard(message: str | bytes) -> Heard | None:
    """None for what makes no sense: nobody is told, the next one may."""
    if len(message) > MOST_BYTES:
        return None
    try:
        return Heard.model_validate_json(message)
    except ValidationError:
        return None
