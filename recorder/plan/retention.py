"""How long a journal stays beside its finished recording. Pure."""

DAY_MS = 86_400_000


def is_expired(written_ms: int, keep_days: int, now_ms: int) -> bool:
    """A journal file last written `keep_days` ago or longer. 0 days: at once."""
    return now_ms - written_ms >= keep_days * DAY_MS
