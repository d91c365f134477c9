"""The pages of a PDF, or a picture as the only page. Decodes what a stranger sent: only ever run in
the converting process (convert.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageOps, UnidentifiedImageError

from streamsvc.base.errors import UserError
from streamsvc.courseware.plan.sizes import LARGE, MAX_ALT_CHARS, fitted

MAX_PIXELS = 64_000_000
"""Of one picture: a camera's 8,000 x 8,000."""
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Page:
    """One page, drawn; `words` is the text on it."""

    number: int
    picture: Image.Image
    words: str


class Pages(Protocol):
    """A file that was opened."""

    @property
    def total(self) -> int:
        """How many pages it has."""

    def drawn(self, first: int) -> Iterator[Page]:
        """Its pages from number `first`, one at a time. Raises UserError
        `courseware-page-unreadable`."""


class PdfPages:
    """A PDF file."""

    def __init__(self, path: Path) -> None:
        """Raises UserError `courseware-encrypted`, `courseware-unreadable`."""
        try:
            self._file = pdfium.PdfDocument(path)
        except pdfium.PdfiumError as error:
            is_locked = error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
            raise UserError(
                "courseware-encrypted" if is_locked else "courseware-unreadable"
            ) from error
        if len(self._file) == 0:
            raise UserError("courseware-unreadable")

    @property
    def total(self) -> int:
        """How many pages it has."""
        return len(self._file)

    def drawn(self, first: int) -> Iterator[Page]:
        """Its pages from number `first`."""
        for number in range(first, self.total + 1):
            try:
                yield self._drawn(number)
            except (pdfium.PdfiumError, ValueError) as error:
                raise UserError("courseware-page-unreadable", number=number) from error

    def _drawn(self, number: int) -> Page:
        page = self._file[number - 1]
        try:
            width, height = page.get_size()
            scale = fitted(width, height, LARGE)[0] / width
            picture = page.render(scale=scale).to_pil().convert("RGB")
            return Page(number, picture, _words(page))
        finally:
            page.close()


class PicturePage:
    """PNG, JPEG or WebP."""

    total = 1

    def __init__(self, path: Path) -> None:
        """Raises UserError `courseware-unreadable`, `courseware-picture-too-large`."""
        Image.MAX_IMAGE_PIXELS = None  # the limit below has a sentence
        try:
            self._picture = Image.open(path, formats=("PNG", "JPEG", "WEBP"))
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise UserError("courseware-unreadable") from error
        width, height = self._picture.size
        if width * height > MAX_PIXELS:
            raise UserError("courseware-picture-too-large", width=width, height=height)

    def drawn(self, first: int) -> Iterator[Page]:
        """The picture, upright, without transparency."""
        try:
            self._picture.draft("RGB", (LARGE.width, LARGE.height))  # JPEG: decoded smaller
            upright = ImageOps.exif_transpose(self._picture)
            if first == 1:
                yield Page(1, _opaque(upright), "")
        except (OSError, ValueError, SyntaxError) as error:
            raise UserError("courseware-page-unreadable", number=1) from error


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _WHITE)
    layered = picture.convert("RGBA")
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground


def _words(page: pdfium.PdfPage) -> str:
    """The first words on a page; none when they can't be read, which fails no page."""
    try:
        text = page.get_textpage()
        count = min(text.count_chars(), 4 * MAX_ALT_CHARS)
        return str(text.get_text_range(0, count)) if count > 0 else ""
    except (pdfium.PdfiumError, ValueError):
        return ""
