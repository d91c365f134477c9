"""Captions of a lesson: lines that a captioner (a person or a program) writes while it is live.
Pure; what was said is in the lesson's picture.

Bounds: 100 characters a line, two lines a second and ten at once, 10,000 a lesson.
Drop rule: what is beyond them is refused with a sentence, and nothing that was taken is dropped.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from pydantic import TypeAdapter, ValidationError

from signaling.protocol.bucket import TokenBucket
from signaling.protocol.inputs import CaptionWritten
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.messages import CaptionSaid
from signaling.protocol.teller import Teller
from streamsvc.base.errors import StreamsvcError, UserError

MOST_CHARS = 100
"""Two rows of the big screen, read from 6 m."""
PER_SECOND, AT_ONCE = 2, 10
MOST_LINES = 10_000
MOST_DELAY_MS = 60_000
"""No line is said to be of a moment longer ago."""
LEAST_SHOWN_MS, MOST_SHOWN_MS = 3_000, 8_000
READ_FIRST_MS, READ_CHAR_MS = 1_500, 150

_EVENT: TypeAdapter[CaptionSaid] = TypeAdapter(CaptionSaid)
_TYPE = '"type":"caption_said"'
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of words after it: a line must not turn the page around it."""


class Captions:
    """`check`, then `write`, as for questions of viewers."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._pace: TokenBucket | None = None

    def check(self, line_id: str | None, now_ms: int) -> None:
        """Whether a line may be written now, or (`line_id`) the last one be written anew. Raises
        UserError `caption-not-last`, `captions-full`, `captions-too-fast`
        (retry_after_seconds)."""
        self._check_place(line_id)
        self._pace = self._pace or TokenBucket(PER_SECOND, AT_ONCE, now_ms)
        if not self._pace.take(now_ms):
            raise UserError("captions-too-fast", retry_after_seconds=1)

    def write(self, written: CaptionWritten, now_ms: int) -> None:
        """Take it, unless it may not be any more."""
        try:
            self._check_place(written.line_id if written.is_anew else None)
        except StreamsvcError:
            return
        last = self._last
        earliest_ms = max(now_ms - MOST_DELAY_MS, last.from_ms if last is not None else 0)
        said_ms = now_ms if written.from_ms is None else written.from_ms
        from_ms = min(now_ms, max(said_ms, earliest_ms))
        if written.is_anew and last is not None:
            from_ms = last.from_ms
        caption = CaptionView(
            line_id=written.line_id,
            text=written.text,
            lang=written.lang,
            from_ms=from_ms,
            to_ms=now_ms + shown_ms(written.text),
        )
        self._teller.announce(CaptionSaid, now_ms, caption=caption)

    @property
    def _last(self) -> CaptionView | None:
        said = self._teller.picture.captions
        return said[-1] if said else None

    def _check_place(self, line_id: str | None) -> None:
        if line_id is not None and (self._last is None or self._last.line_id != line_id):
            raise UserError("caption-not-last")
        if line_id is None and self._teller.picture.caption_count >= MOST_LINES:
            raise UserError("captions-full", limit=MOST_LINES)


def tidied(text: str) -> str:
    """One row of plain words: no control characters, and nothing that turns directions. Emoji, and
    words that are written from the right, stay as they are."""
    flat = " ".join(_TURNING.sub("", text).split())
    kept = (char for char in flat if unicodedata.category(char) not in ("Cc", "Cs", "Co"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def shown_ms(text: str) -> int:
    """How long somebody needs to read it."""
    return min(MOST_SHOWN_MS, max(LEAST_SHOWN_MS, READ_FIRST_MS + READ_CHAR_MS * len(text)))


# ---- from a timeline -----------------------------------------------------------------------------


def captions_of(lines: Iterable[str], zero_ms: int) -> list[CaptionView]:
    """The lines that were said, as they were written last, in order; times count from the wall
    time `zero_ms`. Lines that were taken back, or can't be read, are left out."""
    said: dict[str, CaptionView] = {}
    for event in _read(lines):
        said[event.caption.line_id] = event.caption
    return [
        caption.model_copy(
            update={
                "from_ms": max(0, caption.from_ms - zero_ms),
                "to_ms": max(0, caption.to_ms - zero_ms),
            }
        )
        for caption in said.values()
        if caption.text and caption.to_ms > zero_ms
    ]


def web_vtt(captions: Sequence[CaptionView]) -> str:
    """A WebVTT file (W3C): each line until the next one, or until it is read."""
    cues = ["WEBVTT"]
    for number, caption in enumerate(captions):
        next_ms = captions[number + 1].from_ms if number + 1 < len(captions) else caption.to_ms
        end_ms = max(caption.from_ms + 1, min(caption.to_ms, next_ms))
        text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{_clock(caption.from_ms)} --> {_clock(end_ms)}\n{text}")
    return "\n\n".join(cues) + "\n"


def _read(lines: Iterable[str]) -> Iterator[CaptionSaid]:
    for line in lines:
        if _TYPE not in line:
            continue
        try:
            yield _EVENT.validate_json(line)
        except ValidationError:
            continue


def _clock(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
