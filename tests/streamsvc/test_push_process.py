"""The processes that take pushes: when they are started, and what they are told."""

from collections.abc import Mapping
from typing import Any

from streamsvc.push_process import PushProcess
from streamsvc.settings import Settings
from streamsvc.supervise import Supervisor
from tests.support.clock import ManualClock


def commands(taker: PushProcess) -> list[list[str]]:
    return [child._command for child in taker._children]  # noqa: SLF001


def of(**media: Any) -> Mapping[str, Any]:
    return {"media": media}


def flag(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def test_a_child_is_told_where_it_listens_and_whom_it_asks() -> None:
    taker = PushProcess(Settings(**of(rtmp_port=1936)), ManualClock())
    (command,) = commands(taker)
    assert flag(command, "--port") == "1936"
    assert flag(command, "--server") == "http://127.0.0.1:8080"
    assert flag(command, "--near") == ""
    assert taker.secret not in " ".join(command)  # `ps` shows commands to everybody
    assert len(taker.secret) > 40


def test_an_outer_address_is_not_gone_to_from_within() -> None:
    given = of(advertise=["203.0.113.9"], host="192.0.2.1")
    (command,) = commands(PushProcess(Settings(**given), ManualClock()))
    assert flag(command, "--near") == "192.0.2.1"


def test_several_share_the_port() -> None:
    taker = PushProcess(Settings(**of(rtmp_processes=3)), ManualClock())
    assert len(commands(taker)) == 3
    assert all("--shares-port" in command for command in commands(taker))


async def test_nothing_is_started_before_it_is_asked_for(monkeypatch: Any) -> None:
    started: list[str] = []
    monkeypatch.setattr(Supervisor, "start", lambda child: started.append(child.name))
    off = PushProcess(Settings(**of(rtmp_port=0)), ManualClock())
    off.start()
    assert started == []
    on = PushProcess(Settings(), ManualClock())
    assert started == []
    on.start()
    on.start()
    assert started == ["rtmp"]


def test_the_end_of_the_only_one_is_told_and_of_one_of_several_not() -> None:
    ends: list[str] = []
    for processes in (2, 1):
        taker = PushProcess(Settings(**of(rtmp_processes=processes)), ManualClock())
        taker.listen(lambda: ends.append("ended"))
        taker._ended()  # noqa: SLF001
        assert len(ends) == 2 - processes
