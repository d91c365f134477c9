"""A broadcast made of files, as `LiveAudience` promises it: HLS with the board beside it.

Two renditions of a moving picture and a tone, one segment a second, at real time from `start` on.
The board's files are named from the lesson's timeline.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream
from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.responses import Response

from signaling.io.nobody_watches import NobodyWatches
from signaling.protocol.replay import board_events
from streamsvc.base.ids import LessonId

RATE = 10
TONE_RATE = 48_000
FRAME_SAMPLES = 1024
SEGMENT_SECONDS = 1


def make_media(folder: Path, seconds: int, size: tuple[int, int] = (320, 240)) -> None:
    """`init.mp4` and `seg0.m4s`, `seg1.m4s`, ... of one second each."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "hls_segment_type": "fmp4",
        "hls_time": str(SEGMENT_SECONDS),
        "hls_list_size": "0",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(folder / "seg%d.m4s"),
    }
    with av.open(str(folder / "made.m3u8"), "w", format="hls", options=options) as out:
        picture = out.add_stream("libx264", rate=RATE)
        picture.width, picture.height = size
        picture.pix_fmt = "yuv420p"
        picture.options = {"preset": "ultrafast", "g": str(RATE), "bf": "0", "sc_threshold": "0"}
        sound = out.add_stream("aac", rate=TONE_RATE)
        sound.layout = "mono"
        for second in range(seconds):
            for packet in _second(picture, sound, second, size):
                out.mux(packet)
        for stream in (picture, sound):
            out.mux(stream.encode(None))


def _second(
    picture: VideoStream, sound: AudioStream, second: int, size: tuple[int, int]
) -> "Iterator[Packet[Any]]":
    """Encoded packets of one second of both."""
    width, height = size
    for n in range(second * RATE, (second + 1) * RATE):
        image = np.full((height, width, 3), (12, 112, 89), np.uint8)
        left = (n * 4) % (width - 40)
        image[height // 3 : height // 3 + 40, left : left + 40] = (248, 201, 110)
        frame = av.VideoFrame.from_ndarray(image, "rgb24")
        frame.pts, frame.time_base = n, Fraction(1, RATE)
        yield from picture.encode(frame)
    first = math.ceil(second * TONE_RATE / FRAME_SAMPLES)
    last = math.ceil((second + 1) * TONE_RATE / FRAME_SAMPLES)
    for n in range(first, last):
        at = np.arange(n * FRAME_SAMPLES, (n + 1) * FRAME_SAMPLES) / TONE_RATE
        wave = (0.1 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)
        tone = av.AudioFrame.from_ndarray(wave.reshape(1, -1), "fltp", "mono")
        tone.sample_rate, tone.pts = TONE_RATE, n * FRAME_SAMPLES
        tone.time_base = Fraction(1, TONE_RATE)
        yield from sound.encode(tone)


class Broadcast(NobodyWatches):
    """LiveAudience, and the origin of its files."""

    def __init__(self, folder: Path, lines: Callable[[LessonId], list[str]]) -> None:
        self._folder = folder
        self._lines = lines
        self.began_at: float | None = None
        self.is_refused = False
        """Addresses are no good any more: what an expired signature brings."""
        self.router = APIRouter()
        self.router.add_api_route("/aired/{until}/{lesson_id}/{path:path}", self._file)
        for route in self.router.routes:
            route.endpoint.__dict__["public"] = "the signature is in the path"  # type: ignore[attr-defined]

    def start(self) -> None:
        """On air from now on."""
        self.began_at = time.time()

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        """LiveAudience."""
        return None if self.began_at is None else f"/aired/{until}/{lesson_id}/main.m3u8"

    async def _file(self, until: str, lesson_id: str, path: str) -> Response:
        if self.is_refused or self.began_at is None:
            return PlainTextResponse("", 403)
        if path == "main.m3u8":
            return PlainTextResponse(MAIN, media_type="application/vnd.apple.mpegurl")
        if path in ("low.m3u8", "high.m3u8"):
            text = self._media_playlist(LessonId(lesson_id))
            return PlainTextResponse(text, media_type="application/vnd.apple.mpegurl")
        if path.startswith("board/"):
            return self._board_file(LessonId(lesson_id), path)
        file = self._folder / Path(path).name
        return FileResponse(file) if file.is_file() else PlainTextResponse("", 404)

    def _media_playlist(self, lesson_id: LessonId) -> str:
        assert self.began_at is not None
        count = int((time.time() - self.began_at) / SEGMENT_SECONDS)
        lines = [
            *("#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}"),
            *("#EXT-X-MEDIA-SEQUENCE:0", '#EXT-X-MAP:URI="init.mp4"'),
            self._range("streamsvc.board.state", "state", self.began_at, "board/state-000000.json"),
        ]
        for n, event in enumerate(self._events(lesson_id)):
            at = max(event["at_ms"] / 1000, self.began_at)
            lines.append(self._range("streamsvc.board", f"b{n}", at, f"board/{n:06}.json"))
        for n, (at_ms, _) in enumerate(self._captions(lesson_id)):
            file = f"board/captions-{n:06}.json"
            lines.append(self._range("streamsvc.caption", f"c{n}", at_ms / 1000, file))
        for n in range(count):
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_iso(self.began_at + n * SEGMENT_SECONDS)}")
            lines += [f"#EXTINF:{SEGMENT_SECONDS}.0,", f"seg{n}.m4s"]
        return "\n".join(lines) + "\n"

    def _events(self, lesson_id: LessonId) -> list[dict[str, Any]]:
        return [event.model_dump(mode="json") for event in board_events(self._lines(lesson_id), 0)]

    def _captions(self, lesson_id: LessonId) -> list[tuple[int, Any]]:
        told = [json.loads(line) for line in self._lines(lesson_id) if "caption_said" in line]
        return [(event["at_ms"], event["caption"]) for event in told]

    def _board_file(self, lesson_id: LessonId, path: str) -> Response:
        if "captions" in path:
            return JSONResponse([self._captions(lesson_id)[int(path[-11:-5])][1]])
        if "state" in path:
            return JSONResponse({"slide": None, "strokes": []})
        return JSONResponse([self._events(lesson_id)[int(Path(path).stem)]])

    def _range(self, kind: str, name: str, at: float, file: str) -> str:
        return (
            f'#EXT-X-DATERANGE:ID="{name}",CLASS="{kind}",START-DATE="{_iso(at)}",'
            f"X-FILE={json.dumps(file)}"
        )


MAIN = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=70000,RESOLUTION=320x240,CODECS="avc1.42c00d,mp4a.40.2"
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=1280x720,CODECS="avc1.42c00d,mp4a.40.2"
high.m3u8
"""


def _iso(at: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return f"{whole}.{int(at * 1000) % 1000:03}Z"


def whole_playlist(seconds: int, began_at: float) -> str:
    """All segments, of a broadcast that is over."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}"]
    lines += ["#EXT-X-PLAYLIST-TYPE:VOD", '#EXT-X-MAP:URI="init.mp4"']
    for n in range(seconds):
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_iso(began_at + n * SEGMENT_SECONDS)}")
        lines += [f"#EXTINF:{SEGMENT_SECONDS}.0,", f"seg{n}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"
