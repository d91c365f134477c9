"""Addresses of a lesson that were taken back before their time: a marker file for each, which nginx
looks for as well (`deploy/nginx.conf`). Blocking, and no more than a look at a name."""

from pathlib import Path

FOLDER = "withdrawn"
MOST = 1_000
"""Of one lesson and moment: more are taken back no more, and its viewers are left alone."""


def is_withdrawn(lesson: Path, until: int) -> bool:
    """Whether addresses that are good until then are good no more."""
    return (lesson / FOLDER / str(until)).exists()


def good_from(lesson: Path, until: int) -> int:
    """The first moment, not before this one, whose addresses were not taken back."""
    return next((n for n in range(until, until + MOST) if not is_withdrawn(lesson, n)), until)


def withdraw(lesson: Path, until: int) -> None:
    """Take back what was given out for this moment so far. Raises OSError."""
    place = lesson / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    (place / str(good_from(lesson, until))).touch()
