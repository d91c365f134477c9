"""Two machines on one LAN: network namespaces joined by a cable. Needs root and iproute2."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="network namespaces need root and iproute2",
)


@dataclass(frozen=True, slots=True)
class Host:
    """One machine: its namespace and its only address."""

    name: str
    address: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that make it run on this machine."""
        return ("ip", "netns", "exec", self.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """The two machines, gone at the end with their cable."""
    tag = f"ss{os.getpid()}"
    first = Host(f"{tag}-a", "198.18.7.1")
    second = Host(f"{tag}-b", "198.18.7.2")
    made: list[Host] = []
    try:
        for host in (first, second):
            _ip("netns", "add", host.name)
            made.append(host)
            _ip("-n", host.name, "link", "set", "lo", "up")
        _ip("-n", first.name, "link", "add", "lan", "type", "veth",
            "peer", "name", "lan", "netns", second.name)  # fmt: skip
        for host in made:
            _ip("-n", host.name, "address", "add", f"{host.address}/30", "dev", "lan")
            _ip("-n", host.name, "link", "set", "lan", "up")
        yield first, second
    finally:
        for host in made:
            _ip("netns", "delete", host.name)
