"""`streamsvc doctor`: looks at everything the service stands on and says what to do about each.

Each check is a small function: settings in, finding out. A finding is `ok`, `note` (works, could be
better) or `fault` (something will not work).
"""

import datetime
import json
import os
import platform
import shutil
import socket
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import av
import pylibsrtp

from relay.transcode.io.transcoders import children_for
from streamsvc import listen, tls, turn_check
from streamsvc.addresses import machine_addresses
from streamsvc.base.errors import EnvironmentFault
from streamsvc.courseware.io.confine import can_leave_network
from streamsvc.courseware.io.office import OFF, office_program
from streamsvc.readiness import TRANSCODERS_FULL
from streamsvc.rtmp_check import Listener, unreached, who_listens
from streamsvc.settings import Settings

WANTED_SOCKET_BYTES = 4_000_000
OLDEST_PYTHON = (3, 11)
COMFORTABLE_BYTES = 10_000_000_000
ENCODERS = ("libx264", "libopus")
_HERE_ALONE = ("127.0.0.1", "::1", "localhost")
DECODERS = ("h264", "vp8", "opus")


class Grade(StrEnum):
    """How bad."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw; `advice` is the next step, empty when all is well."""

    name: str
    grade: Grade
    words: str
    advice: str = ""


Check = Callable[[Settings], Finding]


def python_version(settings: Settings) -> Finding:
    """3.11 or newer."""
    words = "Python " + platform.python_version()
    major, minor, _ = platform.python_version_tuple()
    if (int(major), int(minor)) >= OLDEST_PYTHON:
        return Finding("python", Grade.OK, words)
    return Finding("python", Grade.FAULT, words, "install Python 3.11 or newer")


def compiler(settings: Settings) -> Finding:
    """Needed only where a package has no ready wheel for this machine."""
    found = shutil.which("cc") or shutil.which("gcc")
    if found:
        return Finding("compiler", Grade.OK, found)
    return Finding(
        "compiler",
        Grade.NOTE,
        "no C compiler",
        "to build a package without a ready wheel: sudo apt-get install build-essential",
    )


def disk(settings: Settings) -> Finding:
    """Room for recordings, and the right to write them."""
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return Finding(
            "disk", Grade.FAULT, f"{folder}: {error.strerror}", f"sudo chown $USER {folder}"
        )
    free = shutil.disk_usage(folder).free
    words = f"{folder}: {free / 1e9:.1f} GB free"
    if free < settings.recording.min_free_bytes:
        return Finding("disk", Grade.FAULT, words, "free some space: nothing will be recorded")
    if free < COMFORTABLE_BYTES:
        return Finding("disk", Grade.NOTE, words, "a lesson of 40 minutes takes about 0.5 GB")
    return Finding("disk", Grade.OK, words)


def http_port(settings: Settings) -> Finding:
    """Free, or ours already."""
    return _port("http port", settings.http.port, lambda: _bind_tcp(settings), settings)


def media_port(settings: Settings) -> Finding:
    """Free, or ours already."""
    return _port(
        "media port",
        settings.media.port,
        lambda: listen.check_udp(settings.media.host, settings.media.port),
        settings,
    )


def media_tcp_port(settings: Settings) -> Finding:
    """Free, or ours already; any other serves as well where no firewall must know it."""
    media = settings.media
    if not media.tcp:
        return Finding("media tcp port", Grade.OK, "off")
    port = media.tcp_port or media.port
    found = _port(
        "media tcp port", port, lambda: listen.bind_tcp(media.host, port).close(), settings
    )
    if found.grade is not Grade.FAULT or media.tcp_port:
        return found
    return Finding(
        found.name,
        Grade.NOTE,
        f"{port} is taken: any other will be used",
        "choose one as media.tcp_port, so that a firewall can let it through",
    )


def rtmp_port(settings: Settings) -> Finding:
    """Where recorder hosts push: off, free, ours, or somebody else's."""
    name, host, port = "rtmp port", settings.media.host, settings.media.rtmp_port
    if not port:
        return Finding(name, Grade.OK, "off")
    listener = who_listens(host, port)
    if listener is Listener.NOBODY:
        found = _port(name, port, lambda: listen.bind_tcp(host, port).close(), settings)
        if found.grade is Grade.FAULT:
            return found
        return Finding(name, Grade.OK, f"{port} is free; it opens with the first stream key")
    if listener is Listener.OTHER or not is_serving(settings):
        who = "another RTMP server" if listener is Listener.RTMP else "a program without RTMP"
        advice = f"see who has it (sudo ss -ltnp 'sport = :{port}'), or set media.rtmp_port"
        return Finding(name, Grade.FAULT, f"{port}: {who} has it", advice)
    lost = unreached(host, port)
    if lost or host in _HERE_ALONE:
        words = f"{port}, taking pushes, but not at {', '.join(lost) or 'other machines'}"
        advice = f"let TCP {port} through the firewall, and set media.host to an outer address"
        return Finding(name, Grade.NOTE, words, advice)
    return Finding(name, Grade.OK, f"{port}, taking pushes; let TCP {port} through the firewall")


def _bind_tcp(settings: Settings) -> None:
    listen.bind_tcp(settings.http.host, settings.http.port).close()


def _port(name: str, port: int, try_it: Callable[[], None], settings: Settings) -> Finding:
    try:
        try_it()
    except EnvironmentFault as fault:
        if fault.error_id == "port-taken" and is_serving(settings):
            return Finding(name, Grade.OK, f"{port}, in use by the running service")
        return Finding(
            name,
            Grade.FAULT,
            f"{port}: {fault.error_id}",
            f"see who has it (sudo ss -lptun 'sport = :{port}'), or choose another in the settings",
        )
    return Finding(name, Grade.OK, f"{port} is free")


def lower_pictures(settings: Settings) -> Finding:
    """How many the machine may make at once, and whether that is enough just now."""
    if not settings.media.transcode:
        words = (
            "off: a room that a camera's one layer is too large for has voice and slides, and those"
            " who watch by HTTP see no teacher who sends VP8"
        )
        return Finding("lower pictures", Grade.NOTE, words, "set media.transcode")
    most = settings.media.most_transcoders or children_for(os.cpu_count() or 1)
    words = f"of {most} publications at once"
    if _part(settings, "lower_pictures") != TRANSCODERS_FULL:
        return Finding("lower pictures", Grade.OK, words)
    return Finding(
        "lower pictures",
        Grade.NOTE,
        f"{words}; more are wanted now, and their rooms have voice and slides",
        "a machine with more cores, sources with a second, smaller layer, or (where the processor"
        " has time to spare) a larger media.most_transcoders",
    )


def _part(settings: Settings, name: str) -> str:
    """What the running service says of this part; empty where none runs."""
    try:
        url = f"http://127.0.0.1:{settings.http.port}/readyz"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return str(json.load(answer)["parts"].get(name, ""))
    except (OSError, ValueError, KeyError):
        return ""


def is_serving(settings: Settings) -> bool:
    """A streamsvc answers on the HTTP port of this machine."""
    try:
        url = f"http://127.0.0.1:{settings.http.port}/healthz"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def socket_buffers(settings: Settings) -> Finding:
    """A small receive buffer loses packets when many rooms join at the bell."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WANTED_SOCKET_BYTES)
        got = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    words = f"{got / 1e6:.1f} MB of receive buffer"
    if got >= WANTED_SOCKET_BYTES:
        return Finding("socket buffers", Grade.OK, words)
    return Finding(
        "socket buffers",
        Grade.NOTE,
        words,
        "for more than 100 rooms: sudo sysctl -w net.core.rmem_max=8388608",
    )


def addresses(settings: Settings) -> Finding:
    """What goes into ICE candidates."""
    found = settings.media.advertise or machine_addresses()
    if found:
        return Finding("addresses", Grade.OK, ", ".join(found))
    return Finding(
        "addresses",
        Grade.NOTE,
        "loopback only",
        "connect to a network, or name --advertise ADDRESS",
    )


def certificate(settings: Settings) -> Finding:
    """HTTPS: needed for cameras on other machines."""
    now = datetime.datetime.now(datetime.UTC)
    if settings.tls.mode == "off":
        return Finding(
            "https",
            Grade.OK,
            "off: cameras work on this machine only, or behind a proxy with HTTPS",
        )
    path = settings.tls.certificate or settings.data / "tls" / "server.pem"
    try:
        left = tls.days_left(path, now)
    except (OSError, ValueError) as error:
        advice = "made at the first start" if settings.tls.mode == "local" else "check the path"
        grade = Grade.NOTE if settings.tls.mode == "local" else Grade.FAULT
        return Finding("https", grade, f"{path}: {error}", advice)
    if left < tls.RENEW_BEFORE_DAYS:
        advice = "start the service again" if settings.tls.mode == "local" else "renew it"
        return Finding(
            "https", Grade.FAULT if left < 0 else Grade.NOTE, f"{left} days left", advice
        )
    return Finding("https", Grade.OK, f"{path}: {left} days left")


def clock(settings: Settings) -> Finding:
    """Timetables and certificates need the right time."""
    year = datetime.datetime.now(datetime.UTC).year
    if year < 2025:
        return Finding("clock", Grade.FAULT, f"the year is {year}", "sudo timedatectl set-ntp true")
    if shutil.which("timedatectl") is None:
        return Finding("clock", Grade.OK, "no timedatectl here to ask; the year is plausible")
    asked = subprocess.run(
        ["timedatectl", "show", "-p", "NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        check=False,
        timeout=5,
    )
    if asked.stdout.strip() == "no":
        return Finding("clock", Grade.NOTE, "not synchronised", "sudo timedatectl set-ntp true")
    return Finding(
        "clock", Grade.OK, "synchronised" if asked.stdout.strip() == "yes" else "plausible"
    )


def database(settings: Settings) -> Finding:
    """SQLite opens and is whole; other databases are tried at start."""
    path = settings.data / "streamsvc.db"
    if settings.database_url or not path.exists():
        return Finding("database", Grade.OK, settings.database_url.split("@")[-1] or "not made yet")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            (word,) = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.Error as error:
        word = str(error)
    if word == "ok":
        return Finding("database", Grade.OK, str(path))
    return Finding(
        "database",
        Grade.FAULT,
        f"{path}: {word}",
        "restore it from a backup; the recordings are safe",
    )


def codecs(settings: Settings) -> Finding:
    """PyAV brings its own FFmpeg."""
    missing = [name for name in ENCODERS if not _has(name, "w")]
    missing += [name for name in DECODERS if not _has(name, "r")]
    words = f"FFmpeg in PyAV {av.__version__}"
    if missing:
        return Finding(
            "codecs",
            Grade.FAULT,
            f"{words} lacks {', '.join(missing)}",
            "pip install --force-reinstall av",
        )
    return Finding("codecs", Grade.OK, words)


def _has(name: str, mode: str) -> bool:
    try:
        av.Codec(name, "w" if mode == "w" else "r")
    except ValueError:
        return False
    return True


def srtp(settings: Settings) -> Finding:
    """One packet through encryption and back."""
    key = bytes(range(30))
    outbound = pylibsrtp.Session(
        pylibsrtp.Policy(key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    )
    inbound = pylibsrtp.Session(
        pylibsrtp.Policy(key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND)
    )
    packet = bytes((0x80, 0x60, 0, 1)) + bytes(8) + b"voice"
    if inbound.unprotect(outbound.protect(packet)) == packet:
        return Finding("srtp", Grade.OK, f"libsrtp in pylibsrtp {pylibsrtp.__version__}")
    return Finding(
        "srtp", Grade.FAULT, "a packet came back changed", "pip install --force-reinstall pylibsrtp"
    )


def presentations(settings: Settings) -> Finding:
    """PDF and pictures become slides anyway; PPTX, PPT and ODP by LibreOffice."""
    name, office = "presentations", settings.courseware.office
    if office == OFF:
        return Finding(name, Grade.OK, "off: PDF and pictures only")
    found = office_program(office)
    if found and can_leave_network():
        return Finding(name, Grade.OK, found)
    if found and settings.courseware.office_online:
        return Finding(
            name,
            Grade.NOTE,
            f"{found} keeps the network: a presentation can make this server fetch its pictures",
            "allow user namespaces (deploy/README.md), or set courseware.office_online to false",
        )
    if found:
        return Finding(
            name,
            Grade.NOTE,
            "refused: the kernel leaves LibreOffice the network, and a presentation could use it",
            "allow user namespaces (deploy/README.md), or set courseware.office_online",
        )
    if office:
        return Finding(name, Grade.FAULT, f"no {office}", "check courseware.office")
    return Finding(
        name,
        Grade.NOTE,
        "no LibreOffice: PPTX, PPT and ODP can't be read; PDF and pictures can",
        "sudo apt-get install libreoffice-impress-nogui fonts-noto-cjk",
    )


def turn(settings: Settings) -> Finding:
    """Each TURN server takes a password of ours."""
    urls, secret = settings.media.turn_urls, settings.media.turn_secret.get_secret_value()
    if not urls:
        return Finding("turn", Grade.OK, "none")
    for url in urls:
        if amiss := turn_check.why_not(url, secret):
            return Finding(
                "turn",
                Grade.FAULT,
                f"{url}: {amiss}",
                "compare media.turn_secret with coturn's static-auth-secret, and its ports",
            )
    return Finding("turn", Grade.OK, ", ".join(urls))


def web_pages(settings: Settings) -> Finding:
    """Built, or not."""
    if (settings.web_dist / "room.html").exists():
        return Finding("web pages", Grade.OK, str(settings.web_dist))
    return Finding("web pages", Grade.FAULT, "not built", "make web")


CHECKS: tuple[Check, ...] = (
    python_version,
    compiler,
    disk,
    database,
    http_port,
    media_port,
    media_tcp_port,
    rtmp_port,
    socket_buffers,
    addresses,
    certificate,
    clock,
    codecs,
    lower_pictures,
    srtp,
    presentations,
    turn,
    web_pages,
)


def examine(settings: Settings) -> list[Finding]:
    """Every check's finding; a check that breaks is a fault of its own."""
    return [examine_one(check, settings) for check in CHECKS]


def examine_one(check: Check, settings: Settings) -> Finding:
    try:
        return check(settings)
    except (OSError, ValueError, subprocess.SubprocessError, TimeoutError) as error:
        return Finding(check.__name__, Grade.FAULT, str(error), "this check itself failed")
