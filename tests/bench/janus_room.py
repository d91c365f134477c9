"""Janus VideoRoom as a door of the swarm, and a Janus of our own to measure.

    with running_janus(event_loops=2) as janus:
        plan = SwarmPlan(watch=janus.watch, publish=janus.publish, server_pids=(janus.pid,), ...)

One WebSocket and session per peer, as Janus's own pages have. Janus leaves loopback interfaces out
of its candidates; `janus_loopback.c`, preloaded, shows it `lo` as an ordinary one.
"""

import asyncio
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from relay.client.swarm.door import Descriptions, Entrance, Leave
from streamsvc.base.errors import PeerGone, UserError
from streamsvc.base.tasks import TaskScope
from tests.support.service import free_tcp_port

ROOM = 1000
PUBLISHER = 1
ANSWER_SECONDS = 20.0
KEEPALIVE_SECONDS = 25.0
START_SECONDS = 20.0
LOOPBACK = "127.0.0.1"
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")
LOOPBACK_SOURCE = Path(__file__).with_name("janus_loopback.c")
_UNUSED_PLUGINS = (
    "audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming",
    "textroom", "videocall", "voicemail",
)  # fmt: skip
_UNUSED_TRANSPORTS = ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq")


class JanusSession:
    """A session with one VideoRoom handle, on its own WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session: dict[str, int] = {}
        self._scope = TaskScope("janus")

    async def open(self) -> None:
        """Create the session and attach the plugin."""
        self._scope.start("read", self._read())
        self._session["session_id"] = (await self._ask({"janus": "create"}))["data"]["id"]
        attach = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        self._session["handle_id"] = (await self._ask(attach))["data"]["id"]
        self._scope.start("keepalive", self._keep_alive())

    async def message(self, body: dict[str, Any], jsep: dict[str, str] | None = None) -> Any:
        """A request to the room. Raises UserError `janus-...` when it says no."""
        message: dict[str, Any] = {"janus": "message", "body": body}
        return await self._ask(message | ({"jsep": jsep} if jsep else {}))

    async def close(self) -> None:
        """Hang up; Janus ends what belongs to the session."""
        with suppress(PeerGone, UserError):
            await self._ask({"janus": "destroy"})
        await self._scope.close()
        await self._socket.close()

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        transaction = str(next(self._numbers))
        future = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        text = json.dumps(self._session | message | {"transaction": transaction})
        try:
            await self._socket.send(text)
            answer: dict[str, Any] = await asyncio.wait_for(future, ANSWER_SECONDS)
        except (TimeoutError, WebSocketException) as error:
            raise PeerGone("media-server-unreachable") from error
        finally:
            del self._waiting[transaction]
        refused = answer.get("plugindata", {}).get("data", {}).get("error_code")
        if answer["janus"] == "error" or refused is not None:
            code = refused or answer["error"]["code"]
            raise UserError(f"janus-{code}")
        return answer

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                message = json.loads(text)
                future = self._waiting.get(message.get("transaction", ""))
                if future is not None and not future.done() and message["janus"] != "ack":
                    future.set_result(message)
        except WebSocketException:
            return

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE_SECONDS)
            await self._ask({"janus": "keepalive"})


@asynccontextmanager
async def janus_session(url: str) -> AsyncIterator[JanusSession]:
    """An open session, closed at the end."""
    session = await _connected(url)
    try:
        yield session
    finally:
        await session.close()


async def _connected(url: str) -> JanusSession:
    try:
        protocols = [Subprotocol("janus-protocol")]
        web_socket = await connect(url, subprotocols=protocols, compression=None, open_timeout=30)
    except (OSError, WebSocketException) as error:
        raise PeerGone("media-server-unreachable") from error
    session = JanusSession(web_socket)
    await session.open()
    return session


class _Publish:
    """We offer, Janus answers."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def enter(self, peer: Descriptions) -> Leave:
        session = await _connected(self._url)
        join = {"request": "join", "ptype": "publisher", "room": ROOM, "id": PUBLISHER}
        await session.message(join)
        publish = {"request": "publish", "audio": True, "video": True}
        answer = await session.message(publish, {"type": "offer", "sdp": peer.offer()})
        peer.accept(answer["jsep"]["sdp"])
        return session.close


class _Watch:
    """Janus offers, we answer."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def enter(self, peer: Descriptions) -> Leave:
        session = await _connected(self._url)
        streams = [{"feed": PUBLISHER}]
        join = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams}
        offer = await session.message(join)
        answer = {"type": "answer", "sdp": peer.answer(offer["jsep"]["sdp"])}
        await session.message({"request": "start"}, answer)
        return session.close


@dataclass(frozen=True, slots=True)
class JanusDoor:
    """One room of a Janus; see `Door`."""

    url: str
    is_publisher: bool

    @property
    def host(self) -> str:
        """See `Door`."""
        return urlsplit(self.url).hostname or "localhost"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Entrance]:
        """Peers have nothing in common here."""
        yield _Publish(self.url) if self.is_publisher else _Watch(self.url)


@dataclass(frozen=True, slots=True)
class Janus:
    """A running one, with an H.264 room."""

    pid: int
    url: str

    @property
    def watch(self) -> JanusDoor:
        """For receivers."""
        return JanusDoor(self.url, is_publisher=False)

    @property
    def publish(self) -> JanusDoor:
        """For the publisher."""
        return JanusDoor(self.url, is_publisher=True)


def is_installed() -> bool:
    """Debian's `janus`, and a compiler for the loopback trick."""
    return shutil.which("janus") is not None and shutil.which("cc") is not None


@contextmanager
def running_janus(
    *, event_loops: int = 0, address: str = LOOPBACK, interface: str = "lo"
) -> Iterator[Janus]:
    """A Janus with its own settings on a free port: as installed (a thread for each viewer), or
    with so many event loops. It listens at one address and forwards on one interface only."""
    port = free_tcp_port()
    with tempfile.TemporaryDirectory(prefix="janus-") as name:
        folder = Path(name)
        _write_settings(folder, (address, port), interface, event_loops)
        log = (folder / "log").open("wb")
        process = subprocess.Popen(
            ["janus", "-F", str(folder), "-o"],
            env=os.environ | _loopback_shown(folder, address),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for((address, port), process, folder / "log")
            url = f"ws://{address}:{port}"
            asyncio.run(_make_room(url))
            yield Janus(process.pid, url)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def _write_settings(folder: Path, place: tuple[str, int], interface: str, event_loops: int) -> None:
    address, port = place
    loops = f"event_loops = {event_loops}" if event_loops else ""
    plugins = ",".join(f"libjanus_{name}.so" for name in _UNUSED_PLUGINS)
    transports = ",".join(f"libjanus_{name}.so" for name in _UNUSED_TRANSPORTS)
    (folder / "janus.jcfg").write_text(
        f"""general: {{ configs_folder = "{folder}"; plugins_folder = "{LIBRARIES}/plugins"
  transports_folder = "{LIBRARIES}/transports"; events_folder = "{LIBRARIES}/events"
  loggers_folder = "{LIBRARIES}/loggers"; debug_level = 3; {loops} }}
nat: {{ ice_enforce_list = "{interface}" }}
media: {{ }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact"; ws = true; ws_port = {port}; ws_ip = "{address}" }}\n'
        "admin: { admin_ws = false }\n"
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { events = false }\n")


def _loopback_shown(folder: Path, address: str) -> dict[str, str]:
    """Variables with which Janus forwards on loopback, where that is wanted."""
    if address != LOOPBACK:
        return {}
    library = folder / "loopback.so"
    flags = ["-O2", "-Wall", "-shared", "-fPIC"]
    command = ["cc", *flags, "-o", str(library), str(LOOPBACK_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return {"LD_PRELOAD": str(library)}


def _wait_for(place: tuple[str, int], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(place) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"janus did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


async def _make_room(url: str) -> None:
    """A room that outlives the session that made it."""
    async with janus_session(url) as session:
        room = {"request": "create", "room": ROOM, "publishers": 1, "bitrate": 0, "fir_freq": 0}
        await session.message(room | {"audiocodec": "opus", "videocodec": "h264"})
