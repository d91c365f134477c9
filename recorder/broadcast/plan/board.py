"""The board's files and the screen's playlist, and the dates by which a playlist names them."""

from recorder.broadcast.plan import naming
from recorder.broadcast.plan.shelf import DateRange
from streamsvc.base.tap import encode_control

EVENTS, STATE, SCREEN = "streamsvc.board", "streamsvc.board.state", "streamsvc.screen"
CAPTIONS = "streamsvc.caption"
MOST = 20_000
"""Files of one lesson; more than hours of drawing make. Beyond it nothing is added."""

PIECE_CHARS = 5_000
"""Of a board's words in one frame of the line: as JSON within JSON a character has twelve bytes at
most, and a frame 65,535."""


def board_frames(at_ms: int, events: str, *, is_state: bool) -> bytes:
    """Frames of the line from the service to a packager: `board`, after as many `board_piece` as
    its words need."""
    *pieces, last = [
        events[at : at + PIECE_CHARS] for at in range(0, max(1, len(events)), PIECE_CHARS)
    ]
    frames = [encode_control("board_piece", words=piece) for piece in pieces]
    return b"".join([*frames, encode_control("board", at_ms=at_ms, events=last, is_state=is_state)])


class BoardShelf:
    """`add` in order. All that `unsaved()` has told is what `BoardShelf(words)` goes on from."""

    def __init__(self, words: str | None = None) -> None:
        self.dates: list[DateRange] = []
        for line in (words or "").splitlines():
            found = line.split(" ")
            # a packager may have died at its last line
            if len(found) == 3 and found[1].isdigit() and naming.is_file(found[2]):
                self.dates.append(DateRange(found[0], _class_of(found[2]), int(found[1]), found[2]))
        self._saved = len(self.dates)

    def add(self, at_ms: int, events: str, *, is_state: bool) -> tuple[str, bytes]:
        """Name of its file, and what is in it: JSON as the lesson's pages get it."""
        number = len(self.dates)
        name_of = naming.board_state_file if is_state else naming.board_file
        file = name_of(number)
        if number < MOST:
            self.dates.append(DateRange(f"board-{number}", _class_of(file), at_ms, file))
        return file, events.encode()

    def add_captions(self, at_ms: int, lines: str) -> tuple[str, bytes]:
        """Name of the file of these lines, and what is in it. They are in files of their own, and
        not in the playlist: who does not read them does not pay for them."""
        number = len(self.dates)
        file = naming.captions_file(number)
        if number < MOST:
            self.dates.append(DateRange(f"captions-{number}", CAPTIONS, at_ms, file))
        return file, lines.encode()

    def note_screen(self, at_ms: int, playlist: str) -> None:
        """From then on this playlist has the big place (`screen.py`)."""
        number = len(self.dates)
        if number < MOST:
            self.dates.append(DateRange(f"screen-{number}", SCREEN, at_ms, playlist))

    @property
    def screen(self) -> str | None:
        """The playlist that was noted last."""
        noted = (one.file for one in reversed(self.dates) if one.of_class == SCREEN)
        return next(noted, None)

    def unsaved(self) -> str:
        """Dates since it was asked last, a line each, after an empty one: what was written before
        may have been cut off."""
        fresh, self._saved = self.dates[self._saved :], len(self.dates)
        return "".join(f"\n{one.id} {one.start_wall_ms} {one.file}" for one in fresh)


def _class_of(file: str) -> str:
    if file.endswith(".m3u8"):
        return SCREEN
    if "captions-" in file:
        return CAPTIONS
    return STATE if "state-" in file else EVENTS
