"""Bodies of the lesson's events over long polls."""

from signaling.protocol.wire import Wire


class PollOpened(Wire):
    """A channel that is fetched; its number is its key."""

    poll_id: str


class PollClosed(Wire):
    """As a WebSocket's close frame."""

    code: int
    reason: str


class PolledMessages(Wire):
    """What came; empty after 20 s without anything."""

    last: int
    """Ask for what comes after it next."""
    closed: PollClosed | None
    """Nothing follows."""
    messages: list[dict[str, object]]
    """ServerMessages in their order."""
