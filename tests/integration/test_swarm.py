"""`streamsvc swarm` as an operator runs it, against our service and against another server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.client.swarm.plan import Joins, SwarmPlan
from relay.client.swarm.swarm import run
from tests.bench import janus_room
from tests.support.demo import CLIPS, DemoLesson, demo_lesson
from tests.support.waiting import SECOND, until_sync

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

RECEIVERS = 8
KBPS = "400"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoLesson]:
    with demo_lesson(is_taught=False) as lesson:
        yield lesson


def command(demo: DemoLesson, *flags: str) -> list[str]:
    return [
        sys.executable, "-m", "streamsvc", "swarm", "--server", demo.service.url,
        "--receivers", str(RECEIVERS), "--bitrate", KBPS, "--interval", "2",
        "--cache", str(CLIPS), "--take-over", *flags,
    ]  # fmt: skip


def accounts(demo: DemoLesson, **instead: str) -> dict[str, str]:
    return os.environ | {
        "STREAMSVC_LOGIN": "linxiaoyan",
        "STREAMSVC_PASSWORD": demo.password,
        "STREAMSVC_VIEWER_LOGIN": "zhouming",
        "STREAMSVC_VIEWER_PASSWORD": demo.password,
        **instead,
    }


def swarm(demo: DemoLesson, *flags: str, **instead: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(demo, *flags),
        env=accounts(demo, **instead),
        capture_output=True,
        text=True,
        timeout=90 * SECOND,
        check=False,
    )


def watched(demo: DemoLesson) -> tuple[int, int]:
    """(WHEP sessions opened, ended by their viewers), by the service's own log."""
    words = demo.service.words()
    return words.count("< POST /whep/"), words.count("< DELETE /whep/")


@pytest.mark.alone
def test_every_packet_is_accounted_for(demo: DemoLesson, tmp_path: Path) -> None:
    assert demo.service.process is not None
    files = tmp_path / "report.json", tmp_path / "report.png"
    ended = swarm(
        demo,
        *("--sample", "1", "--joins", "bell", "--seconds", "8", "--workers", "2"),
        *("--pid", str(demo.service.process.pid)),
        *("--json", str(files[0]), "--plot", str(files[1])),
    )
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(files[0].read_text())
    steady, whole = report["steady"], report["whole"]
    assert report["failures"] == {}
    assert whole["came"] == steady["connected"] == RECEIVERS
    assert steady["lost_packets"] == 0
    assert (
        steady["received_packets"] == steady["expected_packets"] - steady["not_forwarded_packets"]
    )
    assert steady["received_packets"] > 0.9 * RECEIVERS * steady["published_packets"]
    assert 0 < steady["delay_p50_ms"] <= steady["delay_p99_ms"]
    assert 0 < whole["join_p50_ms"] <= whole["join_p99_ms"]
    assert steady["server_us_per_packet"] > 0
    assert steady["server_memory_bytes"] > 10_000_000
    assert steady["nacks_sent"] > 0
    assert "after everybody had come:" in ended.stdout
    assert files[1].read_bytes().startswith(b"\x89PNG")
    until_sync(lambda: len(set(watched(demo))) == 1, 5, "every viewer left")


@pytest.mark.alone
@pytest.mark.long
def test_layers_and_arrivals_are_as_browsers_send_them(demo: DemoLesson, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    ended = swarm(
        demo,
        *("--layers", "3", "--estimate", "transport-cc", "--bitrate", "1000"),
        *("--rate", "50", "--seconds", "8", "--json", str(file)),
    )
    assert ended.returncode == 0, ended.stderr
    steady: dict[str, Any] = json.loads(file.read_text())["steady"]
    assert steady["connected"] == RECEIVERS
    assert steady["lost_packets"] == 0
    # a quarter and a sixteenth more than the largest, and the voice: the server took all three
    assert steady["published_bps"] > 1_200_000
    assert steady["received_packets"] > 0


def test_control_c_ends_it_in_order(demo: DemoLesson, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    words = tmp_path / "words"
    with words.open("wb") as out:
        process = subprocess.Popen(
            command(demo, "--seconds", "600", "--rate", "50", "--json", str(file)),
            env=accounts(demo),
            stdout=out,
            stderr=out,
        )
        try:
            everybody = f"{RECEIVERS}/{RECEIVERS}"
            until_sync(lambda: everybody in words.read_text(), 60, "everybody came")
            process.send_signal(signal.SIGINT)
            assert process.wait(20 * SECOND) == 0, words.read_text()
        finally:
            process.kill()
            process.wait()
    assert "whole:" in words.read_text()
    assert "Traceback" not in words.read_text()
    assert json.loads(file.read_text())["whole"]["came"] == RECEIVERS
    until_sync(lambda: len(set(watched(demo))) == 1, 5, "every viewer left")


def test_a_wrong_password_is_one_sentence(demo: DemoLesson) -> None:
    ended = swarm(demo, STREAMSVC_VIEWER_PASSWORD="wrong-wrong-wrong")
    assert ended.returncode != 0
    assert "login-wrong" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.timeless
def test_a_full_server_is_counted_not_fatal(tmp_path: Path) -> None:
    settings = tmp_path / "small.toml"
    settings.write_text("[media]\nmax_peers = 4\n")
    with demo_lesson("--config", str(settings), is_taught=False) as small:
        ended = swarm(small, "--seconds", "4", "--rate", "50")
    assert ended.returncode == 0, ended.stderr
    assert f"3/{RECEIVERS}" in ended.stdout  # the publisher is the fourth
    assert f"{RECEIVERS - 3} x relay-full" in ended.stdout


@pytest.mark.skipif(not janus_room.is_installed(), reason="needs Debian's janus and a C compiler")
def test_another_server_is_measured_by_its_own_door() -> None:
    """One that offers itself, does full ICE, and speaks over a WebSocket."""
    with janus_room.running_janus(event_loops=1) as janus:
        plan = SwarmPlan(
            watch=janus.watch,
            publish=janus.publish,
            receivers=4,
            joins=Joins.BELL,
            seconds=5.0,
            interval_seconds=1.0,
            bitrate_bps=400_000,
            cache=CLIPS,
            server_pids=(janus.pid,),
        )
        report = asyncio.run(run(plan))
    steady = report.steady()
    assert steady is not None
    assert report.failures() == {}
    assert steady.viewers.connected == 4
    assert steady.viewers.lost == steady.not_forwarded() == 0
    assert steady.received() > 0
    assert steady.figures()["server_us_per_packet"]
