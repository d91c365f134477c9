"""A recorder host teaches by RTSP: GStreamer's server as the camera, our relay, our viewer."""

import asyncio
import datetime
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from relay.client.http_session import fixed_grant
from relay.client.teach import TeachEnd
from relay.ingest.address import parse_address, parse_networks
from relay.ingest.teach import Door, SourceReport, SourceState, SourceTeacher, wait_seconds
from streamsvc import tls
from streamsvc.addresses import machine_addresses
from streamsvc.base.errors import UserError
from streamsvc.base.media import Slot
from streamsvc.base.tasks import TaskScope
from tests.support.media_doors import MediaDoors, media_doors, viewer
from tests.support.rtsp_servers import (
    HEIGHT,
    PASSWORD,
    USER,
    WIDTH,
    Answer,
    GstServer,
    bad_server,
    cseq,
    gst_server,
    launch,
    launch_with_sound,
    middle,
    needs_gstreamer,
    write_film,
)
from tests.support.service import free_tcp_port
from tests.support.waiting import until

pytestmark = pytest.mark.integration
HERE = parse_networks(["127.0.0.0/8"])


@pytest.fixture
async def doors() -> AsyncIterator[MediaDoors]:
    async with media_doors() as opened:
        yield opened


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", options={"profile": "baseline"})


@dataclass
class Taught:
    """What the teacher's page would be told, in order."""

    reports: list[SourceReport] = field(default_factory=list)
    teaching: asyncio.Task[TeachEnd] | None = None

    @property
    def is_on_air(self) -> bool:
        return bool(self.reports) and self.reports[-1].state is SourceState.ON_AIR

    @property
    def troubles(self) -> list[str]:
        return [report.error.error_id for report in self.reports if report.error is not None]


@asynccontextmanager
async def taught(
    doors: MediaDoors, url: str, user: str = "", password: str = "", *, take_over: bool = False
) -> AsyncIterator[Taught]:
    state, scope = Taught(), TaskScope("test")
    async with httpx.AsyncClient() as http:
        teacher = SourceTeacher(
            parse_address(url, user, password),
            Door(doors.whip(Slot.LEAD), fixed_grant("recorder"), http),
            allowed=HERE,
            on_report=state.reports.append,
        )
        state.teaching = scope.start("teach", teacher.keep(take_over=take_over))
        try:
            yield state
        finally:
            await scope.close()


async def _is_seen_and_heard(doors: MediaDoors) -> None:
    async with viewer(doors) as watching:
        seen = watching.seen
        await until(lambda: seen.pictures[0].frames > 20, 30, "the camera's picture")
        await until(lambda: seen.sounds[0].loudest > 0.05, 20, "the camera's tone")
        assert (seen.pictures[0].width, seen.pictures[0].height) == (WIDTH, HEIGHT)


@needs_gstreamer
@pytest.mark.parametrize("sign_in", ["digest", "basic"])
async def test_h264_and_g711_are_seen_and_heard(
    doors: MediaDoors, film: Path, sign_in: str
) -> None:
    async with (
        gst_server(launch(film), sign_in) as camera,
        taught(doors, camera.url, USER, PASSWORD) as lesson,
    ):
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        assert not lesson.reports[-1].is_recoding
        await _is_seen_and_heard(doors)
    assert "publication_closed lead asked" in doors.events.lines


@needs_gstreamer
async def test_h265_and_aac_are_encoded_again(doors: MediaDoors, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", "libx265", with_sound=True)
    pipeline = launch_with_sound(film, "rtph265pay", "rtpmp4gpay")
    async with gst_server(pipeline) as camera, taught(doors, camera.url) as lesson:
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        assert lesson.reports[-1].is_recoding
        await _is_seen_and_heard(doors)


@needs_gstreamer
async def test_pictures_out_of_order_are_encoded_again(doors: MediaDoors, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", options={"bf": "2", "preset": "fast"})
    async with gst_server(launch(film)) as camera, taught(doors, camera.url) as lesson:
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        assert lesson.reports[-1].is_recoding
        await _is_seen_and_heard(doors)


@needs_gstreamer
async def test_comes_by_tls_whoever_signed_it(
    doors: MediaDoors, film: Path, tmp_path: Path
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    files = tls.local_certificate(tmp_path / "tls", ["camera"], now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    async with (
        gst_server(launch(film), "digest") as camera,
        middle(camera.port, context) as by_tls,
        taught(doors, by_tls.url.replace("rtsp:", "rtsps:"), USER, PASSWORD) as lesson,
    ):
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        await _is_seen_and_heard(doors)


@needs_gstreamer
async def test_comes_back_after_a_cut(
    doors: MediaDoors, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.ingest.teach.FIRST_WAIT_SECONDS", 0.3)
    async with gst_server(launch(film)) as camera, taught(doors, camera.url) as lesson:
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        await camera.kill()
        await until(lambda: lesson.troubles, 10, "the cut is told")
        closed = "publication_closed lead asked"
        await until(lambda: closed in doors.events.lines, 10, "the slot is free")
        await until(lambda: "source-unreachable" in lesson.troubles, 20, "gone is told")
        await camera.start()
        await until(lambda: lesson.is_on_air, 30, f"on air again: {lesson.reports}")
        assert lesson.troubles[0] == "source-cut"
        await _is_seen_and_heard(doors)


@needs_gstreamer
async def test_standing_still_is_told_and_mended(
    doors: MediaDoors, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.ingest.teach.SILENCE_SECONDS", 2.0)
    async with gst_server(launch(film)) as camera, taught(doors, camera.url) as lesson:
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        assert camera.process is not None
        camera.process.send_signal(signal.SIGSTOP)
        await until(lambda: "source-silent" in lesson.troubles, 15, "silence is told")
        camera.process.send_signal(signal.SIGCONT)
        await until(lambda: lesson.is_on_air, 60, f"on air again: {lesson.reports}")


@needs_gstreamer
@pytest.mark.parametrize(
    ("codec", "payloader"), [("libx264", "rtph264pay"), ("libx265", "rtph265pay")]
)
async def test_bad_bytes_in_the_middle_are_survived(
    doors: MediaDoors, tmp_path: Path, codec: str, payloader: str
) -> None:
    film = write_film(tmp_path / "film.mp4", codec)
    async with (
        gst_server(launch(film, payloader)) as camera,
        middle(camera.port) as bad,
        taught(doors, bad.url) as lesson,
    ):
        await until(lambda: lesson.is_on_air, 30, f"on air: {lesson.reports}")
        bad.is_bad = True
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        bad.is_bad = False
        assert lesson.troubles[0] in ("source-unreadable", "source-cut", "source-clock-jumped")
        await until(lambda: lesson.is_on_air, 60, f"on air again: {lesson.reports}")
        await _is_seen_and_heard(doors)


@needs_gstreamer
@pytest.mark.parametrize("password", ["", "wrong"])
async def test_wrong_password_is_told_and_not_tried_often(
    doors: MediaDoors, film: Path, password: str
) -> None:
    async with (
        gst_server(launch(film), "digest") as camera,
        taught(doors, camera.url, USER, password) as lesson,
    ):
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        assert lesson.troubles == ["source-password-wrong"]
        assert lesson.reports[-1].wait_seconds >= 300
    assert doors.events.lines == []


@needs_gstreamer
async def test_wrong_path_is_told(doors: MediaDoors, film: Path) -> None:
    async with (
        gst_server(launch(film)) as camera,
        taught(doors, camera.url.replace("lesson", "other")) as lesson,
    ):
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        assert lesson.troubles[0] == "source-stream-unknown"


def _noise(_: str) -> bytes:
    return b"\x00\x01garbage\r\n" * 30


def _web(_: str) -> bytes:
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def _bad_description(request: str) -> bytes:
    body = b"" if request.startswith("OPTIONS") else b"m=video 0 RTP/AVP 96\r\na=\xff\xfe\r\n" * 50
    head = f"RTSP/1.0 200 OK\r\nCSeq: {cseq(request)}\r\nPublic: DESCRIBE\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("answer", [_noise, _web, _bad_description])
async def test_garbage_is_told(doors: MediaDoors, answer: Answer) -> None:
    async with bad_server(answer) as server, taught(doors, server.url) as lesson:
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        assert lesson.troubles[0] == "source-unreadable"
    assert doors.events.lines == []


async def test_nobody_follows_a_redirection(doors: MediaDoors) -> None:
    async with bad_server(lambda _: b"") as other:

        def elsewhere(request: str) -> bytes:
            head = f"RTSP/1.0 302 Found\r\nCSeq: {cseq(request)}\r\nLocation: {other.url}\r\n"
            return f"{head}Content-Length: 0\r\n\r\n".encode()

        async with bad_server(elsewhere) as server, taught(doors, server.url) as lesson:
            await until(lambda: lesson.troubles, 20, "a trouble is told")
            assert lesson.troubles[0] == "source-redirects"
            assert server.connections == 1
        assert other.connections == 0


async def test_saying_nothing_is_told(doors: MediaDoors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.ingest.pull.OPEN_SECONDS", 1.0)
    async with bad_server(lambda _: b"") as server, taught(doors, server.url) as lesson:
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        assert lesson.troubles[0] == "source-silent"


async def test_nobody_there_is_told(doors: MediaDoors) -> None:
    async with taught(doors, f"rtsp://127.0.0.1:{free_tcp_port()}/x") as lesson:
        await until(lambda: lesson.troubles, 20, "a trouble is told")
        assert lesson.troubles[0] == "source-unreachable"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "0.0.0.0"])
async def test_own_network_is_refused(doors: MediaDoors, host: str) -> None:
    async with bad_server(lambda _: b"") as server, httpx.AsyncClient() as http:
        address = parse_address(server.url.replace("127.0.0.1", host))
        door = Door(doors.whip(Slot.LEAD), fixed_grant("recorder"), http)
        with pytest.raises(UserError, match="source-address-refused"):
            await SourceTeacher(address, door).keep()
        assert server.connections == 0


async def test_outer_address_of_this_machine_is_refused(doors: MediaDoors) -> None:
    outer = [address for address in machine_addresses() if "." in address]
    if not outer:
        pytest.skip("this machine has loopback only")
    async with bad_server(lambda _: b"", outer[0]) as server, httpx.AsyncClient() as http:
        door = Door(doors.whip(Slot.LEAD), fixed_grant("recorder"), http)
        with pytest.raises(UserError, match="source-address-refused"):
            await SourceTeacher(parse_address(server.url), door).keep()
        assert server.requests == []


@needs_gstreamer
async def test_leaves_when_somebody_takes_over(
    doors: MediaDoors, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.ingest.teach.FIRST_WAIT_SECONDS", 0.1)
    async with gst_server(launch(film)) as camera, taught(doors, camera.url) as first:
        await until(lambda: first.is_on_air, 30, f"on air: {first.reports}")
        async with taught(doors, camera.url, take_over=True) as second:
            assert first.teaching is not None
            async with asyncio.timeout(60):
                assert await first.teaching is TeachEnd.TAKEN_OVER
            await until(lambda: second.is_on_air, 30, f"on air: {second.reports}")


@needs_gstreamer
async def test_takes_over_also_when_the_camera_comes_late(
    doors: MediaDoors, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.ingest.teach.FIRST_WAIT_SECONDS", 0.3)
    late = GstServer(launch(film), port=free_tcp_port())
    async with gst_server(launch(film)) as camera, taught(doors, camera.url) as first:
        await until(lambda: first.is_on_air, 30, f"on air: {first.reports}")
        async with taught(doors, late.url, take_over=True) as second:
            await until(lambda: second.troubles, 10, "it is not there yet")
            await late.start()
            try:
                await until(lambda: second.is_on_air, 30, f"on air: {second.reports}")
            finally:
                await late.kill()
        assert "publication_closed lead replaced" in doors.events.lines


def test_waits_double_up_to_half_a_minute() -> None:
    waits = [wait_seconds(attempt, "source-cut") for attempt in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
