"""A classroom's own network: a network namespace behind a cable that can be pulled. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

_numbers = count(1)


@dataclass(frozen=True)
class FarNetwork:
    """Its name, and where the service is found from inside."""

    name: str
    service_address: str
    cable: str

    def cut(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Put it back."""
        _ip("link", "set", self.cable, "up")


@contextmanager
def far_network() -> Iterator[FarNetwork]:
    """One namespace, joined to this machine by a veth pair. Make it before the service starts, so
    that the service offers its address."""
    number = next(_numbers)
    name = f"room{os.getpid()}-{number}"
    near, far = f"n{os.getpid()}-{number}", f"f{os.getpid()}-{number}"
    prefix = f"10.{200 + number % 50}.{os.getpid() % 250}"
    network = FarNetwork(name, f"{prefix}.1", near)
    _ip("netns", "add", name)
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _ip("addr", "add", f"{prefix}.1/24", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", name, "addr", "add", f"{prefix}.2/24", "dev", far)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", far, "up")
        yield network
    finally:
        _ip("link", "del", near, check=False)
        _ip("netns", "del", name, check=False)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)
