"""The real service as a real process, on free ports, with its own data folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.waiting import SECOND, until_sync

START_SECONDS = 60


def free_tcp_port() -> int:
    """A TCP port nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def free_udp_port() -> int:
    """A UDP port nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Service:
    """`streamsvc serve` on this machine. `start()` may be called again after `stop()` or `kill()`:
    same ports, same data."""

    def __init__(self, data: Path, *flags: str, prefix: tuple[str, ...] = ()) -> None:
        self.data = data
        self.port = free_tcp_port()
        self.media_port = free_udp_port()
        self.log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self._flags = flags
        self._prefix = prefix

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://localhost:{self.port}"

    def start(self, environment: dict[str, str] | None = None) -> None:
        """Start and wait until it is ready."""
        command = [
            *self._prefix, sys.executable, "-m", "streamsvc", "serve",
            "--port", str(self.port), "--media-port", str(self.media_port),
            "--data", str(self.data), *self._flags,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        until_sync(self.is_ready, START_SECONDS, f"service ready; its log:\n{self.words()[-3000:]}")

    def is_ready(self) -> bool:
        """/readyz answers 200. AssertionError if the process ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended:\n{self.words()[-3000:]}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def words(self) -> str:
        """What it printed so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def stop(self) -> int:
        """SIGTERM; the exit code. AssertionError if it does not end in 15 s."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15 * SECOND)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop:\n{self.words()[-3000:]}") from None

    def kill(self) -> None:
        """SIGKILL at this instant."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(15)

    def close(self) -> None:
        """Leave nothing running."""
        if self.process is not None and self.process.poll() is None:
            self.stop()


@contextmanager
def running(
    data: Path,
    *flags: str,
    prefix: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Iterator[Service]:
    """A started service, stopped at the end."""
    service = Service(data, *flags, prefix=prefix)
    try:
        began = time.monotonic()
        service.start(environment)
        print(f"service ready after {time.monotonic() - began:.1f} s")
        yield service
    finally:
        service.close()
