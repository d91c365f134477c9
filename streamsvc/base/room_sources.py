"""A recorder host or camera of a lead room, as the service's parts speak of it."""

from dataclasses import dataclass

from streamsvc.base.ids import RoomId


@dataclass(frozen=True, slots=True)
class RoomSource:
    """What may be shown of it: neither path nor sign-in, where passwords are."""

    room_id: RoomId
    place: str
    """Such as rtsp://10.1.2.3:554."""
    user: str


@dataclass(frozen=True, slots=True)
class SourceLook:
    """What a source was found to send."""

    picture: str
    """FFmpeg's name of its codec, such as h264; empty: none."""
    width: int
    height: int
    sound: str
    """As `picture`."""
    is_recoded: bool
    """Its picture would be encoded again: browsers don't take it as it is."""
