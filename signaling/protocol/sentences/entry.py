"""One error as people and programs meet it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """`{named}` details of the error are filled into the sentences."""

    status: int
    """HTTP status."""
    zh_cn: str
    en: str
    close_code: int | None = None
    """Code with which a WebSocket closes after it; None: it stays open."""
