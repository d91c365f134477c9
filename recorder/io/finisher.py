"""Ends recordings: the rest of the segments, final playlists, transcoding, the manifest."""

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from recorder.io import manifest as manifests
from recorder.io.manifest import Manifest
from recorder.io.remux import Remux, drop_outdated, read_manifest
from recorder.io.store import RecordingFolder, folder_bytes
from recorder.plan import naming
from recorder.plan.journal import HEADER, ControlRecord, encode
from recorder.plan.runs import ENDED
from streamsvc.base.errors import EnvironmentFault

log = logging.getLogger("recorder.finish")
RETRY_SECONDS = 2.0
TRANSCODE_ATTEMPTS = 2
"""A bitstream that ended the transcoder twice will do it again; the journal is kept."""

ProgressListener = Callable[[float], None]


class Finishing:
    """The ending of one recording. `run()` once; `cancel()` when it is opened again meanwhile."""

    def __init__(
        self, folder: RecordingFolder, remux: Remux | None, on_progress: ProgressListener
    ) -> None:
        self._folder = folder
        self._remux = remux
        self._on_progress = on_progress
        self._canceled = threading.Event()
        self._transcoder: asyncio.subprocess.Process | None = None

    @property
    def is_canceled(self) -> bool:
        """Somebody else ends it."""
        return self._canceled.is_set()

    def cancel(self) -> None:
        """Leave it as it is; the next one begins where this one ended."""
        self._canceled.set()
        if self._transcoder is not None and self._transcoder.returncode is None:
            self._transcoder.kill()

    async def run(self) -> bool:
        """True when the recording is ready. A full disk is waited out."""
        while not self._canceled.is_set():
            try:
                await asyncio.to_thread(self._end_segments)
                return await self._transcode() if not self._canceled.is_set() else False
            except OSError as error:
                log.warning("! %s can't be finished yet: %s", self._folder.recording_id, error)
                await asyncio.sleep(RETRY_SECONDS)
            except EnvironmentFault as fault:
                log.error("! %s can't be finished: %s", self._folder.recording_id, fault)
                return False
            except Exception:
                # a bitstream or a bug of ours: others must be finished all the same
                log.exception("! %s can't be finished", self._folder.recording_id)
                return False
        return False

    def _end_segments(self) -> None:
        """Blocking. Everything playable without transcoding is final afterwards."""
        if self._remux is None:
            known = read_manifest(self._folder)
            drop_outdated(self._folder, known)
            self._remux = Remux(self._folder, known)
        remux = self._remux
        remux.pump(self._canceled.is_set)
        if self._canceled.is_set():
            return
        if not remux.is_ended:
            write_end(self._folder)
            remux.pump()
        remux.end()
        remux.close()
        remux.manifest.describe(remux.program)
        self._note(remux.manifest, manifests.FINISHING)
        self._remux = None

    async def _transcode(self) -> bool:
        manifest = read_manifest(self._folder)
        while any(not track.ready for track in manifest.tracks):
            if manifest.transcode_attempts >= TRANSCODE_ATTEMPTS:
                log.error("! %s can't be transcoded", self._folder.recording_id)
                break
            manifest.transcode_attempts += 1
            self._note(manifest, manifests.FINISHING)
            await self._run_transcoder(manifest)
            if self._canceled.is_set():
                return False
        self._note(manifest, manifests.READY)
        return True

    async def _run_transcoder(self, manifest: Manifest) -> None:
        self._transcoder = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "recorder.io.transcode",
            str(self._folder.path),
            stdout=asyncio.subprocess.PIPE,
        )
        if self._transcoder.stdout is not None:
            async for line in self._transcoder.stdout:
                self._note_progress(manifest, json.loads(line)["progress"])
        if await self._transcoder.wait() == 0:
            for track in manifest.tracks:
                track.ready, track.progress = True, 1.0

    def _note_progress(self, manifest: Manifest, progress: float) -> None:
        for track in manifest.tracks:
            track.progress = 1.0 if track.ready else progress
        self._note(manifest, manifests.FINISHING)
        self._on_progress(progress)

    def _note(self, manifest: Manifest, state: str) -> None:
        manifest.state = state
        if state == manifests.READY:
            manifest.bytes = folder_bytes(self._folder.path)
        self._folder.write_manifest(manifest.to_json())


def write_end(folder: RecordingFolder) -> None:
    """Put down that the runs before are over, though nobody said so. Raises OSError."""
    run = folder.begin_run()
    path: Path = run / naming.journal_file(1)
    with path.open("wb") as file:
        file.write(HEADER + encode(ControlRecord(ENDED, {})))
        file.flush()
        os.fsync(file.fileno())
