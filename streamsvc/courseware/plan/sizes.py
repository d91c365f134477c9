"""How large a slide's pictures are, in pixels and in bytes.

A room on a thin link fetches them beside the lesson's voice: forty slides of 60 KB are 2.4 MB, at
100 kbit/s a little over three minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from streamsvc.base.courseware import SizeName


@dataclass(frozen=True, slots=True)
class Size:
    """The box a picture fits in, and what it should weigh at most."""

    name: SizeName
    width: int
    height: int
    bytes: int


LARGE = Size("large", 1920, 1440, 90_000)
MEDIUM = Size("medium", 1280, 960, 50_000)
SMALL = Size("small", 640, 480, 20_000)
QUALITIES = {80: 1.0, 60: 0.65, 40: 0.5, 25: 0.38}
"""And about how much a picture weighs at each, of what it weighs at the best."""
SHRINK = 0.65
ROUNDS = 4
"""A picture that is too heavy at the lowest quality is made smaller, and this often at most."""

PREVIEW_BYTES = 500
"""668 characters of base64 and the head of the URL: 691, of 700."""
PREVIEW_WIDTHS = (64, 48, 32, 24, 16, 8)
PREVIEW_QUALITIES = (30, 10)
MAX_ALT_CHARS = 500


def fitted(width: float, height: float, size: Size) -> tuple[int, int]:
    """Whole pixels that fit in `size` with the page's proportions; never less than 1."""
    scale = min(size.width / width, size.height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def attempts(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """(width, height, quality) to try, best first; the last is taken whatever it weighs."""
    for _ in range(ROUNDS):
        for quality in QUALITIES:
            yield width, height, quality
        width, height = max(1, round(width * SHRINK)), max(1, round(height * SHRINK))


def is_hopeless(
    tried: tuple[int, int, int], weighed: int, attempt: tuple[int, int, int], size: Size
) -> bool:
    """Whether `attempt` would be far too heavy too, going by what `tried` weighed: a photograph is
    then written three times and not twelve."""
    area = attempt[0] * attempt[1] / (tried[0] * tried[1])
    expected = weighed * area * QUALITIES[attempt[2]] / QUALITIES[tried[2]]
    return expected > 1.3 * size.bytes


def preview_attempts(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """The same for the preview; a column of text keeps its height in bounds too."""
    for longest in PREVIEW_WIDTHS:
        scale = longest / max(width, height)
        for quality in PREVIEW_QUALITIES:
            yield max(1, round(width * scale)), max(1, round(height * scale)), quality


def alt_of(words: str) -> str:
    """The words of a page on one line; what is no text is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return line if len(line) <= MAX_ALT_CHARS else line[: MAX_ALT_CHARS - 1] + "…"
