import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from streamsvc import doctor
from streamsvc.doctor import CHECKS, Finding, Grade, examine
from streamsvc.settings import Settings, load
from tests.support.service import free_tcp_port


def settings(tmp_path: Path, **flags: object) -> Settings:
    return load(
        None, {"data": tmp_path, "http.host": "127.0.0.1", "media.host": "127.0.0.1", **flags}
    )


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_a_fault_always_says_what_to_do(tmp_path: Path) -> None:
    findings = examine(settings(tmp_path, web_dist=tmp_path / "none"))
    assert len(findings) == len(CHECKS)
    assert by_name(findings)["web pages"] == Finding(
        "web pages", Grade.FAULT, "not built", "make web"
    )
    assert all(f.advice for f in findings if f.grade is Grade.FAULT)


def test_this_machine_can_encrypt_and_encode(tmp_path: Path) -> None:
    for check in (doctor.srtp, doctor.codecs, doctor.python_version, doctor.disk, doctor.database):
        assert check(settings(tmp_path)).grade is not Grade.FAULT


def test_a_taken_port_and_a_broken_database(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert doctor.http_port(settings(tmp_path, **{"http.port": port})).grade is Grade.FAULT
    (tmp_path / "streamsvc.db").write_bytes(b"not a database" * 100)
    assert doctor.database(settings(tmp_path)).grade is Grade.FAULT


def test_a_machine_that_can_not_make_all_lower_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor.lower_pictures(settings(tmp_path, **{"http.port": 1})).grade is Grade.OK
    off = doctor.lower_pictures(settings(tmp_path, **{"media.transcode": False}))
    assert off.grade is Grade.NOTE and "media.transcode" in off.advice
    monkeypatch.setattr(doctor, "_part", lambda *_: "transcoders-full")
    full = doctor.lower_pictures(settings(tmp_path))
    assert full.grade is Grade.NOTE and "more are wanted" in full.words


def test_media_by_tcp_needs_its_port_only_where_it_was_chosen(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        unused = {"http.port": 1}  # nobody serves there
        chosen = settings(tmp_path, **unused, **{"media.tcp_port": port})
        assert doctor.media_tcp_port(chosen).grade is Grade.FAULT
        same_number = settings(tmp_path, **unused, **{"media.port": port})
        assert doctor.media_tcp_port(same_number).grade is Grade.NOTE
    assert doctor.media_tcp_port(same_number).words == f"{port} is free"
    assert doctor.media_tcp_port(settings(tmp_path, **{"media.tcp": False})).words == "off"


@contextmanager
def says(words: bytes) -> Iterator[int]:
    """A port of this machine where somebody answers with these words."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with caller:
                        caller.recv(4096)
                        caller.sendall(words)

        threading.Thread(target=answer, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("words", "is_ours", "found"),
    [
        (b"\x03", True, (Grade.NOTE, "taking pushes, but not at other machines")),
        (b"\x03", False, (Grade.FAULT, "another RTMP server")),
        (b"HTTP/1.1 400", True, (Grade.FAULT, "without RTMP")),
    ],
)
def test_who_is_at_the_rtmp_port(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: bytes,
    is_ours: bool,
    found: tuple[Grade, str],
) -> None:
    monkeypatch.setattr(doctor, "is_serving", lambda _: is_ours)
    with says(words) as port:
        asked = settings(tmp_path, **{"media.host": "127.0.0.1", "media.rtmp_port": port})
        finding = doctor.rtmp_port(asked)
    assert finding.grade is found[0]
    assert found[1] in finding.words


def test_the_rtmp_port_is_free_or_off(tmp_path: Path) -> None:
    port = free_tcp_port()
    here = {"media.host": "127.0.0.1"}
    free = doctor.rtmp_port(settings(tmp_path, **here, **{"media.rtmp_port": port}))
    assert free == Finding(
        "rtmp port", Grade.OK, f"{port} is free; it opens with the first stream key"
    )
    assert doctor.rtmp_port(settings(tmp_path, **{"media.rtmp_port": 0})).words == "off"


def test_presentations_need_libreoffice_or_a_word_that_they_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(office: str) -> Finding:
        return doctor.presentations(settings(tmp_path, **{"courseware.office": office}))

    assert found("off").grade is Grade.OK
    assert found(str(tmp_path / "none")).grade is Grade.FAULT
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(doctor, "can_leave_network", lambda: True)
    assert found(str(program)) == Finding("presentations", Grade.OK, str(program))
    monkeypatch.setattr(doctor, "can_leave_network", lambda: False)
    refused = found(str(program))
    assert (refused.grade, refused.words.startswith("refused")) == (Grade.NOTE, True)
    chosen = {"courseware.office": str(program), "courseware.office_online": True}
    exposed = doctor.presentations(settings(tmp_path, **chosen))
    assert (exposed.grade, "keeps the network" in exposed.words) == (Grade.NOTE, True)


def test_certificates(tmp_path: Path) -> None:
    assert doctor.certificate(settings(tmp_path)).grade is Grade.OK
    missing = settings(tmp_path, **{"tls.mode": "files", "tls.certificate": tmp_path / "no.pem"})
    assert doctor.certificate(missing).grade is Grade.FAULT
    local = settings(tmp_path, **{"tls.mode": "local"})
    assert doctor.certificate(local).advice == "made at the first start"


def test_a_check_that_breaks_is_a_fault_of_its_own(tmp_path: Path) -> None:
    def broken(given: Settings) -> Finding:
        raise OSError("no such device")

    finding = doctor.examine_one(broken, settings(tmp_path))
    assert (finding.name, finding.grade) == ("broken", Grade.FAULT)
