"""CPU of the recorder for each live lesson (camera, microphone and screen), in % of one core.

The reference, at the same time and fed the same packets, is a process that only copies what comes
from its sockets into files and syncs them each second.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from streamsvc.base.media import Codec, Slot
from tests.bench.figures import arguments, tell
from tests.support.recorder_process import RecorderProcess
from tests.support.rtp_media import picture_clip, voice_clip
from tests.support.tap_client import Sent, TapClient, TestTrack, schedule

LESSONS = 4
CLIP_SECONDS = 16.0
SETTLE_SECONDS = 3.0
"""Start-up, imports and the first template are not what a lesson costs."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

COPY = """
import os, selectors, socket, sys, time
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
ready = selectors.DefaultSelector(); ready.register(server, selectors.EVENT_READ)
files, synced = {}, time.monotonic()
while True:
    for key, _ in ready.select(0.1):
        if key.fileobj is server:
            tap, _ = server.accept(); ready.register(tap, selectors.EVENT_READ)
            files[tap] = open(f"{sys.argv[1]}.{len(files)}", "wb", buffering=0)
        elif data := key.fileobj.recv(1 << 18):
            files[key.fileobj].write(data)
        else:
            ready.unregister(key.fileobj)
    if time.monotonic() - synced >= 1:
        synced = time.monotonic()
        for file in files.values():
            os.fdatasync(file.fileno())
"""


def lesson_tracks() -> list[TestTrack]:
    """Camera 640x360 at 15 frames/s, voice, screen 1280x720 at 8 frames/s."""
    camera = picture_clip(Codec.H264, CLIP_SECONDS, 15, 640, 360)
    screen = picture_clip(Codec.H264, CLIP_SECONDS, 8, 1280, 720)
    return [
        TestTrack(1, Slot.LEAD, Codec.OPUS, voice_clip(CLIP_SECONDS)),
        TestTrack(2, Slot.LEAD, Codec.H264, camera),
        TestTrack(3, Slot.SCREEN, Codec.H264, screen),
    ]


def cpu_seconds(pid: int) -> float:
    """User and system time so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def teach(socket_paths: list[Path], number: int) -> list[Sent]:
    """Send one lesson in real time to all of them; return what was sent."""
    tracks = lesson_tracks()
    clients = [TapClient(f"rec_{number}") for _ in socket_paths]
    for client, path in zip(clients, socket_paths, strict=True):
        client.wall_ms = clients[0].wall_ms
        client.connect(path, tracks)
    sent = schedule(tracks, clients[0].wall_ms)
    for packet in sent:
        due_seconds = (clients[0].wall_ms + packet.at_ms) / 1000 - time.time()
        if due_seconds > 0:
            time.sleep(due_seconds)
        for client in clients:
            client.packet(packet)
    for client in clients:
        client.disconnect()
    return sent


def measure(folder: Path) -> dict[str, float | int | str]:
    """Run the lessons; figures of the recorder and of the plain copy."""
    lesson_tracks()  # encode before the clock runs
    recorder = RecorderProcess(folder)
    copy_path = folder / "copy"
    copy = subprocess.Popen([sys.executable, "-c", COPY, str(copy_path)])
    recorder.start()
    try:
        while not copy_path.exists():
            time.sleep(0.01)
        return _measure_running(recorder, copy.pid, copy_path)
    finally:
        recorder.kill()
        copy.kill()
        copy.wait()


def _measure_running(
    recorder: RecorderProcess, copy_pid: int, copy_path: Path
) -> dict[str, float | int | str]:
    threads = [
        threading.Thread(target=teach, args=([recorder.socket_path, copy_path], number))
        for number in range(LESSONS)
    ]
    for thread in threads:
        thread.start()
    time.sleep(SETTLE_SECONDS)
    pids = {"recorder": recorder.pid, "copy": copy_pid}
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    began = time.monotonic()
    time.sleep(CLIP_SECONDS - SETTLE_SECONDS - 1)
    seconds = time.monotonic() - began
    spent = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    for thread in threads:
        thread.join()
    packets = len(schedule(lesson_tracks(), 0))
    per_second = packets / CLIP_SECONDS
    share = {name: 100 * value / seconds / LESSONS for name, value in spent.items()}
    return {
        "lessons": LESSONS,
        "packets_per_lesson_second": round(per_second),
        "recorder_core_percent_per_lesson": round(share["recorder"], 2),
        "copy_core_percent_per_lesson": round(share["copy"], 2),
        "recorder_us_per_packet": round(share["recorder"] * 1e4 / per_second, 1),
        "copy_us_per_packet": round(share["copy"] * 1e4 / per_second, 1),
        "ratio_recorder_to_copy": round(share["recorder"] / max(share["copy"], 0.01), 1),
    }


def main() -> None:
    """Print CPU per lesson. One length serves both: `--quick` changes nothing."""
    options = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="rec") as folder:
        tell(measure(Path(folder)), options.json)


if __name__ == "__main__":
    main()
