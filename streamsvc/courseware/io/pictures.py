"""A page's picture as WebP files of three sizes and a preview."""

import base64
import io

from PIL import Image

from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.sizes import (
    LARGE,
    MEDIUM,
    PREVIEW_BYTES,
    SMALL,
    Size,
    alt_of,
    attempts,
    fitted,
    is_hopeless,
    preview_attempts,
)

_EFFORT = 4
"""WebP's `method`: 6 takes twice the time for 3 % of the bytes."""


def slide_of(number: int, page: Image.Image, words: str, folder: CoursewareFolder) -> Slide:
    """Write a page's files. `page` is RGB and as large as it gets. Raises OSError."""
    width, height = fitted(page.width, page.height, LARGE)
    large = _resized(page, width, height)
    return Slide(
        number=number,
        width=width,
        height=height,
        alt=alt_of(words),
        preview=_preview(large),
        large=_written(large, LARGE, folder),
        medium=_written(large, MEDIUM, folder),
        small=_written(large, SMALL, folder),
    )


def _written(page: Image.Image, size: Size, folder: CoursewareFolder) -> SlidePicture:
    width, height = fitted(page.width, page.height, size)
    every = list(attempts(width, height))
    tried, data = every[0], _webp(_resized(page, width, height), every[0][2])
    for attempt in every[1:]:
        if len(data) <= size.bytes:
            break
        if attempt != every[-1] and is_hopeless(tried, len(data), attempt, size):
            continue
        tried, data = attempt, _webp(_resized(page, *attempt[:2]), attempt[2])
    return folder.write_slide(data)


def _preview(page: Image.Image) -> str:
    data = b""
    for width, height, quality in preview_attempts(page.width, page.height):
        data = _webp(_resized(page, width, height), quality)
        if len(data) <= PREVIEW_BYTES:
            break
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def _resized(page: Image.Image, width: int, height: int) -> Image.Image:
    if page.size == (width, height):
        return page
    return page.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=_EFFORT)
    return out.getvalue()
