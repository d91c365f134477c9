"""CPU time and memory of the server's processes, from /proc (proc(5))."""

import os
from collections.abc import Sequence
from pathlib import Path

from streamsvc.base.errors import EnvironmentFault

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_USER_TICKS, _SYSTEM_TICKS, _RESIDENT_PAGES = 11, 12, 21
"""Fields of stat after the command's name."""


def read_processes(pids: Sequence[int]) -> tuple[float, int]:
    """(CPU seconds so far, resident bytes) of all together, ended threads included.

    Raises EnvironmentFault `process-unknown`.
    """
    cpu_seconds, memory_bytes = 0.0, 0
    for pid in pids:
        fields = _fields(pid)
        ticks = int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
        cpu_seconds += ticks / _TICKS_PER_SECOND
        memory_bytes += int(fields[_RESIDENT_PAGES]) * _PAGE_BYTES
    return cpu_seconds, memory_bytes


def _fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError as error:
        raise EnvironmentFault("process-unknown", pid=pid) from error
    return text.rpartition(")")[2].split()
