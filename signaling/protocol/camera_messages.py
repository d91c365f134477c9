"""Messages and bodies about several cameras of one lead room. Camera 1 is the lead teacher's own.

Wire form as in `messages.py`.
"""

from typing import Literal

from pydantic import Field

from signaling.protocol.ice import IceServerView
from signaling.protocol.wire import Event, Request, Wire

CameraName = Literal["camera2", "camera3", "camera4"]
ProgramName = Literal["camera1", "camera2", "camera3", "camera4"]
MAX_NAME_CHARS = 20


class CameraView(Wire):
    """One camera beside the teacher's own."""

    camera_id: CameraName
    participant_id: str
    """Who it is, until its link is made anew."""
    name: str
    state: Literal["waiting", "ready", "lost"]
    """waiting: nobody has opened its link yet; lost: its picture stopped coming."""
    trouble: Literal["lossy", "thin"] | None = None
    """lossy: much of its picture is lost on the way; thin: its link takes a small one only."""
    since_ms: int
    """In this state."""
    expires_at_ms: int
    """Until when its link is good."""


class FallbackView(Wire):
    """The camera on program dropped, and the teacher's own took its place by itself."""

    name: str
    at_ms: int


class CamerasView(Wire):
    """Which there are, and whose picture everybody sees."""

    program: ProgramName = "camera1"
    cameras: list[CameraView] = []
    fallback: FallbackView | None = None
    """Until the next choice."""


class CamerasChanged(Event):
    """A camera was added, came, dropped, was removed or chosen: all of them; for staff."""

    type: Literal["cameras_changed"] = "cameras_changed"
    cameras: CamerasView


class ChooseCamera(Request):
    """By the lead teacher: everybody sees this camera's picture from its next key frame on."""

    type: Literal["choose_camera"] = "choose_camera"
    camera: ProgramName


class RemoveCamera(Request):
    """By the lead teacher: its link opens nothing any more."""

    type: Literal["remove_camera"] = "remove_camera"
    camera: CameraName


class NewCamera(Wire):
    """POST /api/lessons/{lesson_id}/cameras"""

    name: str = Field(min_length=1, max_length=MAX_NAME_CHARS)


class CameraLink(Wire):
    """A fresh link for one camera's page: said this once."""

    camera_id: CameraName
    path: str
    """Of the camera's page; what follows the # never reaches a server's log."""
    qr_svg: str
    """The same with this origin."""
    expires_at_ms: int


TallyState = Literal["ready", "next", "on_air", "over"]


class Tally(Wire):
    """GET /api/cameras/tally: all that a camera is told."""

    name: str
    state: TallyState
    """next: it is chosen and the lesson has not begun."""
    whip: str
    """Where it sends its picture to, with `grant`."""
    grant: str
    expires_at_ms: int
    """Of the grant; the next tally brings a fresh one."""
    ice_servers: list[IceServerView]
