"""The recording of a live lesson: begun, begun again where it stopped, and told of. Pure."""

from signaling.protocol.catalogue import error_body, error_of
from signaling.protocol.effects import StartRecorder
from signaling.protocol.lesson_views import RecordingView
from signaling.protocol.messages import RecordingChanged
from signaling.protocol.teller import Teller
from streamsvc.base.recordings import RecordingState

RETRY_MS = 10_000


class Recording:
    """One lesson's. `poll` it while the lesson is live."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._tried_at_ms = 0

    def start(self, now_ms: int) -> None:
        """Begin, or begin again."""
        self._tried_at_ms = now_ms
        self._teller.add(StartRecorder())

    def poll(self, now_ms: int) -> None:
        """Where nothing is recorded it is tried again."""
        is_recording = self._teller.picture.recording.state not in ("off", "stopped")
        if not is_recording and abs(now_ms - self._tried_at_ms) >= RETRY_MS:
            self.start(now_ms)

    def reported(self, state: RecordingState, reason: str | None, now_ms: int) -> None:
        """What the recorder says of it; `reason` is an error's id."""
        body = error_body(error_of(reason)) if reason else None
        recording = RecordingView(state=state.value, reason=body)
        if state is RecordingState.STOPPED:
            self._tried_at_ms = now_ms
        if recording != self._teller.picture.recording:
            self._teller.announce(RecordingChanged, now_ms, recording=recording)
