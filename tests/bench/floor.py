"""The floor of forwarding: CPU of encrypting and sending one packet, and of nothing else.

A C loop (floor.c, compiled now) with libsrtp out of the pylibsrtp wheel, sendmmsg and UDP GSO, to
as many sockets as there would be viewers. They have the swarm's packet filter, so that the kernel's
receiving half, which loopback charges to the sender, costs what it costs in a swarm's run.
"""

import ctypes
import os
import resource
import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pylibsrtp

from relay.client.swarm.lean_socket import LeanSocket
from relay.io.srtp_library import session_address, srtp_calls
from relay.rtp.packet import write_packet
from tests.bench.figures import arguments, tell

SOURCE = Path(__file__).with_suffix(".c")
PACKET_BYTES = 800
SAMPLED_ONE_IN = 64
SEND_BUFFER_BYTES = 4 << 20


class Job(ctypes.Structure):
    """struct floor_job."""

    _fields_ = (
        ("socket", ctypes.c_int),
        ("protect", ctypes.c_void_p),
        ("sessions", ctypes.c_void_p),
        ("addresses", ctypes.c_void_p),
        ("destinations", ctypes.c_int),
        ("packet", ctypes.c_char_p),
        ("packet_bytes", ctypes.c_int),
        ("run", ctypes.c_int),
        ("seconds", ctypes.c_double),
        ("period_seconds", ctypes.c_double),
    )


class Result(ctypes.Structure):
    """struct floor_result."""

    _fields_ = (
        ("cpu_seconds", ctypes.c_double),
        ("sent", ctypes.c_int64),
        ("refused", ctypes.c_int64),
    )


@dataclass(frozen=True, slots=True)
class Floor:
    """What was measured."""

    us_per_packet: float
    sent: int
    refused: int


def measure(
    destinations: int,
    *,
    packet_bytes: int = PACKET_BYTES,
    run: int = 1,
    seconds: float = 2.0,
    packets_per_second: float | None = None,
) -> Floor:
    """µs of CPU per packet of `packet_bytes` (plain RTP), `run` of them per message.

    With a rate (of each destination) the loop sleeps between rounds, as a server does.
    """
    with tempfile.TemporaryDirectory() as folder, receivers(destinations) as opened:
        floor_run = _compiled(Path(folder)).floor_run
        sessions = [_session() for _ in range(destinations)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            pointers = (ctypes.c_void_p * destinations)(*map(session_address, sessions))
            addresses = b"".join(_address(receiver.port) for receiver in opened)
            job = Job(
                socket=out.fileno(),
                protect=srtp_calls()[0],
                sessions=ctypes.cast(pointers, ctypes.c_void_p),
                addresses=ctypes.cast(ctypes.c_char_p(addresses), ctypes.c_void_p),
                destinations=destinations,
                packet=_packet(packet_bytes),
                packet_bytes=packet_bytes,
                run=run,
                seconds=seconds,
                period_seconds=run / packets_per_second if packets_per_second else 0.0,
            )
            result = Result()
            if floor_run(ctypes.byref(job), ctypes.byref(result)) != 0:
                raise MemoryError
    return Floor(1e6 * result.cpu_seconds / result.sent, result.sent, result.refused)


def _compiled(folder: Path) -> ctypes.CDLL:
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("The floor needs a C compiler: sudo apt-get install build-essential")
    library = folder / "floor.so"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(library), str(SOURCE)], check=True)
    return ctypes.CDLL(str(library))


def _session() -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=os.urandom(28),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    return pylibsrtp.Session(policy)


def _packet(size: int) -> bytes:
    payload = os.urandom(size - 12)
    return write_packet(payload, payload_type=102, seq=0, ts=0, ssrc=0)


def _address(port: int) -> bytes:
    """struct sockaddr_in."""
    family, host = struct.pack("@H", socket.AF_INET), socket.inet_aton("127.0.0.1")
    return family + struct.pack("!H", port) + host + bytes(8)


@contextmanager
def receivers(count: int) -> Iterator[list[LeanSocket]]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    receivers = [LeanSocket(is_ipv6=False) for _ in range(count)]
    try:
        for number, receiver in enumerate(receivers):
            receiver.sample(SAMPLED_ONE_IN, number % SAMPLED_ONE_IN)
        yield receivers
    finally:
        for receiver in receivers:
            receiver.close()


def main() -> None:
    """Run and print: by number of viewers, and by packets per message."""
    options = arguments(__doc__ or "")
    seconds = 1.0 if options.quick else 3.0
    figures: dict[str, float | int | str] = {"packet_bytes": PACKET_BYTES}
    for destinations in (200, 1000) if options.quick else (100, 200, 400, 1000, 2000, 3000):
        for run in (1, 2, 4):
            floor = measure(destinations, run=run, seconds=seconds)
            figures[f"us_per_packet_{destinations}_run_{run}"] = floor.us_per_packet
            figures[f"refused_{destinations}_run_{run}"] = floor.refused
    tell(figures, options.json)


if __name__ == "__main__":
    main()
