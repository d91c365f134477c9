"""A file's packets once: from a second on, in step, to the end."""

import asyncio
import math
import time
from fractions import Fraction
from pathlib import Path

import av
import pytest
from aiortc.mediastreams import MediaStreamError
from av.video.frame import VideoFrame

from relay.client.clip import CAMERA, write_clip
from relay.client.played_file import FileTrack, Pace
from relay.ingest.file_check import check
from relay.ingest.file_items import is_passed_on, items_once, kinds_of
from streamsvc.base.media import MediaKind

SECONDS = 4


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_clip(path, CAMERA, duration_seconds=SECONDS)
    return path


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key frame in six seconds, and B-frames."""
    path = tmp_path_factory.mktemp("rare") / "rare.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10, options={"g": "1000", "bf": "2"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        for number in range(60):
            frame = VideoFrame(320, 180, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


@pytest.fixture(scope="module")
def recording(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the recorder leaves one: fMP4 segments and their list."""
    path = tmp_path_factory.mktemp("hls") / "index.m3u8"
    options = {"hls_segment_type": "fmp4", "hls_time": "1", "hls_list_size": "0"}
    with av.open(str(film)) as source, av.open(str(path), "w", "hls", options=options) as target:
        made = {one.index: target.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = made[packet.stream_index]
                target.mux(packet)
    return path


@pytest.mark.parametrize("kind", list(MediaKind))
@pytest.mark.parametrize("begin", [0.0, 2.5])
def test_a_recording_of_ours_is_played_like_a_film(
    recording: Path, kind: MediaKind, begin: float
) -> None:
    assert check(recording).seconds == pytest.approx(SECONDS, abs=0.2)
    assert is_passed_on(recording, kind)
    items = list(items_once(recording, kind, begin, is_as_is=True))
    next_segment = math.ceil(begin)
    assert begin <= items[0].seconds <= next_segment + 0.05
    assert items[-1].seconds == pytest.approx(SECONDS, abs=0.2)


@pytest.mark.parametrize("kind", list(MediaKind))
def test_a_film_is_passed_on_from_its_first_packet_to_its_last(film: Path, kind: MediaKind) -> None:
    assert kinds_of(film) == [MediaKind.VIDEO, MediaKind.AUDIO]
    assert is_passed_on(film, kind)
    seconds = [item.seconds for item in items_once(film, kind, 0.0, is_as_is=True)]
    assert seconds == sorted(seconds)
    assert seconds[0] == pytest.approx(0.0, abs=0.03)
    assert seconds[-1] == pytest.approx(SECONDS, abs=0.1)


def test_it_goes_on_with_the_key_frame_before_a_second_at_once(film: Path) -> None:
    items = list(items_once(film, MediaKind.VIDEO, 2.5, is_as_is=True))
    assert items[0].packet.is_keyframe and items[0].seconds == 2.5
    assert bytes(items[0].packet).startswith(b"\x00\x00\x00\x01")
    assert items[-1].seconds == pytest.approx(SECONDS, abs=0.1)


def test_what_browsers_do_not_take_is_encoded_again(rare: Path) -> None:
    assert not is_passed_on(rare, MediaKind.VIDEO)
    items = list(items_once(rare, MediaKind.VIDEO, 0.0, is_as_is=False))
    keys = [item.seconds for item in items if item.packet.is_keyframe]
    assert len(keys) >= 3 and items[-1].seconds == pytest.approx(5.9, abs=0.2)


async def test_a_track_begins_at_its_second_and_ends_with_the_file(film: Path) -> None:
    items = items_once(film, MediaKind.AUDIO, 3.0, is_as_is=True)
    track, began = FileTrack(MediaKind.AUDIO, items, Pace(3.0)), time.monotonic()
    with pytest.raises(MediaStreamError):
        while True:
            await asyncio.wait_for(track.recv(), 5)
    assert 0.8 <= time.monotonic() - began <= 2.5
    assert track.readyState == "ended" and track.at_seconds > 3.8
