"""`python -m recorder.io.transcode FOLDER`: makes a finished recording's VP8 playables playable.

A process of its own: it decodes what publishers sent, and may die of it. Prints a JSON line with
`progress`, 0 to 1, now and then. The manifest is written by the recorder, which started it.
"""

import json
import os
import sys
from pathlib import Path

from recorder.io.remux import read_manifest, remux
from recorder.io.store import RecordingFolder
from streamsvc.base.ids import RecordingId

REPORT_STEP = 0.02
NICENESS = 10
"""Live lessons come first."""


class _Progress:
    def __init__(self) -> None:
        self._said = -1.0

    def say(self, share: float) -> None:
        if share - self._said >= REPORT_STEP:
            self._said = share
            print(json.dumps({"progress": round(share, 3)}), flush=True)


def main(path: Path) -> None:
    """Transcode the playables of `path` that are not ready."""
    os.nice(NICENESS)
    folder = RecordingFolder(path.parent.parent, RecordingId(path.name))
    waiting = {track.name for track in read_manifest(folder).tracks if not track.ready}
    remux(path, only=waiting.__contains__, on_progress=_Progress().say)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
