"""Memory of processes, by the kernel's own figures."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid: int) -> int:
    """What of a process is in memory; 0 when it is gone."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    return 0


def renderer_bytes(namespace: str) -> int:
    """Of the pages of the browsers in a network namespace, in the largest of their processes."""
    listed = ["ip", "netns", "pids", namespace]
    pids = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split()
    return max((resident_bytes(int(pid)) for pid in pids if _is_renderer(pid)), default=0)


def _is_renderer(pid: str) -> bool:
    with suppress(OSError):
        return b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
