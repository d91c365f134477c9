"""When the teacher shares her screen, as dates of the playlists. Pure.

`X-FILE` of a date names what has the big place from then on: the playlist of the screen, or the
main one.
"""

SHARED, NOT_SHARED = "screen.m3u8", "main.m3u8"
GONE_MS = 5_000.0
"""A screen that does not change may send nothing for a moment."""


class ScreenDates:
    """Ask it with each step of time."""

    def __init__(self, last: str | None = None) -> None:
        self._last = last or NOT_SHARED
        self._shared_ms = float("-inf")

    def see(self, is_shared: bool, now_ms: float) -> str | None:
        """What the next date names; None: nothing has changed."""
        if is_shared:
            self._shared_ms = now_ms
        elif self._shared_ms == float("-inf"):
            self._shared_ms = now_ms  # after a restart its track may yet be told
        file = SHARED if is_shared else NOT_SHARED
        if file == self._last or (not is_shared and now_ms - self._shared_ms < GONE_MS):
            return None
        self._last = file
        return file
