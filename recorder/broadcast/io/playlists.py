"""A stream's playlists as files, and their last words where no packager is left to say them."""

import logging
from collections.abc import Sequence
from pathlib import Path

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.plan import naming
from recorder.broadcast.plan.board import BoardShelf
from recorder.broadcast.plan.shelf import ENDED, DateRange, Shelf

log = logging.getLogger("recorder.broadcast")


def write_playlists(
    folder: LiveFolder,
    stream: str,
    shelf: Shelf,
    dates: Sequence[DateRange],
    reports: Sequence[str] = (),
    *,
    is_whole: bool,
) -> None:
    """The end of the playlist, and where that `is_whole` all of it, in this order: what stands
    whole must never be newer. Raises OSError."""
    text = shelf.text(dates, reports, is_delta=True, skips_dates=True)
    folder.write(f"{stream}/{naming.DELTA_DATES}", text.encode())
    if is_whole:
        folder.write(f"{stream}/{naming.PLAYLIST}", shelf.text(dates, reports).encode())


def join_last(folder: LiveFolder, stream: str, shelf: Shelf) -> None:
    """The file of the last segment, where only its parts are there. Raises OSError."""
    segment = shelf.segments[-1] if shelf.segments else None
    if segment is None:
        return
    file = f"{stream}/{naming.segment_file(segment.number)}"
    if not (folder.path / file).exists():
        folder.join(file, [f"{stream}/{part.uri}" for part in segment.parts])


def seal(path: Path, part_ms: float) -> list[str]:
    """Say in each playlist that nothing more comes, where a packager died before it could. Returns
    the streams. Blocking; no packager may be at work. Raises OSError."""
    folder, sealed = LiveFolder(path), []
    dates: list[DateRange] | None = None
    for stream in folder.streams():
        text = folder.playlist(stream)
        if text is None or text.endswith(ENDED + "\n"):
            continue
        shelf = Shelf.restored(part_ms, text)
        if dates is None:
            dates = BoardShelf(folder.text(naming.BOARD_DATES)).dates
        join_last(folder, stream, shelf)
        shelf.end()
        write_playlists(folder, stream, shelf, dates, is_whole=True)
        sealed.append(stream)
    if sealed:
        log.info("= live playlists were ended after their packager: %s", " ".join(sealed))
    return sealed
