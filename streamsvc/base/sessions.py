"""Media sessions as relay and signaling both see them: who is connected and what flows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId
from streamsvc.base.media import LadderLevel, MediaKind, Slot

SMALLEST_KBPS = 64
"""The least that may be set as a link's most."""


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """What an administrator knows or wants of a room's link."""

    most_kbps: int | None = None
    """All media together; None: as much as the link takes."""
    is_voice_and_slides: bool = False
    """No pictures, however good the link is."""
    is_satellite: bool = False
    """Far, lossy and unsteady by nature: that alone says nothing about what it can take."""

    @property
    def is_smallest_voice(self) -> bool:
        """Its link hardly takes a voice: it has that as small as it can be made."""
        most_kbps = self.most_kbps
        return self.is_voice_and_slides and most_kbps is not None and most_kbps <= SMALLEST_KBPS


NO_POLICY = LinkPolicy()


class AudienceLack(StrEnum):
    """Why who watches by HTTP has none of the teacher's pictures: ids of errors."""

    LEAD = "no-h264-lead"
    """Hers is no H.264, and is not made H.264 here."""
    LEAD_FULL = "no-h264-lead-full"
    """This server makes as many as it can."""
    SCREEN = "no-h264-screen"
    SCREEN_FULL = "no-h264-screen-full"


class HeldBy(StrEnum):
    """Why a room gets less than there is."""

    LINK = "link"
    SETTING = "setting"
    """The room's policy."""
    SERVER = "server"
    """It is at its limit."""


@dataclass(frozen=True, slots=True)
class LadderPlace:
    """Where a room is on the ladder."""

    level: LadderLevel
    top: LadderLevel
    """What a good link would get of what is published now."""
    held_by: HeldBy


@dataclass(frozen=True, slots=True)
class MediaParty:
    """Who is at the other end of a media session, as far as forwarding must know."""

    lesson_id: LessonId
    participant_id: ParticipantId
    label: str
    origin: str
    """Sound and picture are never sent back to the origin they came from (room or person)."""
    policy: LinkPolicy = NO_POLICY
    """Of its link, when it came."""
    has_channel: bool = False
    """It may have data channels beside its media: a room."""
    sees_cameras: bool = False
    """It chooses among the cameras of the lead room, and so is shown all of them."""
    is_listener: bool = False
    """It is sent the lead's voice and nothing else: who writes captions."""


@dataclass(frozen=True, slots=True)
class MediaAnswer:
    """What a WHIP or WHEP POST returns."""

    session_id: MediaSessionId
    sdp: str
    etag: str
    """Quoted entity tag of the ICE session (RFC 9725 §4.3.1)."""


@dataclass(frozen=True, slots=True)
class TrickleAnswer:
    """What a PATCH returns: nothing for trickle, a fragment and a new tag for an ICE restart."""

    fragment: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class SubscriberFlow:
    """What reached one subscriber lately, from its own receiver reports."""

    session_id: MediaSessionId
    party: MediaParty
    voice_packets: int | None
    """None while no report spoke of any: nothing is known yet."""
    picture_packets: int | None
    fraction_lost: float
    """0 to 1, of the voice."""
    round_trip_ms: float | None
    heard_from_ms_ago: int
    """Since its last authenticated packet of any kind; large when the link is gone."""
    place: LadderPlace | None = None
    """None before anything was sent that could be chosen."""


@dataclass(frozen=True, slots=True)
class PublisherFlow:
    """What arrived from one publisher in the last interval."""

    session_id: MediaSessionId
    party: MediaParty
    slot: Slot
    bitrate_bps: dict[MediaKind, int]
    fraction_lost: float
    keyframe_age_ms: int | None
    heard_from_ms_ago: int


class ClosedBecause(StrEnum):
    """Why a media session ended."""

    ASKED = "asked"
    REPLACED = "replaced"
    SILENT = "silent"
    """No consent (RFC 7675) for 30 s."""
    HANDSHAKE = "handshake"
    LESSON_ENDED = "lesson_ended"
    FAULT = "fault"
    FULL = "full"
    """Of data channels there were as many as may be when it connected."""


class ChannelListener(Protocol):
    """What a page says over its data channel. Called on the event loop; must not block or raise."""

    def heard(self, message: str | bytes) -> None:
        """One message; others may be lost, or come in another order."""

    def ended(self) -> None:
        """It is gone. Called once."""


class RelayListener(Protocol):
    """What the relay reports. Called on the event loop; must not block or raise."""

    def publication_opened(
        self, party: MediaParty, slot: Slot, kinds: frozenset[MediaKind]
    ) -> None:
        """Media of a slot is flowing (first packet of each kind was decrypted)."""

    def publication_closed(self, party: MediaParty, slot: Slot, because: ClosedBecause) -> None:
        """The slot is free again."""

    def publication_silent(self, party: MediaParty, slot: Slot, silent_ms: int | None) -> None:
        """The lead's media stopped so long ago though the slot is held; None: they flow again."""

    def subscriber_connected(self, party: MediaParty, session_id: MediaSessionId) -> None:
        """A viewer's DTLS is up."""

    def subscriber_closed(
        self, party: MediaParty, session_id: MediaSessionId, because: ClosedBecause
    ) -> None:
        """A viewer is gone."""

    def channel_came(self, party: MediaParty, session_id: MediaSessionId) -> ChannelListener | None:
        """A page that `has_channel` opens one of this number. Who listens to it; None: nobody."""
