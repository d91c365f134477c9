"""How near encoded pictures are to those they were made of: PSNR and SSIM of the brightness."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

BLOCK = 8
"""SSIM is the mean over squares of so many pixels a side that do not overlap."""
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Luma = NDArray[np.float64]


class Likeness(NamedTuple):
    """Over a whole clip."""

    psnr_db: float
    ssim: float


def likeness(pairs: Iterable[tuple[VideoFrame, VideoFrame]]) -> Likeness:
    """Of pictures as they were and as they are shown, at least one."""
    errors, likes = [], []
    for before, after in pairs:
        wanted, got = _luma(before), _luma(after)
        errors.append(float(((wanted - got) ** 2).mean()))
        likes.append(_ssim(wanted, got))
    psnr = 10 * np.log10(255**2 / max(1e-9, float(np.mean(errors))))
    return Likeness(float(psnr), float(np.mean(likes)))


def _luma(picture: VideoFrame) -> Luma:
    return picture.reformat(format="gray").to_ndarray().astype(np.float64)


def _blocks(luma: Luma) -> Luma:
    height, width = (side // BLOCK * BLOCK for side in luma.shape)
    cut = luma[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return cut.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK)


def _ssim(wanted: Luma, got: Luma) -> float:
    one, other = _blocks(wanted), _blocks(got)
    means = one.mean(axis=1), other.mean(axis=1)
    spread = one.var(axis=1) + other.var(axis=1)
    together = ((one - means[0][:, None]) * (other - means[1][:, None])).mean(axis=1)
    above = (2 * means[0] * means[1] + _C1) * (2 * together + _C2)
    below = (means[0] ** 2 + means[1] ** 2 + _C1) * (spread + _C2)
    return float((above / below).mean())
