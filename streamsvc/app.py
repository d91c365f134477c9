"""The composition root: builds every part and joins their ports. The only file that imports all.

Start in order, stop in reverse; what was started is stopped whatever happens in between.
"""

import datetime
import gc
import hmac
import logging
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI

from recorder.broadcast.io.broadcasts import BroadcastMeans, Broadcasts
from recorder.io.catalog import FolderCatalog
from recorder.io.low_copies import LowCopies
from recorder.io.recorder import Recorder
from relay.io.relay import Relay
from relay.io.tap import TapWriter
from relay.settings import RelaySettings
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.settings import TranscodeSettings
from signaling.io.app import create_app
from signaling.io.nobody_watches import NobodyWatches
from signaling.io.services import Services
from signaling.settings import SignalingSettings
from streamsvc import listen, tls
from streamsvc.addresses import machine_addresses, machine_names, url_host
from streamsvc.base.clock import SystemClock
from streamsvc.base.sinks import BothSinks
from streamsvc.courseware.io.workshop import Workshop
from streamsvc.courseware.settings import WorkshopSettings
from streamsvc.data_folder import DataFolder
from streamsvc.demo_service import DemoService
from streamsvc.first_account import database_url
from streamsvc.near import Near
from streamsvc.premieres.house import PremiereHouse
from streamsvc.premieres.shelf import PremiereShelf
from streamsvc.push_process import PushProcess
from streamsvc.readiness import Readiness
from streamsvc.room_sources.house import RoomSourceHouse
from streamsvc.run import until_signal
from streamsvc.school.io.school import School, open_school
from streamsvc.school.io.seed import seed_demo
from streamsvc.serving import Serving
from streamsvc.settings import Settings
from streamsvc.supervise import Supervisor
from streamsvc.timeline import FileTimeline
from streamsvc.tls import CertificateFiles
from streamsvc.trust import ToHttps, trust_router

log = logging.getLogger("streamsvc")


@dataclass(frozen=True, slots=True)
class Sockets:
    """Bound before anything else, so that a taken port is said at once."""

    http: socket.socket
    https: socket.socket | None

    def close(self) -> None:
        """Give the ports back."""
        self.http.close()
        if self.https is not None:
            self.https.close()


async def serve_until_told(settings: Settings) -> None:
    """The whole service, from start to SIGTERM. Raises EnvironmentFault when it can't start."""
    async with running(settings) as demo:
        gc.freeze()  # what is here now stays: the collector never looks at it again
        gc.enable()
        await until_signal(lambda: _say_ready(settings, demo))
        log.info("= stopping")


def _say_ready(settings: Settings, demo: DemoService | None) -> None:
    if demo is not None:
        print(demo.box(), flush=True)
    else:
        print(f"streamsvc is running: {public_url(settings)}", flush=True)


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything else stands on."""

    settings: Settings
    folder: DataFolder
    school: School
    clock: SystemClock
    tap_socket: Path


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[DemoService | None]:
    """Everything started; stopped in reverse when the block ends."""
    async with AsyncExitStack() as stack:
        sockets = _bind(settings)
        stack.callback(sockets.close)
        ground = await _ground(settings, stack)
        certificate = _certificate(settings, ground.folder)
        demo = await _seeded(ground)
        app = await _application(ground, certificate, stack)
        await _serve(settings, app, sockets, certificate, stack)
        if demo is not None:
            demo.start()
            stack.push_async_callback(demo.close)
        yield demo


async def _ground(settings: Settings, stack: AsyncExitStack) -> Ground:
    clock = SystemClock()
    folder = DataFolder(settings.data)
    folder.open()
    stack.callback(folder.close)
    school = await open_school(database_url(settings, folder), clock)
    stack.push_async_callback(school.close)
    socket_folder = Path(tempfile.mkdtemp(prefix="streamsvc-"))  # 0700, and a short path
    stack.callback(shutil.rmtree, socket_folder, ignore_errors=True)
    return Ground(settings, folder, school, clock, socket_folder / "tap")


async def _seeded(ground: Ground) -> DemoService | None:
    if not ground.settings.demo:
        return None
    county = await seed_demo(ground.school, ground.folder.path)
    return DemoService(ground.settings, county, ground.folder, ground.clock)


def _bind(settings: Settings) -> Sockets:
    listen.check_udp(settings.media.host, settings.media.port)
    if settings.media.tcp and settings.media.tcp_port:
        listen.bind_tcp(settings.media.host, settings.media.tcp_port).close()
    http = listen.bind_tcp(settings.http.host, settings.http.port)
    try:
        is_tls = settings.tls.mode != "off"
        https = listen.bind_tcp(settings.http.host, settings.tls.port) if is_tls else None
    except BaseException:
        http.close()
        raise
    return Sockets(http, https)


def _certificate(settings: Settings, folder: DataFolder) -> CertificateFiles | None:
    match settings.tls.mode:
        case "local":
            names = [*machine_names(), "127.0.0.1", *machine_addresses()]
            names += [*settings.tls.names, *settings.media.advertise]
            now = datetime.datetime.now(datetime.UTC)
            return tls.local_certificate(folder.tls, list(dict.fromkeys(names)), now)
        case "files":
            return tls.given_certificate(settings.tls.certificate, settings.tls.key)
    return None


async def _application(
    ground: Ground, certificate: CertificateFiles | None, stack: AsyncExitStack
) -> FastAPI:
    """Recorder process, relay, the tap between them, and signaling in front."""
    settings, clock = ground.settings, ground.clock
    tap = TapWriter(ground.tap_socket, clock)
    broadcasts = _broadcasts(ground)
    transcoders = _transcoders(ground)
    sinks = BothSinks(tap, broadcasts)
    relay = Relay(_relay_settings(settings), clock, sinks, transcoders)
    recorder = Recorder(tap.open, tap.close, clock)
    child = _recorder_process(ground, recorder.on_process_ended)
    child.start()
    stack.push_async_callback(child.close)
    tap.listen(recorder.on_status, relay.request_keyframe, relay.set_tapped)
    stack.push_async_callback(tap.close_all)
    await relay.start()
    stack.push_async_callback(relay.close_all)
    broadcasts.feed_by(lambda lesson, on: relay.set_broadcast(lesson, is_broadcast=on))
    await broadcasts.start()
    stack.push_async_callback(broadcasts.close)
    readiness = _readiness(ground, child, transcoders)
    stack.push_async_callback(readiness.close)
    pushes = PushProcess(settings, clock)
    stack.push_async_callback(pushes.close)
    low_copies = LowCopies(ground.folder.path)
    stack.push_async_callback(low_copies.close)
    services = Services(
        school=ground.school,
        relay=relay,
        recorder=recorder,
        catalog=FolderCatalog(ground.folder.path),
        courseware=Workshop(_workshop_settings(ground), clock),
        premieres=_premieres(ground),
        room_sources=_room_sources(ground),
        timeline=FileTimeline(ground.folder.lessons),
        clock=clock,
        grant_secret=ground.folder.secret(),
        settings=_signaling_settings(settings),
        audience=NobodyWatches() if settings.audience.mode == "off" else broadcasts,
        low_copies=low_copies,
        readiness=readiness,
        pushes=pushes,
    )
    return create_app(services, *_trust(settings, certificate))


def _broadcasts(ground: Ground) -> Broadcasts:
    """Packers of live lessons for who watches by HTTP; a process for each, when somebody asks."""
    settings, clock = ground.settings, ground.clock
    secret = settings.audience.secret.get_secret_value()
    options = ["--log-level", settings.log.level]
    options += ["--min-free-bytes", str(settings.recording.min_free_bytes)]
    options += [] if settings.log.json_lines else ["--log-words"]
    means = BroadcastMeans(
        folder=settings.audience.folder or ground.folder.path / "live",
        sockets=ground.tap_socket.parent,
        secret=secret or hmac.digest(ground.folder.secret(), b"live audience", "sha256").hex(),
        part_seconds=settings.audience.part_seconds,
        keep_seconds=60.0 * settings.audience.keep_minutes,
        most_held=settings.audience.max_held,
        is_always=settings.audience.mode == "always",
        options=options,
    )

    def supervise(name: str, command: Sequence[str]) -> Supervisor:
        return Supervisor(name, command, clock, may_finish=True)

    return Broadcasts(means, clock, supervise)


def _premieres(ground: Ground) -> PremiereHouse:
    settings = ground.settings
    return PremiereHouse(
        PremiereShelf(ground.folder.path / "premieres", ground.folder.path / "recordings"),
        ground.school,
        ground.clock,
        near=Near.of(settings),
        least_free_bytes=settings.recording.min_free_bytes,
    )


def _room_sources(ground: Ground) -> RoomSourceHouse:
    return RoomSourceHouse(
        ground.folder.path / "room_sources",
        ground.school,
        ground.clock,
        near=Near.of(ground.settings),
        networks=ground.settings.media.source_networks,
    )


def _readiness(ground: Ground, recorder: Supervisor, transcoders: Transcoders | None) -> Readiness:
    return Readiness(
        check_database=ground.school.database.check,
        is_recorder_running=lambda: recorder.is_running,
        folder=ground.folder.path,
        min_free_bytes=ground.settings.recording.min_free_bytes,
        office=ground.settings.courseware.office,
        lacks_transcoders=(lambda: transcoders.is_short) if transcoders is not None else None,
    )


def _workshop_settings(ground: Ground) -> WorkshopSettings:
    courseware = ground.settings.courseware
    return WorkshopSettings(
        folder=ground.folder.courseware,
        max_bytes=courseware.max_bytes,
        max_slides=courseware.max_slides,
        max_seconds=courseware.max_seconds,
        max_memory_bytes=courseware.max_memory_bytes,
        office=courseware.office,
        office_online=courseware.office_online,
        min_free_bytes=ground.settings.recording.min_free_bytes,
    )


def _trust(settings: Settings, certificate: CertificateFiles | None) -> list[APIRouter]:
    if certificate is None or certificate.authority is None:
        return []
    return [trust_router(certificate.authority, settings.http.port, settings.tls.port)]


def _recorder_process(ground: Ground, on_end: Callable[[], None]) -> Supervisor:
    settings = ground.settings
    command = [
        sys.executable, "-m", "recorder",
        "--socket", str(ground.tap_socket),
        "--data", str(ground.folder.path),
        "--min-free-bytes", str(settings.recording.min_free_bytes),
        "--keep-journal-days", str(settings.recording.keep_journal_days),
        "--log-level", settings.log.level,
    ]  # fmt: skip
    if not settings.log.json_lines:
        command.append("--log-words")
    return Supervisor("recorder", command, ground.clock, on_end=on_end)


def _transcoders(ground: Ground) -> Transcoders | None:
    """Their sockets are beside the tap's."""
    if not ground.settings.media.transcode:
        return None
    clock = ground.clock

    def supervise(name: str, command: Sequence[str], on_end: Callable[[], None]) -> Supervisor:
        return Supervisor(name, command, clock, on_end=on_end)

    made = TranscodeSettings(most_children=ground.settings.media.most_transcoders)
    return Transcoders(ground.tap_socket.parent, made, clock, supervise)


def _relay_settings(settings: Settings) -> RelaySettings:
    return RelaySettings(
        media_host=settings.media.host,
        media_port=settings.media.port,
        media_by_tcp=settings.media.tcp,
        media_tcp_port=settings.media.tcp_port,
        outer_tcp_port=settings.media.outer_tcp_port,
        other_tcp_ports=(settings.http.port, settings.tls.port),
        advertise=tuple(settings.media.advertise),
        max_peers=settings.media.max_peers,
    )


def _signaling_settings(settings: Settings) -> SignalingSettings:
    return SignalingSettings(
        public_url=public_url(settings),
        secure_cookies=public_url(settings).startswith("https://"),
        trusted_proxies=tuple(settings.http.trusted_proxies),
        web_dist=settings.web_dist,
        stun_urls=tuple(settings.media.stun_urls),
        turn_urls=tuple(settings.media.turn_urls),
        turn_secret=settings.media.turn_secret.get_secret_value(),
        metrics_token=settings.metrics_token,
    )


def public_url(settings: Settings) -> str:
    """What people type: as set, or worked out from this machine's first address."""
    if settings.http.public_url:
        return settings.http.public_url.rstrip("/")
    host = url_host(next(iter(machine_addresses()), "localhost"))
    if settings.tls.mode == "off":
        return f"http://{host}:{settings.http.port}"
    return f"https://{host}:{settings.tls.port}"


async def _serve(
    settings: Settings,
    app: FastAPI,
    sockets: Sockets,
    certificate: CertificateFiles | None,
    stack: AsyncExitStack,
) -> None:
    """The application on its sockets; the first one runs its lifespan."""
    proxies = settings.http.trusted_proxies
    plain = Serving(
        app if sockets.https is None else ToHttps(app, settings.tls.port),
        sockets.http,
        runs_lifespan=True,
        trusted_proxies=proxies,
    )
    await plain.start()
    stack.push_async_callback(plain.close)
    if sockets.https is not None:
        secure = Serving(
            app,
            sockets.https,
            runs_lifespan=False,
            trusted_proxies=proxies,
            certificate=certificate,
        )
        await secure.start()
        stack.push_async_callback(secure.close)
