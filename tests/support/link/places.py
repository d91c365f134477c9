"""A service's network and rooms behind bad Internet links, for tests and benches. The links are
emulated in user space, since kernels without netem are common. Needs root, iproute2, /dev/net/tun.

    center (service)                    one process (carrier.py)                  room n
    tun0 198.18.0.1 ◄─► each way (way.py): queue ─► rate ─► loss ─► delay ◄─► tun0 198.18.0.(n+2)

with places(rooms=2) as (center, (first, second)):
    first.set(down_bps=300_000, up_bps=128_000, round_trip=0.6, loss=0.05)
    first.cut(); first.mend()
    subprocess.run([*first.prefix, "ping", center.address])
"""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any

from tests.support.link.carrier import CENTER_ADDRESS, center_of, room_address, room_of

CLEAN_UP_SECONDS = 20.0
_CLONE_NEWNET = 0x4000_0000
_NAMESPACES = Path("/var/run/netns")
_numbers = count(1)


def why_not() -> str:
    """Why there can be no links on this machine, in words; empty where there can."""
    if os.geteuid() != 0:
        return "emulated links need root: network namespaces and TUN devices"
    if shutil.which("ip") is None:
        return "emulated links need iproute2: sudo apt-get install iproute2"
    if not Path("/dev/net/tun").exists():
        return "emulated links need /dev/net/tun"
    return ""


class Links:
    """The process that carries the packets."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self._in: IO[str] = process.stdin
        self._out: IO[str] = process.stdout

    def set(self, room: int, way: str, **changes: Any) -> None:
        """Fields of `way.Setting`, from now on."""
        self._say({"room": room, "way": way, "set": changes})

    def trace(self, file: Path) -> None:
        """Write down what each packet meets; see `carrier`."""
        self._say({"trace": str(file)})

    def figures(self) -> dict[tuple[int, str], dict[str, int]]:
        """By room and way: packets by what became of them."""
        self._say({"figures": True})
        return {(room, way): told for room, way, told in json.loads(self.answer())}

    def answer(self) -> str:
        """The next line; empty when the process ended."""
        return self._out.readline()

    def close(self) -> None:
        """All of them end, and what runs in their namespaces."""
        self._in.close()

    def _say(self, command: dict[str, Any]) -> None:
        self._in.write(json.dumps(command) + "\n")
        self._in.flush()


@dataclass(frozen=True, slots=True)
class Place:
    """A network of its own."""

    name: str
    address: str
    """Its only one."""
    links: Links

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that make it run there."""
        return ("ip", "netns", "exec", self.name)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread, and what it starts or opens meanwhile, is there. OSError when it may not."""
        with open("/proc/self/ns/net", "rb") as ours, open(_NAMESPACES / self.name, "rb") as there:
            _move_to(there)
            try:
                yield
            finally:
                _move_to(ours)


class Center(Place):
    """Where the service runs."""


@dataclass(frozen=True, slots=True)
class FarRoom(Place):
    """A room's network and its link."""

    number: int

    def set(
        self,
        *,
        down_bps: int | None = None,
        up_bps: int | None = None,
        round_trip: float | None = None,
        loss: float | None = None,
        **both: Any,
    ) -> None:
        """What is given changes; `both`: fields of `way.Setting` for both ways."""
        if round_trip is not None:
            both["delay_seconds"] = round_trip / 2
        if loss is not None:
            both["loss"] = loss
        for way, rate_bps in (("down", down_bps), ("up", up_bps)):
            rate = {} if rate_bps is None else {"rate_bps": rate_bps}
            if both or rate:
                self.links.set(self.number, way, **both, **rate)

    def cut(self) -> None:
        """Nothing passes any more."""
        self.set(is_cut=True)

    def mend(self) -> None:
        """As before."""
        self.set(is_cut=False)


def _move_to(namespace: IO[bytes]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def places(rooms: int) -> Iterator[tuple[Center, Sequence[FarRoom]]]:
    """A center and rooms, gone at the end with everything that runs in them."""
    name = f"tl{os.getpid()}x{next(_numbers)}"
    command = [sys.executable, "-m", "tests.support.link.carrier", name, str(rooms)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    links = Links(process)
    with process:
        try:
            if links.answer() != "ready\n":
                raise RuntimeError("the link emulator did not start; it said why above")
            center = Center(center_of(name), CENTER_ADDRESS, links)
            yield (
                center,
                [FarRoom(room_of(name, n), room_address(n), links, n) for n in range(rooms)],
            )
        finally:
            links.close()
            process.wait(CLEAN_UP_SECONDS)
