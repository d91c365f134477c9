"""Files on an endless time axis: as they are, decoded, looped, in step."""

import math
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from relay.client.clip import CAMERA, beeps, draw_clock, write_clip
from relay.client.file_plan import FilePlan, plan_file
from relay.client.played_file import Item, Pace, endless_items, open_tracks
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.media import MediaKind


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> FilePlan:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, CAMERA, duration_seconds=4)
    return plan_file(path)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> FilePlan:
    """MPEG-4 part 2 and MP2 at 1280x720: nothing a browser would take."""
    path = tmp_path_factory.mktemp("foreign") / "lesson.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        audio = container.add_stream("mp2", rate=44_100, layout="stereo")
        for index in range(10):
            picture = VideoFrame.from_ndarray(draw_clock(CAMERA, index / 10), format="rgb24")
            picture = picture.reformat(width=1280, height=720, format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, 10)
            container.mux(video.encode(picture))
        samples = beeps(1)[:44_100]
        for start in range(0, 44_100 - 1152, 1152):
            part = samples[start : start + 1152].repeat(2).reshape(1, -1)
            sound = AudioFrame.from_ndarray(part, format="s16", layout="stereo")
            sound.sample_rate, sound.pts = 44_100, start
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return plan_file(path)


def _items(plan: FilePlan, kind: MediaKind, begin: float, count: int) -> list[Item]:
    stream = next(stream for stream in plan.streams if stream.kind is kind)
    return list(islice(endless_items(plan, stream, begin), count))


def test_clip_is_sent_as_it_is(clip: FilePlan) -> None:
    assert [(stream.kind, stream.is_sent_as_is) for stream in clip.streams] == [
        (MediaKind.VIDEO, True),
        (MediaKind.AUDIO, True),
    ]
    assert clip.period_seconds == 4.0


@pytest.mark.parametrize(("kind", "step"), [(MediaKind.VIDEO, 1 / 15), (MediaKind.AUDIO, 0.02)])
def test_loops_without_a_seam(clip: FilePlan, kind: MediaKind, step: float) -> None:
    seconds = [item.seconds for item in _items(clip, kind, 0.0, round(9 / step))]
    assert seconds[0] == 0.0
    gaps = [later - sooner for sooner, later in zip(seconds, seconds[1:], strict=False)]
    assert all(math.isclose(gap, step, abs_tol=1e-6) for gap in gaps)


def test_joins_at_a_key_frame(clip: FilePlan) -> None:
    first = _items(clip, MediaKind.VIDEO, 9.3, 1)[0]
    assert first.seconds == pytest.approx(10.0)
    assert first.packet.is_keyframe
    assert bytes(first.packet).startswith(b"\x00\x00\x00\x01")


def test_anything_else_is_made_h264(foreign: FilePlan) -> None:
    assert not any(stream.is_sent_as_is for stream in foreign.streams)
    items = _items(foreign, MediaKind.VIDEO, 0.0, 15)
    decoder = av.CodecContext.create("h264", "r")
    pictures = [picture for item in items for picture in decoder.decode(item.packet)]
    assert (pictures[0].width, pictures[0].height) == (960, 540)
    assert len(pictures) == 15
    assert items[10].seconds == pytest.approx(1.0, abs=0.05)
    assert items[10].packet.is_keyframe


def test_sound_is_made_opus(foreign: FilePlan) -> None:
    items = _items(foreign, MediaKind.AUDIO, 0.0, 20)
    decoder = av.CodecContext.create("libopus", "r")
    sounds = [sound for item in items for sound in decoder.decode(item.packet)]
    assert all(sound.samples == 960 for sound in sounds[1:])
    gaps = [later.seconds - sooner.seconds for sooner, later in zip(items, items[1:], strict=False)]
    assert all(math.isclose(gap, 0.02, abs_tol=1e-6) for gap in gaps)


def test_recoding_begins_where_the_lesson_is(foreign: FilePlan) -> None:
    first = _items(foreign, MediaKind.VIDEO, 3.5, 1)[0]
    assert first.seconds == pytest.approx(3.5, abs=0.1)
    assert first.packet.is_keyframe


def test_file_that_is_no_media(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a film")
    with pytest.raises(EnvironmentFault, match="media-file-unreadable"):
        plan_file(path)


def test_pace_waits_until_due_and_forgives_a_stall() -> None:
    pace = Pace()
    assert pace.delay(0.0, now=100.0) == 0.0
    assert pace.delay(2.0, now=100.5) == pytest.approx(1.5)
    assert pace.delay(2.0, now=102.4) == 0.0
    assert pace.delay(2.0, now=110.0) == 0.0
    assert pace.delay(3.0, now=110.0) == pytest.approx(1.0)


async def test_tracks_of_one_file_are_in_step(clip: FilePlan) -> None:
    pace = Pace()
    video, audio = open_tracks(clip, pace)
    picture, sound = await video.recv(), await audio.recv()
    assert (picture.pts, sound.pts) == (0, 0)
    assert (picture.time_base, sound.time_base) == (Fraction(1, 90_000), Fraction(1, 48_000))
