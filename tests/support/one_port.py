"""One address whose port 443 serves pages, TURN/TLS and media by TCP: nginx and coturn as `deploy/`
sets them up, in a network namespace of the tests.

The files of `deploy/` are used as they are but for names, addresses, ports and paths.
"""

import datetime
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from streamsvc import tls
from tests.support.link.carrier import CENTER_ADDRESS
from tests.support.service import Service
from tests.support.waiting import until_sync

DEPLOY = Path(__file__).parents[2] / "deploy"
STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
PAGES, TURN = "class.example.org", "turn.school.example"
SECRET = "a-secret-of-the-tests"
START_SECONDS = 10
_EXAMPLE_ADDRESS = "203.0.113.7"


def why_not() -> str:
    """Why it can't run here, in words; empty where it can."""
    if shutil.which("turnserver") is None:
        return "TURN needs coturn: sudo apt-get install coturn"
    if shutil.which("nginx") is None or not STREAM_MODULE.exists():
        return "one port needs nginx: sudo apt-get install nginx-light libnginx-mod-stream"
    return ""


ENVIRONMENT: Mapping[str, str] = {
    "STREAMSVC_MEDIA__OUTER_TCP_PORT": "443",
    "STREAMSVC_MEDIA__TURN_URLS": f'["turns:{TURN}:443?transport=tcp"]',
    "STREAMSVC_MEDIA__TURN_SECRET": SECRET,
}
FLAGS = ("--host", "127.0.0.1", "--advertise", CENTER_ADDRESS)
"""No --public-url: the tests' own clients come by plain HTTP, and would keep no Secure cookie."""


TRUSTING = "--ignore-certificate-errors"
"""For Chromium: the certificate is the tests' own."""


@contextmanager
def names_known(namespace: str) -> Iterator[None]:
    """Both names lead to the center for what `ip netns exec` starts there from now on. Chromium
    asks for a TURN server with a dot at the end, and the file must have it so."""
    folder = Path("/etc/netns") / namespace
    folder.mkdir(parents=True)
    try:
        names = f"{PAGES} {TURN} {TURN}."
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n{CENTER_ADDRESS} {names}\n")
        yield
    finally:
        shutil.rmtree(folder)


@contextmanager
def one_port(service: Service, folder: Path) -> Iterator[None]:
    """nginx and coturn before `service`, in the namespace of the calling thread."""
    now = datetime.datetime.now(datetime.UTC)
    files = tls.local_certificate(folder / "tls", [PAGES, TURN], now)
    chain, key = str(files.certificate), str(files.key)
    (folder / "turnserver.conf").write_text(_turnserver(chain, key))
    (folder / "nginx.conf").write_text(_nginx(service, chain, key, folder))
    turn = ["turnserver", "-c", str(folder / "turnserver.conf"), "--log-file=stdout"]
    web = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with ExitStack() as stack:
        stack.enter_context(_running(turn, 5349, folder / "turnserver.log"))
        stack.enter_context(_running(web, 443, folder / "nginx.log"))
        yield


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        until_sync(lambda: _is_open(port), START_SECONDS, f"{command[0]} listens")
        yield
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _turnserver(chain: str, key: str) -> str:
    words = (DEPLOY / "turnserver.conf").read_text("utf-8")
    words = words.replace(_EXAMPLE_ADDRESS, CENTER_ADDRESS).replace("CHANGE-ME", SECRET)
    live = f"/etc/letsencrypt/live/{TURN}"
    return words.replace(f"{live}/fullchain.pem", chain).replace(f"{live}/privkey.pem", key)


def _nginx(service: Service, chain: str, key: str, folder: Path) -> str:
    pages = (DEPLOY / "nginx.conf").read_text("utf-8")
    behind = "listen 127.0.0.1:8444 ssl http2 proxy_protocol;\nset_real_ip_from 127.0.0.1;\n"
    pages = pages.replace("listen 443 ssl http2;", behind + "real_ip_header proxy_protocol;")
    pages = pages.replace("listen [::]:443 ssl http2;", "")
    live = f"/etc/letsencrypt/live/{PAGES}"
    pages = pages.replace(f"{live}/fullchain.pem", chain).replace(f"{live}/privkey.pem", key)
    pages = pages.replace("127.0.0.1:8080", f"127.0.0.1:{service.port}")
    streams = (DEPLOY / "nginx-443.conf").read_text("utf-8")
    told = "$ssl_preread_protocol $ssl_preread_server_name: $server_port $status $session_time"
    log = f"log_format told '{told}';\naccess_log {folder}/nginx-streams.log told;\n"
    streams = streams.replace("stream {\n", "stream {\n" + log)
    streams = streams.replace("127.0.0.1:8081", f"127.0.0.1:{service.media_port}")
    return f"""
load_module {STREAM_MODULE};
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/nginx-access.log;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
{pages}
}}
{streams}
"""
