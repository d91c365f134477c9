"""The clip a swarm publishes: noise over the demo clock, so that it takes the bitrate asked for."""

from itertools import takewhile
from pathlib import Path

import numpy as np

from relay.client.clip import (
    OPUS_FRAME_SAMPLES,
    SAMPLE_RATE,
    Picture,
    Scene,
    cached_clip,
    draw_clock,
)
from relay.client.file_plan import FilePlan, plan_file
from relay.client.played_file import endless_items
from relay.client.swarm.replay import Clip, Frame
from streamsvc.base.media import MediaKind

CLIP_SECONDS = 10
PICTURES_PER_SECOND = 25
_NOISE = 24


def load_clip(cache: Path, bitrate_bps: int) -> Clip:
    """The clip at this bitrate, encoded now when it is not in the cache yet; blocks for some
    seconds then. Raises EnvironmentFault `media-file-unreadable`."""
    name = f"swarm-{bitrate_bps // 1000}k"
    scene = Scene(name, 640, 360, PICTURES_PER_SECOND, bitrate_bps, draw_noise, has_sound=True)
    plan = plan_file(cached_clip(cache, scene, duration_seconds=CLIP_SECONDS))
    return Clip(
        pictures=_frames(plan, MediaKind.VIDEO),
        sounds=_frames(plan, MediaKind.AUDIO),
        pictures_per_second=PICTURES_PER_SECOND,
        sounds_per_second=SAMPLE_RATE // OPUS_FRAME_SAMPLES,
    )


def draw_noise(scene: Scene, seconds: float) -> Picture:
    """The clock behind noise; the same each time."""
    picture = draw_clock(scene, seconds)
    chance = np.random.default_rng(round(seconds * scene.frames_per_second))
    grain = chance.integers(0, _NOISE, (scene.height, scene.width, 1), dtype=np.uint8)
    noisy: Picture = np.minimum(picture, 255 - _NOISE) + grain
    return noisy


def _frames(plan: FilePlan, kind: MediaKind) -> tuple[Frame, ...]:
    (stream,) = [stream for stream in plan.streams if stream.kind is kind]
    items = endless_items(plan, stream, 0.0)
    once = takewhile(lambda item: item.seconds < plan.period_seconds, items)
    return tuple(Frame(bytes(item.packet), item.packet.is_keyframe) for item in once)
