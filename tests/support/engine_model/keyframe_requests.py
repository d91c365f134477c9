"""Key frame requests to one layer's encoder, merged: a thousand joins are one request."""

MIN_INTERVAL_SECONDS = 0.5
"""Between two requests to one layer."""
TAPPED_INTERVAL_SECONDS = 3.5
"""A recording has a place to seek to every 4 s, if the publisher obeys."""


class KeyframeRequests:
    """Wishes come in at any rate; `due` says when to send one, for one layer."""

    def __init__(self) -> None:
        self._is_wanted = False
        self._sent_at = float("-inf")
        self.sent = 0

    def want(self) -> None:
        """A decoder needs a key frame."""
        self._is_wanted = True

    def keyframe_began(self) -> None:
        """One came: every wish until now is fulfilled."""
        self._is_wanted = False

    def due(self, now: float) -> bool:
        """Whether to send a request now; the wish stays until a key frame comes."""
        if not self._is_wanted or now - self._sent_at < MIN_INTERVAL_SECONDS:
            return False
        self._sent_at = now
        self.sent += 1
        return True
