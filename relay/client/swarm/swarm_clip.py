"""The clip a swarm publishes: noise over the demo clock, so that it takes the bitrate asked for."""

from dataclasses import replace
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
WIDTH, HEIGHT = 640, 360
"""Of the largest layer."""
RIDS = ("q", "h", "f")
"""A quarter, half and all of the width."""
_LESS_BPS = 4
"""A layer has so many times the bits of the one below it, as it has pixels."""
_NOISE = 24


def load_layers(cache: Path, bitrate_bps: int, layers: int) -> dict[str, Clip]:
    """The clip in so many sizes by rid, the smallest first; the largest has this bitrate and the
    sound. A lone one has no name. Blocks and raises like `load_clip`."""
    if layers == 1:
        return {"": load_clip(cache, bitrate_bps)}
    found = {}
    for place, rid in enumerate(RIDS[-layers:]):
        below = layers - 1 - place
        clip = load_clip(cache, bitrate_bps // _LESS_BPS**below, halvings=below)
        found[rid] = clip if not below else replace(clip, sounds=())
    return found


def load_clip(cache: Path, bitrate_bps: int, *, halvings: int = 0) -> Clip:
    """The clip at this bitrate, its width and height halved so often; encoded now when it is not in
    the cache yet, which blocks for some seconds.
    Raises EnvironmentFault `media-file-unreadable`."""
    width, height = WIDTH >> halvings, HEIGHT >> halvings
    size = f"-{width}x{height}" if halvings else ""
    name = f"swarm-{bitrate_bps // 1000}k{size}"
    scene = Scene(name, width, height, PICTURES_PER_SECOND, bitrate_bps, draw_noise, has_sound=True)
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
