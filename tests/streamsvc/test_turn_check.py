"""The doctor's look at TURN servers: against a real coturn where there is one."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streamsvc import doctor
from streamsvc.doctor import Grade
from streamsvc.settings import load
from streamsvc.turn_check import TurnAddress, address_of, why_not
from tests.support.service import free_tcp_port
from tests.support.waiting import until_sync

SECRET = "north"
DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("turn:t.example", TurnAddress("t.example", 3478, "udp", False)),
        ("turn:t.example?transport=tcp", TurnAddress("t.example", 3478, "tcp", False)),
        ("turns:t.example:443?transport=tcp", TurnAddress("t.example", 443, "tcp", True)),
        ("turns:[2001:db8::1]", TurnAddress("2001:db8::1", 5349, "tcp", True)),
    ],
)
def test_urls_say_where_a_server_is(url: str, address: TurnAddress) -> None:
    assert address_of(url) == address


def test_what_is_no_url_is_said() -> None:
    with pytest.raises(ValueError, match="turn:a:b"):
        address_of("turn:a:b")


def finding(tmp_path: Path, url: str) -> doctor.Finding:
    file = tmp_path / "s.toml"
    file.write_text(f"[media]\nturn_urls = ['{url}']\nturn_secret = '{SECRET}'\n")
    return doctor.turn(load(file, {"data": tmp_path}))


def test_a_server_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    found = finding(tmp_path, f"turn:127.0.0.1:{free_tcp_port()}?transport=tcp")
    assert found.grade is Grade.FAULT and found.advice and SECRET not in found.words
    assert doctor.turn(load(None, {"data": tmp_path})).words == "none"


@pytest.fixture
def coturn(tmp_path: Path) -> Iterator[str]:
    """URL of a real one."""
    with running_coturn(tmp_path) as url:
        yield url


@contextmanager
def running_coturn(folder: Path, *flags: str) -> Iterator[str]:
    if shutil.which("turnserver") is None:
        pytest.skip("TURN needs coturn: sudo apt-get install coturn")
    port = free_tcp_port()
    command = [
        "turnserver", "-n", "--listening-ip=127.0.0.1", f"--listening-port={port}", "--no-tls",
        "--no-dtls", "--no-cli", "--use-auth-secret", f"--static-auth-secret={SECRET}",
        "--realm=r.example", "--log-file=stdout", f"--userdb={folder}/turn.db",
        *flags,
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until_sync(lambda: is_open(port), 10, "coturn listens")
        yield f"turn:127.0.0.1:{port}?transport=tcp"
    finally:
        process.terminate()
        process.wait(15)


def is_open(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def test_coturn_takes_our_passwords_and_no_others(coturn: str, tmp_path: Path) -> None:
    assert finding(tmp_path, coturn).grade is Grade.OK
    assert "401" in why_not(coturn, "south")


def test_a_turn_password_opens_no_tcp_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 6062 asks for a TCP relay by the protocol's number; error 442 refuses."""
    monkeypatch.setattr("aioice.turn.UDP_TRANSPORT", 6 << 24)
    words = (DEPLOY / "turnserver.conf").read_text("utf-8").splitlines()
    ours = [f"--{word}" for word in words if word.startswith("no-tcp-")]
    with running_coturn(tmp_path, *ours) as url:
        assert "442" in why_not(url, SECRET)
