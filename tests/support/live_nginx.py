"""nginx before a service's live lessons, as `deploy/nginx.conf` sets it up but for TLS, names and
paths."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.service import free_tcp_port
from tests.support.waiting import until_sync

DEPLOY = Path(__file__).parents[2] / "deploy"
START_SECONDS = 10


@dataclass(frozen=True)
class LiveNginx:
    """One that runs."""

    port: int
    pid: int


def why_not() -> str:
    """Why it can't run here, in words; empty where it can."""
    if shutil.which("nginx") is None:
        return "needs nginx: sudo apt-get install nginx-light"
    return ""


@contextmanager
def live_nginx(folder: Path, *, service_port: int, live: Path, secret: str) -> Iterator[LiveNginx]:
    """Plain HTTP on a free port; its files are below `folder`."""
    port = free_tcp_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(_words(folder, port, service_port, live, secret))
    with (folder / "nginx.log").open("wb") as out:
        process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until_sync(
            lambda: process.poll() is not None or _has_worker(process.pid),
            START_SECONDS,
            "nginx runs",
        )
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield LiveNginx(port, process.pid)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _has_worker(pid: int) -> bool:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return children.exists() and bool(children.read_text().split())


def _words(folder: Path, port: int, service_port: int, live: Path, secret: str) -> str:
    pages = (DEPLOY / "nginx.conf").read_text("utf-8")
    first = pages.index("server {\n    listen 80;")
    second = pages.index("server {\n    listen 443")
    pages = pages[:first] + pages[second:]
    pages = pages.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    pages = "\n".join(
        line for line in pages.splitlines() if "listen [::]" not in line and "ssl_" not in line
    )
    pages = pages.replace("127.0.0.1:8080", f"127.0.0.1:{service_port}")
    pages = pages.replace("/var/cache/streamsvc-live", str(folder / "cache"))
    pages = pages.replace("/var/lib/streamsvc-live", str(live)).replace("CHANGE-ME", secret)
    return f"""
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
events {{ worker_connections 12000; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
{pages}
}}
"""
