"""Names inside a lesson's live folder, and which of them anybody may ask for."""

import re

MAIN = "main.m3u8"
PLAYLIST = "live.m3u8"
"""Whole; the file is as old as the last segment's end, and whoever waits gets it `joining`."""
DELTA = "delta.m3u8"
"""Without the older segments (EXT-X-SKIP); never a file, see `joining`."""
DELTA_DATES = "delta-dates.m3u8"
"""And without the older dates (_HLS_skip=v2); a file, written with each part."""
SKIPPING = {"": PLAYLIST, "YES": DELTA, "v2": DELTA_DATES}
"""By `_HLS_skip`."""
BOARD, SLIDES = "board", "slides"
BOARD_DATES = f"{BOARD}/.dates"
"""The packager's own: nobody is told what begins with a dot."""

_RENDITION = r"(?:low|middle|high|screen|voice)(?:-aac|-opus)?"
_FILES = re.compile(
    rf"{_RENDITION}/(?:live|delta|delta-dates)\.m3u8"
    rf"|{_RENDITION}/(?:\d{{1,8}}(?:\.\d{{1,4}})?\.m4s|init-\d{{1,8}}-\d{{1,4}}\.mp4)"
    r"|board/(?:state-|captions-)?\d{1,8}\.json"
    r"|slides/[A-Za-z0-9_-]{1,40}/\d{1,5}-(?:small|medium|large)\.webp"
    r"|(?:main|voice|screen)(?:-opus)?\.m3u8"
)


def is_file(path: str) -> bool:
    """A name that may stand below a lesson's folder."""
    return _FILES.fullmatch(path) is not None


def multivariant_file(family: str, audio: str) -> str:
    """Of all pictures of a kind, with one form of the voice: `main.m3u8`, `main-opus.m3u8`. They
    are apart, since a player that finds both takes the cheaper one, also where it can't play it:
    Chromium 80 says yes to Opus beside H.264, and shows nothing."""
    return f"{family}.m3u8" if audio == "aac" else f"{family}-{audio}.m3u8"


def segment_file(number: int) -> str:
    """A whole segment."""
    return f"{number}.m4s"


def part_file(number: int, part: int) -> str:
    """One part of a segment."""
    return f"{number}.{part}.m4s"


def init_file(run: int, section: int) -> str:
    """`run`: how many packagers this lesson has had."""
    return f"init-{run}-{section}.mp4"


def board_file(number: int) -> str:
    """The board's events of a moment."""
    return f"{BOARD}/{number:06}.json"


def captions_file(number: int) -> str:
    """What was said in a moment."""
    return f"{BOARD}/captions-{number:06}.json"


def board_state_file(number: int) -> str:
    """The whole board."""
    return f"{BOARD}/state-{number:06}.json"
