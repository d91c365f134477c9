"""Whether a source's media have stopped: decided by when its packets came. Pure."""

SILENT_AFTER_SECONDS = 1.2
"""A teacher's thin or far link may bring nothing for a second and be well."""
RESUMED_AFTER_SECONDS = 0.5
"""Of flow: one late packet is no return."""
STEADY_AFTER_SECONDS = 2.0
"""The same for one that fell silent again soon after it came back, so that no words flicker."""
SOON_SECONDS = 10.0
MOST_COUNTED_SECONDS = 0.5
"""Of the time between two looks: where the machine kept us from looking, packets may wait to be
told of."""


class SourceSilence:
    """Of one slot's source, over its reconnections."""

    def __init__(self, now: float) -> None:
        self.is_silent = False
        self.heard_at = now
        """Its newest packet of voice or picture."""
        self._silence = 0.0
        """Seconds of it that count."""
        self._seen_at = now
        self._flows_since: float | None = None
        """While silent: since when packets come again."""
        self._resumed_at = float("-inf")
        self._patience = RESUMED_AFTER_SECONDS

    def see(self, heard_at: float, now: float) -> bool:
        """True where `is_silent` changed. `heard_at`: its newest packet."""
        is_new = heard_at > self.heard_at
        self.heard_at = max(self.heard_at, heard_at)
        before = self.heard_at if is_new else self._seen_at
        counted = min(now - before, MOST_COUNTED_SECONDS)
        self._silence = counted if is_new else self._silence + counted
        self._seen_at = now
        is_still = self._silence >= SILENT_AFTER_SECONDS
        if not self.is_silent:
            return is_still and self._fell(now)
        if is_still:
            self._flows_since = None
        elif is_new and self._flows_since is None:
            self._flows_since = self.heard_at
        since = self._flows_since
        return since is not None and self.heard_at - since >= self._patience and self._rose(now)

    def _fell(self, now: float) -> bool:
        is_soon = now - self._resumed_at < SOON_SECONDS
        self._patience = STEADY_AFTER_SECONDS if is_soon else RESUMED_AFTER_SECONDS
        self.is_silent, self._flows_since = True, None
        return True

    def _rose(self, now: float) -> bool:
        self.is_silent, self._resumed_at = False, now
        return True
