"""Several cameras of one lead room: who is there, and whose picture everybody sees. Pure.

waiting ── media flows ──► ready ── silent, gone ──► lost ── media flows ──► ready

The choice stands until the next one, or until the chosen camera drops: then the teacher's own
takes its place. A camera that was away for a moment has its place back, once a minute at most;
otherwise it waits for a click: a picture that jumps while she speaks is worse than that.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

from signaling.protocol.camera_messages import (
    CamerasChanged,
    CamerasView,
    CameraView,
    FallbackView,
)
from signaling.protocol.effects import ClosePublication, SetProgram
from signaling.protocol.inputs import (
    CameraAdded,
    CameraSaid,
    CamerasOut,
    Input,
    PublicationClosed,
    PublicationOpened,
    PublicationSilent,
)
from signaling.protocol.teller import Teller
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, ParticipantId
from streamsvc.base.media import CAMERAS, Slot
from streamsvc.base.sessions import PublisherFlow

OWN = "camera1"
RETURNS_WITHIN_MS = 10_000
"""A phone that changed its radio, or a machine that stuttered."""
RETURNS_EVERY_MS = 60_000
LOSSY_AT = 0.1
WORSE_AFTER_MS = 3_000
BETTER_AFTER_MS = 6_000

Trouble = Literal["lossy", "thin"]


def participant_of_link(lesson_id: LessonId, secret: str) -> ParticipantId:
    """Who comes by a link; the lesson knows its camera by this and never keeps the secret."""
    digest = hashlib.sha256("\n".join((lesson_id, "camera", secret)).encode()).hexdigest()
    return ParticipantId(f"par_{digest[:32]}")


class Cameras:
    """What was told is the state; each method tells what it changed."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._thin: set[ParticipantId] = set()
        self._missed: tuple[str, int] | None = None
        """The camera that dropped while on program, and when; until the next choice."""
        self._returned_ms: int | None = None
        self._differs_since_ms: dict[str, int] = {}
        """Since when a camera's trouble is another than was told."""

    @property
    def now(self) -> CamerasView:
        """As told last."""
        return self._teller.picture.cameras

    def find(self, participant_id: str) -> CameraView | None:
        """The camera that came by this link; None when it was removed, or its link made anew."""
        found = (one for one in self.now.cameras if one.participant_id == participant_id)
        return next(found, None)

    def check(self, participant_id: str, now_ms: int) -> CameraView:
        """The same. Raises UserError `camera-unknown`, `camera-link-expired`."""
        camera = self.find(participant_id)
        if camera is None:
            raise UserError("camera-unknown")
        if now_ms >= camera.expires_at_ms:
            raise UserError("camera-link-expired")
        return camera

    def check_room(self) -> None:
        """Raises UserError `cameras-full`."""
        if len(self.now.cameras) >= len(CAMERAS):
            raise UserError("cameras-full", limit=len(CAMERAS) + 1)

    def take(self, input: Input, now_ms: int) -> bool:
        """Whether it was about a camera."""
        match input:
            case PublicationOpened(participant_id, slot) if slot in CAMERAS:
                self.opened(participant_id, slot, now_ms)
            case PublicationClosed(participant_id, slot) if slot in CAMERAS:
                self.closed(participant_id, now_ms)
            case PublicationSilent(slot, silent_ms) if slot in CAMERAS:
                self.silent(slot, silent_ms, now_ms)
            case CameraAdded(name, participant_id, expires_at_ms, None):
                self.add(name, participant_id, expires_at_ms, now_ms)
            case CameraAdded(_, participant_id, expires_at_ms, str(camera_id)):
                self.renew(camera_id, participant_id, expires_at_ms, now_ms)
            case CamerasOut():
                for camera in self.now.cameras:
                    self.remove(camera.camera_id, now_ms)
            case CameraSaid(participant_id, is_thin):
                self.said_thin(participant_id, is_thin=is_thin)
            case _:
                return False
        return True

    # ---- the teacher's choice

    def add(self, name: str, participant_id: str, expires_at_ms: int, now_ms: int) -> None:
        """One more, in the first free slot; nothing where there is none."""
        taken = {one.camera_id for one in self.now.cameras}
        free = next((slot for slot in CAMERAS if slot.value not in taken), None)
        if free is None:
            return
        added = CameraView(
            camera_id=free.value,
            participant_id=participant_id,
            name=name,
            state="waiting",
            since_ms=now_ms,
            expires_at_ms=expires_at_ms,
        )
        cameras = sorted([*self.now.cameras, added], key=lambda one: one.camera_id)
        self._tell(now_ms, cameras=cameras)

    def renew(self, camera_id: str, participant_id: str, expires_at_ms: int, now_ms: int) -> None:
        """Another link: who came by the one before is out. Harmless when it was removed."""
        camera = self._named(camera_id)
        if camera is not None:
            self._leave(camera, now_ms)
            changes = {"participant_id": participant_id, "expires_at_ms": expires_at_ms}
            self._is(camera, now_ms, state="waiting", trouble=None, since_ms=now_ms, **changes)

    def remove(self, camera_id: str, now_ms: int) -> None:
        """Harmless when it is not there."""
        camera = self._named(camera_id)
        if camera is not None:
            self._leave(camera, now_ms)
            left = [one for one in self.now.cameras if one.camera_id != camera_id]
            self._tell(now_ms, cameras=left)

    def choose(self, camera_id: str, now_ms: int) -> None:
        """Put it on program. Raises UserError `camera-unknown`, `camera-not-ready`."""
        if camera_id != OWN:
            camera = self._named(camera_id)
            if camera is None:
                raise UserError("camera-unknown")
            if camera.state != "ready":
                raise UserError("camera-not-ready", name=camera.name)
        self._missed = self._returned_ms = None
        self._tell(now_ms, program=camera_id, fallback=None)

    # ---- what comes

    def opened(self, participant_id: str, slot: Slot, now_ms: int) -> None:
        """Its picture flows."""
        camera = self.find(participant_id)
        if camera is None or camera.camera_id != slot.value:
            self._teller.add(ClosePublication(ParticipantId(participant_id), slot))
        elif camera.state != "ready":
            self._flows(camera, now_ms)

    def closed(self, participant_id: str, now_ms: int) -> None:
        """It went."""
        camera = self.find(participant_id)
        if camera is not None:
            self._drop(camera, now_ms)

    def silent(self, slot: Slot, silent_ms: int | None, now_ms: int) -> None:
        """Its picture stopped so long ago, or (None) flows again."""
        camera = self._named(slot.value)
        if camera is None or camera.state == "waiting":
            return
        if silent_ms is not None:
            self._drop(camera, now_ms)
        elif camera.state == "lost":
            self._flows(camera, now_ms)

    def said_thin(self, participant_id: str, *, is_thin: bool) -> None:
        """Whether its uplink carries less than it has to send, by its own word."""
        if is_thin:
            self._thin.add(ParticipantId(participant_id))
        else:
            self._thin.discard(ParticipantId(participant_id))

    def flowed(self, flows: Iterable[PublisherFlow], now_ms: int) -> None:
        """What came in the last second: trouble is told once it has lasted."""
        by_slot = {flow.slot.value: flow for flow in flows}
        for camera in self.now.cameras:
            flow = by_slot.get(camera.camera_id)
            seen = self._trouble(camera, flow) if camera.state == "ready" else None
            if seen == camera.trouble:
                self._differs_since_ms.pop(camera.camera_id, None)
                continue
            since_ms = self._differs_since_ms.setdefault(camera.camera_id, now_ms)
            if now_ms - since_ms >= (WORSE_AFTER_MS if seen else BETTER_AFTER_MS):
                del self._differs_since_ms[camera.camera_id]
                self._is(camera, now_ms, trouble=seen)

    def restarted(self, now_ms: int) -> None:
        """No media flows after a restart: cameras come back by themselves, the choice is hers."""
        for camera in self.now.cameras:
            self._drop(camera, now_ms)
        self._missed = None

    # ---- inside

    def _flows(self, camera: CameraView, now_ms: int) -> None:
        self._is(camera, now_ms, state="ready", since_ms=now_ms)
        missed, self._missed = self._missed, None
        if missed is None or missed[0] != camera.camera_id:
            self._missed = missed
            return
        was_long = abs(now_ms - missed[1]) > RETURNS_WITHIN_MS
        before = self._returned_ms
        was_often = before is not None and abs(now_ms - before) < RETURNS_EVERY_MS
        if not was_long and not was_often:
            self._returned_ms = now_ms
            self._tell(now_ms, program=camera.camera_id, fallback=None)

    def _trouble(self, camera: CameraView, flow: PublisherFlow | None) -> Trouble | None:
        if flow is not None and flow.fraction_lost >= LOSSY_AT:
            return "lossy"
        return "thin" if camera.participant_id in self._thin else None

    def _leave(self, camera: CameraView, now_ms: int) -> None:
        """Its media is taken; who looked at it sees the teacher's own."""
        whose = ParticipantId(camera.participant_id)
        self._thin.discard(whose)
        if self._missed is not None and self._missed[0] == camera.camera_id:
            self._missed = None
        if self.now.program == camera.camera_id:
            self._tell(now_ms, program=OWN)
        self._teller.add(ClosePublication(whose, Slot(camera.camera_id)))

    def _drop(self, camera: CameraView, now_ms: int) -> None:
        if camera.state != "ready":
            return
        if self.now.program == camera.camera_id:
            self._missed = camera.camera_id, now_ms
            fallback = FallbackView(name=camera.name, at_ms=now_ms)
            self._tell(now_ms, program=OWN, fallback=fallback)
        self._is(camera, now_ms, state="lost", trouble=None, since_ms=now_ms)

    def _named(self, camera_id: str) -> CameraView | None:
        return next((one for one in self.now.cameras if one.camera_id == camera_id), None)

    def _is(self, camera: CameraView, now_ms: int, **changes: object) -> None:
        changed = camera.model_copy(update=changes)
        cameras = [
            changed if one.camera_id == camera.camera_id else one for one in self.now.cameras
        ]
        self._tell(now_ms, cameras=cameras)

    def _tell(self, now_ms: int, **changes: object) -> None:
        view = self.now.model_copy(update=changes)
        if view == self.now:
            return
        if view.program != self.now.program:
            slot = Slot.LEAD if view.program == OWN else Slot(view.program)
            self._teller.add(SetProgram(slot))
        self._teller.announce(CamerasChanged, now_ms, cameras=view)
