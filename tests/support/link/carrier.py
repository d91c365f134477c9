"""The process that carries the packets of all links, and owns their namespaces.

    python -m tests.support.link.carrier NAME ROOMS

Commands come as JSON lines on standard input:

    {"room": 0, "way": "down", "set": {"rate_bps": 300000}}
    {"figures": true}   answered by a line
    {"trace": FILE}     what packets meet from then on, as CSV: seconds, room, way, kind, bytes,
                        ms in the queue (-1: dropped)

When standard input closes, as it does however its starter ends, everything in the namespaces is
ended and they are deleted.
"""

import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from tests.support.link.kinds import kind_of
from tests.support.link.way import Setting, Way

CENTER_ADDRESS = "198.18.0.1"
"""RFC 2544's range: nobody's address."""
DEVICE = "tun0"
"""In every namespace; the center has one for all rooms, as servers forward on one only."""
MTU = 1500
READS_AT_ONCE = 64
LONGEST_WAIT_SECONDS = 0.1
_TUNSETIFF, _TUN_WITHOUT_INFO = 0x400454CA, 0x1001
_IPV4 = 4
_DESTINATION = slice(16, 20)
_NICE = -10
"""A busy machine must not be a bad link."""


def center_of(name: str) -> str:
    """Namespace of the service."""
    return f"{name}-c"


def room_of(name: str, number: int) -> str:
    """Namespace of a room, numbered from 0."""
    return f"{name}-{number}"


def room_address(number: int) -> str:
    """Its only address."""
    return f"198.18.0.{number + 2}"


class Carrier:
    """Two ways for each room."""

    def __init__(self, name: str, rooms: int) -> None:
        self._name, self._rooms = name, rooms
        self._made: list[str] = []
        self._ways: dict[tuple[int, bytes], tuple[int, str, Way, int]] = {}
        """By the descriptor that packets are read from and, at the center, the address that they go
        to: room, way, the way, where they come out."""
        self._center = -1
        self._trace: TextIO | None = None
        self._commands = b""

    def set_up(self) -> None:
        """Namespaces, devices, addresses. CalledProcessError without the rights for it."""
        for namespace in (center_of(self._name), *self._namespaces()):
            _ip("netns", "add", namespace)
            self._made.append(namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        self._center = near = _device(center_of(self._name), CENTER_ADDRESS)
        for number in range(self._rooms):
            address, room = room_address(number), room_of(self._name, number)
            far = _device(room, address)
            _ip("-n", center_of(self._name), "route", "add", address, "dev", DEVICE)
            _ip("-n", room, "route", "add", "default", "dev", DEVICE)
            down, up = (Way(Setting(), seed=2 * number + way) for way in (0, 1))
            self._ways[near, socket.inet_aton(address)] = (number, "down", down, far)
            self._ways[far, b""] = (number, "up", up, near)

    def run(self) -> None:
        """Until standard input closes."""
        files = [0, *{file for file, _ in self._ways}]
        while True:
            next_at = min(way.next_at for _, _, way, _ in self._ways.values())
            wait = min(LONGEST_WAIT_SECONDS, max(0.0, next_at - time.monotonic()))
            readable, _, _ = select.select(files, [], [], wait)
            now = time.monotonic()
            for file in readable:
                if file == 0:
                    if not self._heed():
                        return
                else:
                    self._read(file, now)
            self._deliver(time.monotonic())

    def tear_down(self) -> None:
        """Also what still runs in the namespaces."""
        for namespace in self._made:
            for process in _ip("netns", "pids", namespace).split():
                if int(process) != os.getpid():
                    with suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)
            _ip("netns", "delete", namespace, check=False)

    def _namespaces(self) -> list[str]:
        return [room_of(self._name, number) for number in range(self._rooms)]

    def _read(self, file: int, now: float) -> None:
        self._deliver(now)  # what is due leaves its queue before more comes into it
        with suppress(BlockingIOError):
            for _ in range(READS_AT_ONCE):
                packet = os.read(file, 65_536)
                if packet[0] >> 4 != _IPV4:
                    continue
                to = packet[_DESTINATION] if file == self._center else b""
                if (file, to) not in self._ways:
                    continue  # to nobody here
                room, name, way, _ = self._ways[file, to]
                waits = way.put(packet, now)
                if self._trace is not None:
                    met = -1 if waits is None else round(1000 * waits, 1)
                    told = (f"{now:.4f}", room, name, kind_of(packet), len(packet), met)
                    print(*told, sep=",", file=self._trace)

    def _deliver(self, now: float) -> None:
        for _, _, way, out in self._ways.values():
            for packet in way.take(now):
                _write(out, packet)

    def _heed(self) -> bool:
        """Commands; False at the end of them."""
        some = os.read(0, 65_536)
        *lines, self._commands = (self._commands + some).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(some)

    def _obey(self, command: dict[str, Any]) -> None:
        if "trace" in command:
            self._trace = Path(command["trace"]).open("w", 1, encoding="ascii")  # noqa: SIM115
        if "figures" in command:
            every = [(room, way, dict(it.figures)) for room, way, it, _ in self._ways.values()]
            print(json.dumps(every), flush=True)
        for room, way, it, _ in self._ways.values():
            if room == command.get("room") and way == command.get("way"):
                it.set(**command["set"])


def _ip(*words: str, check: bool = True) -> str:
    done = subprocess.run(["ip", *words], check=check, capture_output=True, text=True)
    return done.stdout


def _device(namespace: str, address: str) -> int:
    """A TUN device in a namespace, seen by us as a descriptor of packets."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    passing = f"tl{os.getpid()}-{file}"
    request = struct.pack("16sH22x", passing.encode(), _TUN_WITHOUT_INFO)
    fcntl.ioctl(file, _TUNSETIFF, request)
    _ip("link", "set", passing, "netns", namespace, "name", DEVICE)
    _ip("-n", namespace, "address", "add", address, "dev", DEVICE)
    _ip("-n", namespace, "link", "set", DEVICE, "up", "mtu", str(MTU))
    return file


def _write(file: int, packet: bytes) -> None:
    with suppress(OSError):  # the device's own queue is full, or its namespace is going
        os.write(file, packet)


def main() -> None:
    """Say that it is ready, carry, clean up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; our starter decides
    carrier = Carrier(sys.argv[1], int(sys.argv[2]))
    try:
        carrier.set_up()
        with suppress(PermissionError):
            os.nice(_NICE)
        print("ready", flush=True)
        carrier.run()
    finally:
        carrier.tear_down()


if __name__ == "__main__":
    main()
