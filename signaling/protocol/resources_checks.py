"""Bodies of the checks of rooms."""

from typing import Literal

from pydantic import Field

from signaling.protocol.ice import IceServerView
from signaling.protocol.resources import RoomInfo
from signaling.protocol.wire import Wire

LevelName = Literal["voice", "slides", "low_video", "high_video", "screen_video"]
PartName = Literal[
    "good",
    "skipped",
    "black",
    "frozen",
    "silent",
    "denied",
    "missing",
    "busy",
    "insecure",
    "failed",
]
CheckWayName = Literal["udp", "tcp", "relay", "none"]
SendsName = Literal["nothing", "voice", "stills", "video"]
ProblemName = Literal[
    "no_media",
    "thin_down",
    "thin_up",
    "microphone",
    "echo",
    "camera",
    "loss",
    "tcp",
    "far",
]
DeviceName = Literal["microphone", "echo", "camera"]
ReadinessName = Literal["not_ready", "limited", "ready"]

MOST_BPS = 1_000_000_000
MOST_MS = 120_000


class NewCheck(Wire):
    """POST /api/room/checks"""

    slot: str | None = Field(default=None, min_length=1, max_length=60, pattern=r"^[a-z0-9_:]+$")
    """The unattended check this is, by RoomHome; null: a person asked for it."""


class CheckOpened(Wire):
    """A media loop of the room's own, for a minute: publish, view, ask for bursts, say what came
    of it."""

    check_id: str
    grant: str
    whip: str
    """Takes one voice and one picture."""
    whep: str
    """Gives them back."""
    ice_servers: list[IceServerView]
    expires_at_ms: int
    most_burst_bps: int
    """By the room's policy."""
    bursts: int


class Burst(Wire):
    """POST /api/room/checks/{check_id}/bursts: half a second of packets at this rate."""

    bps: int = Field(ge=50_000, le=2_000_000)


class CheckResult(Wire):
    """PUT /api/room/checks/{check_id}/result: what the page measured. Rates are of media."""

    camera: PartName
    microphone: PartName
    echo: PartName
    way: CheckWayName
    round_trip_ms: int | None = Field(ge=0, le=MOST_MS)
    loss_down: float | None = Field(ge=0, le=1)
    loss_up: float | None = Field(ge=0, le=1)
    down_bps: int | None = Field(ge=0, le=MOST_BPS)
    up_bps: int | None = Field(ge=0, le=MOST_BPS)
    duration_ms: int = Field(ge=0, le=MOST_MS)


class CheckView(Wire):
    """A check that was made, and what follows from it."""

    check_id: str
    at_ms: int
    is_auto: bool
    level: LevelName | None
    """How much of a lesson reaches the room; null: not even the voice."""
    sends: SendsName
    """What the room can be of to the others when it is on stage."""
    readiness: ReadinessName
    problems: list[ProblemName]
    """The gravest first. A device that this check skipped goes by the newest one of the week before
    that looked at it."""
    unseen: list[DeviceName]
    """Devices that none of them looked at."""
    found: CheckResult


class RoomReadiness(Wire):
    """One room of GET /api/checks."""

    room: RoomInfo
    checks: list[CheckView]
    """The newest first, eight at most; none: it was never checked."""
