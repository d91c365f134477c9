"""Structured logs: one JSON object per line (or plain words on a terminal), ids in every line.

Words start with a sign: `<` received, `>` sent, `=` state, `x` dropped, `!` fault. Secrets (tokens,
passwords, codes, SDP) are never arguments of a log call.
"""

import json
import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """`{"at": ms, "level", "logger", "words", ...ids}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": int(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "words": record.getMessage(),
        }
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class WordsFormatter(logging.Formatter):
    """`12:00:01 logger words id=value` for people. What a client named can't begin a line of its
    own, or speak to the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD)
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = _printable(f"{clock} {record.name:<20} {record.getMessage()} {ids}".rstrip())
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def _printable(text: str) -> str:
    """Line feeds and other control characters as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class IdAdapter(logging.LoggerAdapter[logging.Logger]):
    """Logger that puts the same ids into each line: `IdAdapter(log, {"lesson_id": ...})`."""

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs


class Aggregated:
    """Counts faults on a hot path; one line per interval says how many and shows the last.

    `note()` decides by the `now` it is given; nothing is logged per packet.
    """

    def __init__(self, logger: logging.Logger, words: str, interval_seconds: float = 1.0) -> None:
        self.total = 0
        self._logger = logger
        self._words = words
        self._interval = interval_seconds
        self._unsaid = 0
        self._said_at = float("-inf")

    def note(self, now: float, last: object) -> None:
        """Count one fault; say so if the interval has passed."""
        self.total += 1
        self._unsaid += 1
        if now - self._said_at >= self._interval:
            self._logger.warning("x %s: %d, last: %s", self._words, self._unsaid, last)
            self._unsaid = 0
            self._said_at = now


def configure(level: str, as_json: bool) -> None:
    """Send all logs to standard error in the chosen form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else WordsFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in ("httpx", "aiosqlite", "aioice", "alembic", "uvicorn"):
        logging.getLogger(library).setLevel("WARNING")
