"""uvicorn inside our own process life: it serves the sockets we bound and leaves signals to us."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.tasks import TaskScope
from streamsvc.tls import CertificateFiles

GRACE_SECONDS = 3
BACKLOG = 2048


class _Server(uvicorn.Server):
    """Signals belong to `streamsvc.run`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """One listening socket and the application behind it."""

    def __init__(
        self,
        app: ASGIApp,
        sock: socket.socket,
        *,
        runs_lifespan: bool,
        trusted_proxies: list[str],
        certificate: CertificateFiles | None = None,
    ) -> None:
        self._sock = sock
        self._tasks = TaskScope("serving")
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                lifespan="on" if runs_lifespan else "off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=trusted_proxies,
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=65,
                backlog=BACKLOG,
                ws_max_size=65_536,
                ssl_certfile=certificate.certificate if certificate else None,
                ssl_keyfile=certificate.key if certificate else None,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; returns when requests are answered. Raises what the application's start raised."""
        self._task = self._tasks.start("uvicorn", self._server.serve(sockets=[self._sock]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise EnvironmentFault("start-failed")
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Stop accepting, let requests finish for a few seconds, run the application's shutdown."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task])
        self._sock.close()
