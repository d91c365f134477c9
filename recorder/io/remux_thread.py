"""The live remux: a thread that follows one recording's journal. A slow disk or a bad bitstream
holds up this thread only; the journal is its queue."""

import logging
import threading
from collections.abc import Callable

from recorder.io.remux import Remux
from recorder.io.store import RecordingFolder

log = logging.getLogger("recorder.remux")
LOOK_SECONDS = 0.25
RETRY_SECONDS = 1.0


class RemuxThread:
    """Pumps `remux` until `stop()`.

    on_keyframe_wanted(track number) is called on the thread once it has caught up.
    """

    def __init__(
        self, folder: RecordingFolder, remux: Remux, on_keyframe_wanted: Callable[[int], None]
    ) -> None:
        self.remux = remux
        self.failure: str | None = None
        self._folder = folder
        self._on_keyframe_wanted = on_keyframe_wanted
        self._stopped = threading.Event()
        self._known_playables = 0
        self._thread = threading.Thread(target=self._work, name="remux", daemon=True)

    def start(self) -> None:
        """Begin with the oldest record."""
        self._thread.start()

    def stop(self) -> None:
        """End after the record at hand. Blocks until then; harmless when repeated."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        pause_seconds = LOOK_SECONDS
        while not self._stopped.wait(pause_seconds):
            try:
                is_new = self.remux.pump(self._stopped.is_set)
                self._describe()
                if not self._stopped.is_set():
                    self.remux.publish()
                pause_seconds = LOOK_SECONDS
            except OSError as error:
                log.warning("! segments can't be written: %s", error)
                pause_seconds = RETRY_SECONDS
                continue
            except Exception:
                log.exception("! remux failed; the journal goes on and can be remuxed later")
                self.failure = "recording-remux-failed"
                return
            if is_new:
                self._ask_for_keyframes()

    def _ask_for_keyframes(self) -> None:
        for track_number in self.remux.program.wanted_keyframes():
            self._on_keyframe_wanted(track_number)

    def _describe(self) -> None:
        """A new playable is listed as soon as it is there."""
        playables = len(self.remux.program.playables)
        if playables != self._known_playables:
            self.remux.manifest.describe(self.remux.program)
            self._folder.write_manifest(self.remux.manifest.to_json())
            self._known_playables = playables
