"""What the converting process may use up. It reads strangers' files: it gets little, no network.

Applied by the process to itself before it opens the file or loads a library that reads it.
"""

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

NICENESS = 15
"""Live lessons come first."""
OOM_SCORE = "800"
"""When memory runs out, the kernel ends this before anything of the service."""
MAX_FILE_BYTES = 1_000_000_000
OPEN_FILES = 256
OFFICE_MEMORY_FACTOR = 4
"""LibreOffice reserves far more address space than it uses."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def confine(memory_bytes: int, cpu_seconds: int, parent: int) -> bool:
    """Bound memory, CPU, files; leave the network; end with the parent process. Whether the network
    could be left."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it ended before we asked to be told
    # a group, to end it with LibreOffice; not a session, which the kernel gives as much of the
    # processor as the whole service, whatever their niceness (sched_autogroup)
    os.setpgid(0, 0)
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, "ascii")
    is_alone = leave_network(libc)
    office_bytes = memory_bytes * OFFICE_MEMORY_FACTOR
    _limit(resource.RLIMIT_AS, memory_bytes, office_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 5)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE_BYTES, MAX_FILE_BYTES)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)
    return is_alone


def give_office_memory() -> None:
    """For LibreOffice's own process, before it begins: as much address space as is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_network(libc: ctypes.CDLL) -> bool:
    """To a namespace without any interface, where the kernel allows it: a presentation may name
    pictures on other machines, and nobody is to be asked for them. Whether it was allowed."""
    alone: bool = libc.unshare(_CLONE_NEWNET) == 0
    return alone or bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def can_leave_network() -> bool:
    """Blocking: what the kernel lets a converting process do, tried in a process of its own."""
    tried = (
        "import ctypes, sys\n"
        "from streamsvc.courseware.io.confine import leave_network\n"
        "sys.exit(0 if leave_network(ctypes.CDLL(None)) else 1)\n"
    )
    return subprocess.run([sys.executable, "-c", tried], check=False).returncode == 0


def _limit(kind: int, soft: int, hard: int) -> None:
    _, present = resource.getrlimit(kind)
    if present != resource.RLIM_INFINITY:
        soft, hard = min(soft, present), min(hard, present)
    resource.setrlimit(kind, (soft, hard))
