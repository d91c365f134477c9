"""The link emulator itself: real packets between real namespaces."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.link.places import Place, places, why_not
from tests.support.waiting import SECOND, until_sync

pytestmark = [pytest.mark.integration, pytest.mark.skipif(why_not() != "", reason=why_not())]


def test_packets_meet_the_link_that_was_set() -> None:
    with places(1) as (center, (room,)), _sockets(center, room) as (near, far):
        room.set(round_trip=0.4)
        began = time.monotonic()
        far.sendto(b"question", near.getsockname())
        question, address = near.recvfrom(100)
        assert (question, address) == (b"question", far.getsockname())
        assert time.monotonic() - began >= 0.2
        room.set(down_bps=80_000, round_trip=0)
        for number in range(5):
            near.sendto(bytes([number]) * 972, address)
        answers = [far.recv(1000)[0] for _ in range(5)]
        assert answers == [0, 1, 2, 3, 4]
        assert time.monotonic() - began >= 0.7  # five times 1000 bytes at 10 kB/s
        assert center.links.figures()[0, "down"]["delivered"] == 5


def test_a_link_is_cut_and_mended() -> None:
    with places(1) as (center, (room,)), _sockets(center, room) as (near, far):
        room.cut()
        far.sendto(b"lost", near.getsockname())
        until_sync(lambda: center.links.figures()[0, "up"].get("stopped") == 1, 5)
        room.mend()
        far.sendto(b"arrives", near.getsockname())
        assert near.recv(100) == b"arrives"


def test_nothing_is_left_when_its_starter_is_killed() -> None:
    script = (
        "import os, subprocess, time\n"
        "from tests.support.link.places import places\n"
        "with places(1) as (center, (room,)):\n"
        "    subprocess.Popen([*room.prefix, 'sleep', '600'])\n"
        "    print(room.name, flush=True); time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    with process.stdout:
        room = process.stdout.readline().strip()
        assert room in _namespaces()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    until_sync(lambda: room not in _namespaces(), 10, "the namespaces are deleted")


@contextmanager
def _sockets(*everywhere: Place) -> Iterator[list[socket.socket]]:
    """One of UDP in each place."""
    with ExitStack() as stack:
        found = []
        for place in everywhere:
            with place.entered():
                opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            opened.settimeout(5 * SECOND)
            opened.bind((place.address, 0))
            found.append(stack.enter_context(opened))
        yield found


def _namespaces() -> str:
    return subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
