"""Digits drawn as seven bars, like a bedside clock: the generated clip needs no font."""

import numpy as np
from numpy.typing import NDArray

#  0
# 1 2    bars, numbered as a digit is written below
#  3
# 4 5
#  6
_BARS = {
    "0": (0, 1, 2, 4, 5, 6),
    "1": (2, 5),
    "2": (0, 2, 3, 4, 6),
    "3": (0, 2, 3, 5, 6),
    "4": (1, 2, 3, 5),
    "5": (0, 1, 3, 5, 6),
    "6": (0, 1, 3, 4, 5, 6),
    "7": (0, 2, 5),
    "8": (0, 1, 2, 3, 4, 5, 6),
    "9": (0, 1, 2, 3, 5, 6),
}


def text_width(text: str, height: int) -> int:
    """Width in pixels of `draw_text`'s result."""
    return sum(_advance(letter, height) for letter in text)


def draw_text(
    picture: NDArray[np.uint8],
    text: str,
    left_top: tuple[int, int],
    height: int,
    color: tuple[int, int, int],
) -> None:
    """Draw digits and colons into the picture (height x width x 3)."""
    left, top = left_top
    for letter in text:
        draw = _draw_colon if letter == ":" else _draw_digit
        draw(picture, letter, (left, top), height, color)
        left += _advance(letter, height)


def _advance(letter: str, height: int) -> int:
    return height // 3 if letter == ":" else height * 7 // 10


def _draw_digit(
    picture: NDArray[np.uint8],
    digit: str,
    left_top: tuple[int, int],
    height: int,
    color: tuple[int, int, int],
) -> None:
    left, top = left_top
    width, thick = height // 2, max(2, height // 8)
    middle, right, bottom = top + (height - thick) // 2, left + width - thick, top + height - thick
    bars = (
        (left, top, width, thick),
        (left, top, thick, height // 2),
        (right, top, thick, height // 2),
        (left, middle, width, thick),
        (left, middle, thick, height // 2),
        (right, middle, thick, height // 2),
        (left, bottom, width, thick),
    )
    for number in _BARS[digit]:
        x, y, bar_width, bar_height = bars[number]
        picture[y : y + bar_height, x : x + bar_width] = color


def _draw_colon(
    picture: NDArray[np.uint8],
    colon: str,
    left_top: tuple[int, int],
    height: int,
    color: tuple[int, int, int],
) -> None:
    left, top = left_top
    thick = max(2, height // 8)
    for y in (top + height // 4, top + height * 5 // 8):
        picture[y : y + thick, left : left + thick] = color
