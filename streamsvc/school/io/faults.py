"""What is wrong with a database that can't be used, and what the operator does about it."""

from streamsvc.base.errors import EnvironmentFault

_REASONS = (
    # part of the driver's message, reason, advice
    (
        "locked",
        "locked",
        "another program has it open: stop the other streamsvc, or close its tool",
    ),
    ("not a database", "corrupt", "it is no database file: put a backup in its place"),
    ("malformed", "corrupt", "it is damaged: put a backup in its place"),
    ("readonly", "unwritable", "give this user the right to write the file and its folder"),
    (
        "unable to open",
        "unwritable",
        "make its folder, and give this user the right to write there",
    ),
    ("disk is full", "disk-full", "free some space on its disk"),
    ("disk I/O error", "disk-failing", "look at the disk: the system reports read or write errors"),
)


def database_fault(path: str, driver_words: str) -> EnvironmentFault:
    """EnvironmentFault `database-unusable` with details path, reason and advice."""
    for part, reason, advice in _REASONS:
        if part in driver_words:
            return _fault(path, reason, advice)
    return _fault(path, "unknown", driver_words)


def newer_fault(path: str) -> EnvironmentFault:
    """The same for a file written by a newer version."""
    return _fault(path, "newer", "a newer streamsvc wrote it: start that version, or a newer one")


def _fault(path: str, reason: str, advice: str) -> EnvironmentFault:
    return EnvironmentFault("database-unusable", path=path, reason=reason, advice=advice)
