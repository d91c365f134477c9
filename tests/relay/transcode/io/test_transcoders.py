"""How many transcoders a machine has, and when they end. No processes here."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from relay.transcode.io.transcoders import Transcoders, children_for
from relay.transcode.plan.messages import Beat
from relay.transcode.plan.turns import LATE_MS
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Codec
from tests.support.transcoding import Returned

LADDER = TranscodeSettings().ladder()
SOURCE = (Codec.H264, 102)


@dataclass
class Child:
    """A child that never comes."""

    name: str
    command: Sequence[str]
    on_end: Callable[[], None]
    is_started: bool = False
    is_closed: bool = False
    pid: int | None = None
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    def start(self) -> None:
        self.is_started = True

    async def close(self) -> None:
        await self.may_end.wait()
        self.is_closed = True


class Children(list[Child]):
    """All that were made."""

    def __call__(self, name: str, command: Sequence[str], on_end: Callable[[], None]) -> Child:
        self.append(Child(name, command, on_end))
        return self[-1]


def transcoders(folder: Path, most: int) -> tuple[Transcoders, Children]:
    children = Children()
    settings = TranscodeSettings(most_children=most)
    return Transcoders(folder, settings, SystemClock(), children), children


async def test_a_full_machine_refuses_newcomers_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    all_of_them, children = transcoders(tmp_path, most=2)
    assert await all_of_them.want(1, SOURCE, LADDER, Returned())
    assert await all_of_them.want(2, SOURCE, LADDER[1:], Returned())
    assert not await all_of_them.want(3, SOURCE, LADDER, Returned())
    assert "no room for a transcoder" in caplog.text
    assert await all_of_them.want(1, SOURCE, LADDER[:1], Returned())
    assert len(all_of_them) == len(children) == 2
    assert all(child.is_started and not child.is_closed for child in children)
    await all_of_them.close(2)
    assert children[1].is_closed and not children[0].is_closed
    assert await all_of_them.want(3, SOURCE, LADDER, Returned())
    await all_of_them.close_all()
    assert all(child.is_closed for child in children)
    assert not list(tmp_path.iterdir())


async def test_nobody_needs_it_any_more(tmp_path: Path) -> None:
    all_of_them, children = transcoders(tmp_path, most=1)
    await all_of_them.want(1, SOURCE, LADDER, Returned())
    assert await all_of_them.want(1, SOURCE, (), Returned())
    assert children[0].is_closed and len(all_of_them) == 0
    assert await all_of_them.want(2, SOURCE, (), Returned())
    assert len(children) == 1
    all_of_them.packet(1, b"late")
    all_of_them.request_keyframe(1, "+180")
    await all_of_them.close(1)


async def test_one_that_can_not_begin_takes_no_place(tmp_path: Path) -> None:
    all_of_them, children = transcoders(tmp_path / "not there", most=1)
    with pytest.raises(OSError):
        await all_of_them.want(1, SOURCE, LADDER, Returned())
    assert len(all_of_them) == 0
    assert not children[0].is_started


async def test_one_that_is_closed_while_it_begins_has_no_child(tmp_path: Path) -> None:
    all_of_them, children = transcoders(tmp_path, most=1)
    beginning = asyncio.create_task(all_of_them.want(1, SOURCE, LADDER, Returned()))
    await asyncio.sleep(0)
    await all_of_them.close(1)
    await beginning
    assert len(all_of_them) == 0
    assert not children[0].is_started
    assert not list(tmp_path.iterdir())


async def test_one_whose_closing_was_canceled_is_closed_with_all(tmp_path: Path) -> None:
    all_of_them, children = transcoders(tmp_path, most=1)
    await all_of_them.want(1, SOURCE, LADDER, Returned())
    children[0].may_end.clear()
    closing = asyncio.create_task(all_of_them.close(1))
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    children[0].may_end.set()
    await all_of_them.close_all()
    assert children[0].is_closed
    assert not list(tmp_path.iterdir())


def test_a_machine_s_size_says_how_many() -> None:
    assert [children_for(cores) for cores in (1, 2, 4, 16)] == [3, 3, 9, 45]


async def test_those_that_may_not_be_needed_take_half_of_the_places(tmp_path: Path) -> None:
    all_of_them, _ = transcoders(tmp_path, most=3)
    for number in (1, 2):
        assert await all_of_them.want(number, SOURCE, LADDER, Returned(), is_guess=True)
    assert not await all_of_them.want(3, SOURCE, LADDER, Returned(), is_guess=True)
    assert not all_of_them.is_short, "who only may need one is no reason to worry anybody"
    assert await all_of_them.want(3, SOURCE, LADDER, Returned())
    await all_of_them.close_all()


async def test_a_machine_says_that_it_is_short_while_somebody_is_refused(tmp_path: Path) -> None:
    all_of_them, _ = transcoders(tmp_path, most=1)
    await all_of_them.want(1, SOURCE, LADDER, Returned())
    found = [all_of_them.is_short]
    await all_of_them.want(2, SOURCE, LADDER, Returned())
    found.append(all_of_them.is_short)
    await all_of_them.close(2)  # its publisher has gone
    found.append(all_of_them.is_short)
    assert found == [False, True, False]
    await all_of_them.close_all()


async def test_who_is_late_already_gets_no_company(tmp_path: Path) -> None:
    all_of_them, _ = transcoders(tmp_path, most=3)
    await all_of_them.want(1, SOURCE, LADDER, Returned())
    first = all_of_them._by_publication[1]  # noqa: SLF001
    beat = Beat(is_waiting=False, decoded=9, made=9, skipped=0, lost=0, behind_ms=LATE_MS + 1)
    first.beat = beat
    assert not await all_of_them.want(2, SOURCE, LADDER, Returned())
    assert await all_of_them.want(1, SOURCE, LADDER[:1], Returned()), "it is not touched"
    first.beat = replace(beat, behind_ms=20.0)
    assert await all_of_them.want(2, SOURCE, LADDER, Returned())
    await all_of_them.close_all()
