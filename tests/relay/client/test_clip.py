"""The generated clip: what it shows, what it sounds like, and that it is made once."""

from pathlib import Path

import av
import numpy as np
import pytest

from relay.client.clip import (
    BAR_COLORS,
    CAMERA,
    SAMPLE_RATE,
    SCREEN,
    Scene,
    beeps,
    cached_clip,
    draw_clock,
    write_clip,
)
from relay.client.seven_segments import draw_text, text_width


@pytest.mark.parametrize("second", [0, 1, 7, 8, 59])
def test_bar_has_the_color_of_its_second(second: int) -> None:
    picture = draw_clock(CAMERA, second + 0.99)
    assert tuple(picture[-1, 0]) == BAR_COLORS[second % len(BAR_COLORS)]


@pytest.mark.parametrize("scene", [CAMERA, SCREEN], ids=lambda scene: scene.name)
def test_every_frame_moves(scene: Scene) -> None:
    step = 1 / scene.frames_per_second
    pictures = [scene.draw(scene, 12 + index * step) for index in range(5)]
    assert all(np.any(a != b) for a, b in zip(pictures, pictures[1:], strict=False))


def test_hand_points_where_the_second_is() -> None:
    picture = draw_clock(CAMERA, 15.0)
    middle_y, middle_x = CAMERA.height // 3, CAMERA.width // 2
    assert tuple(picture[middle_y, middle_x + 80]) != tuple(picture[middle_y, middle_x - 80])


def test_one_beep_each_second() -> None:
    samples = beeps(3).astype(float)
    for second in range(3):
        start = second * SAMPLE_RATE
        beep = samples[start : start + SAMPLE_RATE // 10]
        assert np.sqrt(np.mean(beep**2)) > 3_000
        assert not np.any(samples[start + SAMPLE_RATE // 10 : start + SAMPLE_RATE])


def test_digits_differ_and_stay_inside() -> None:
    seen = set()
    for digit in "0123456789:":
        picture = np.zeros((40, text_width(digit, 40), 3), dtype=np.uint8)
        draw_text(picture, digit, (0, 0), 40, (1, 1, 1))
        seen.add(picture.tobytes())
    assert len(seen) == 11


def test_each_second_of_the_clip_begins_anew_and_is_small(
    tmp_path: Path,
) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, CAMERA, duration_seconds=4)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keyframes = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert len(packets) == 4 * CAMERA.frames_per_second
    rate = CAMERA.frames_per_second
    assert keyframes == [0, rate, 2 * rate, 3 * rate]
    seconds = [packets[start : start + rate] for start in keyframes]
    assert max(sum(packet.size for packet in second) for second in seconds) <= 40_000


def test_clip_is_made_once_and_whole(tmp_path: Path) -> None:
    path = cached_clip(tmp_path / "cache", SCREEN, duration_seconds=1)
    made = path.stat().st_mtime_ns
    assert cached_clip(tmp_path / "cache", SCREEN, duration_seconds=1) == path
    assert path.stat().st_mtime_ns == made
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
