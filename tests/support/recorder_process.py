"""The recorder as a child process, and what a player makes of what it wrote."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import av.error

from tests.support.waiting import until_sync

ROOT = Path(__file__).parents[2]


class RecorderProcess:
    """`python -m recorder` on a data folder; may be killed and started again."""

    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.data_dir = data_dir
        self.socket_path = data_dir / "tap.sock"
        self._settings = {"min_free_bytes": 0, "reopen_seconds": 0.3, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.socket_path.unlink(missing_ok=True)
        options = [f"--{k.replace('_', '-')}={v}" for k, v in self._settings.items()]
        log = (self.data_dir / "recorder.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "recorder", "--socket", str(self.socket_path)]
            + ["--data", str(self.data_dir), "--log-level", "warning", *options],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        log.close()
        until_sync(self.socket_path.exists, 20, "recorder listens")

    def log(self) -> str:
        """What it said so far."""
        return (self.data_dir / "recorder.log").read_text()

    def kill(self) -> None:
        """As the kernel does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def folder(self, recording_id: str = "rec_test") -> Path:
        """A recording's folder."""
        return self.data_dir / "recordings" / recording_id


@dataclass
class Played:
    """What a decoder made of a playlist."""

    pictures: list[float]
    """Their times, seconds on the axis."""
    voice: list[tuple[float, int]]
    """Time and samples of each decoded piece."""
    complaints: list[str]
    """What the decoder had to say."""

    @property
    def voice_seconds(self) -> float:
        """Of sound, all in all."""
        return sum(samples for _, samples in self.voice) / 48_000


def play(playlist: Path) -> Played:
    """Decode all of a local playlist. One that still grows is played as far as it goes."""
    played = Played([], [], [])
    with av.logging.Capture() as complaints, tempfile.TemporaryDirectory() as folder:
        ended = Path(folder) / playlist.name
        ended.write_text(_ended(playlist))
        options = {"allowed_extensions": "ALL"}
        with av.open(str(ended), options=options) as container:
            for packet in container.demux():
                _decode(packet, played)
    played.complaints = [f"{name}: {words}" for level, name, words in complaints if level <= 16]
    return played


def _ended(playlist: Path) -> str:
    """The playlist with whole paths and an end (FFmpeg would wait for more)."""
    here = f"{playlist.parent}/"
    text = playlist.read_text().replace('URI="', f'URI="{here}')
    lines = [line if line.startswith("#") else here + line for line in text.splitlines()]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def _decode(packet: "av.Packet[av.stream.Stream]", played: Played) -> None:
    try:
        frames = packet.decode()
    except av.error.FFmpegError as error:
        played.complaints.append(str(error))
        return
    for frame in frames:
        assert isinstance(frame, av.AudioFrame | av.VideoFrame), "subtitles"
        assert frame.time_base is not None
        seconds = float((frame.pts or 0) * frame.time_base)
        if isinstance(frame, av.AudioFrame):
            played.voice.append((seconds, frame.samples))
        else:
            played.pictures.append(seconds)
