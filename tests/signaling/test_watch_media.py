"""The thin origin's door: signed addresses, delivery directives, and what it answers."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from recorder.broadcast.io.broadcasts import BroadcastMeans, Broadcasts
from recorder.broadcast.plan import signed
from signaling.io.app import create_app
from streamsvc.base.ids import LessonId
from streamsvc.base.tap import TapControl
from tests.signaling.house import services_in
from tests.streamsvc.school.conftest import open_at
from tests.support.clock import ManualClock

SECRET, LESSON, OTHER = "s3cret", LessonId("les_one"), LessonId("les_other")


class NoChild:
    """A packager that does nothing."""

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def broadcasts(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Broadcasts]:
    means = BroadcastMeans(
        folder=tmp_path / "live", sockets=tmp_path, secret=SECRET, part_seconds=0.5,
        keep_seconds=60, most_held=10, is_always=False,
    )  # fmt: skip
    one = Broadcasts(means, clock, lambda name, command: NoChild())
    await one.start()
    yield one
    await one.close()


@dataclass
class Live:
    """A lesson that is broadcast, and somebody who asks."""

    client: httpx.AsyncClient
    clock: ManualClock
    broadcasts: Broadcasts
    folder: Path

    async def get(self, path: str, query: str = "") -> httpx.Response:
        """With a good signature."""
        return await self.client.get(address(self.clock, path) + query)


@pytest.fixture
async def client(
    tmp_path: Path, clock: ManualClock, broadcasts: Broadcasts
) -> AsyncIterator[httpx.AsyncClient]:
    school = await open_at(tmp_path / "school.db", clock)
    services = replace(services_in(tmp_path, school, clock), audience=broadcasts)
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
        yield one
    await school.close()


@pytest.fixture
async def live(
    client: httpx.AsyncClient, clock: ManualClock, broadcasts: Broadcasts, tmp_path: Path
) -> Live:
    begun(broadcasts, tmp_path, FILES)
    return Live(client, clock, broadcasts, tmp_path)


def begun(broadcasts: Broadcasts, folder: Path, files: Mapping[str, str]) -> None:
    """The lesson is live, and its packager has made these."""
    broadcasts.begin(LESSON)
    broadcasts.playlist(LESSON, 0)
    for name, words in files.items():
        path = folder / "live" / LESSON / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
    broadcasts.hear(LESSON, TapControl("published", {"newest": {"low-aac": [3, 1, False]}}))


HEAD = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n"
SKIP, FIRST, LAST = (
    "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n", '#EXT-X-DATERANGE:ID="1"\n', '#EXT-X-DATERANGE:ID="2"\n',
)  # fmt: skip
WHOLE = f"{HEAD}{FIRST}{LAST}0.m4s\n1.m4s\n2.m4s\n# now\n"
DELTA, DATES = f"{HEAD}{SKIP}{FIRST}{LAST}2.m4s\n# now\n", f"{HEAD}{SKIP}{LAST}2.m4s\n# now\n"
FILES = {
    "main.m3u8": "main", "low-aac/live.m3u8": f"{HEAD}{FIRST}0.m4s\n1.m4s\n2.m4s\n",
    "low-aac/delta-dates.m3u8": DATES, "low-aac/3.1.m4s": "0123456789", "low-aac/0.m4s": "zero",
    "board/000001.json": "[]", ".zero": "1",
}  # fmt: skip


def address(clock: ManualClock, path: str, *, lesson: LessonId = LESSON, seconds: int = 60) -> str:
    return signed.address(SECRET, lesson, clock.wall_ms() // 1000 + seconds, path)


async def test_who_has_the_address_watches(
    tmp_path: Path, clock: ManualClock, broadcasts: Broadcasts, client: httpx.AsyncClient
) -> None:
    begun(broadcasts, tmp_path, FILES)
    path = broadcasts.playlist(LESSON, clock.wall_ms() // 1000 + 60)
    assert path == address(clock, "main.m3u8")
    main = await client.get(path)
    assert main.text == "main" and "set-cookie" not in main.headers
    assert main.headers["content-type"] == "application/vnd.apple.mpegurl"
    part = await client.get(address(clock, "low-aac/3.1.m4s"))
    assert (part.text, part.headers["cache-control"][:6]) == ("0123456789", "public")
    assert "immutable" in part.headers["cache-control"]
    some = await client.get(address(clock, "low-aac/3.1.m4s"), headers={"Range": "bytes=2-4"})
    assert (some.status_code, some.text) == (206, "234")
    assert (await client.get(address(clock, "board/000001.json"))).json() == []


@pytest.mark.parametrize(
    ("query", "words"),
    [("", WHOLE), ("?_HLS_msn=3&_HLS_part=1", WHOLE), ("?_HLS_msn=2&_HLS_skip=YES", DELTA),
     ("?_HLS_msn=3&_HLS_part=0&_HLS_skip=v2", DATES)],
)  # fmt: skip
async def test_playlists(live: Live, query: str, words: str) -> None:
    answer = await live.get("low-aac/live.m3u8", query)
    assert answer.text == words and answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "query",
    ["_HLS_part=1", "_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn=", "_HLS_msn=3&_HLS_part=1.0",
     "_HLS_msn=99", "_HLS_msn=3&_HLS_part=99", "_HLS_msn=3&_HLS_skip=NO", "_HLS_msn=999999999999",
     "_HLS_msn=%D9%A3"],
)  # fmt: skip
async def test_wishes_that_can_not_be(live: Live, query: str) -> None:
    answer = await live.get("low-aac/live.m3u8", f"?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["id"] == "live-reload-wrong"


async def test_nobody_reads_without_its_signature(
    tmp_path: Path, clock: ManualClock, broadcasts: Broadcasts, client: httpx.AsyncClient
) -> None:
    begun(broadcasts, tmp_path, FILES)
    good = address(clock, "main.m3u8")
    other = address(clock, "main.m3u8", lesson=OTHER)
    late = address(clock, "main.m3u8", seconds=-1)
    for path in (
        good.replace(LESSON, OTHER),
        other.replace(OTHER, LESSON),
        late,
        "/live/x/y/main.m3u8",
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]["id"]) == (403, "live-address-wrong")
    assert (await client.get(other)).status_code == 404  # its own, but nobody teaches it


@pytest.mark.parametrize(
    "path", [".zero", "low-aac/9.m4s", "low-aac/%2e%2e/.zero", "board/.dates", "x", "low-aac/"]
)
async def test_files_that_are_none(live: Live, path: str) -> None:
    assert (await live.get(path)).status_code == 404


async def test_a_lesson_that_is_not_live_has_no_address(broadcasts: Broadcasts) -> None:
    assert broadcasts.playlist(LESSON, 1) is None
    assert not broadcasts.is_broadcast(LESSON)
    broadcasts.begin(LESSON)
    assert not broadcasts.is_broadcast(LESSON)  # nobody has asked
    assert broadcasts.playlist(LESSON, 1) is not None
    assert broadcasts.is_broadcast(LESSON)


async def test_slides_are_put_beside_the_rest(
    tmp_path: Path, clock: ManualClock, broadcasts: Broadcasts, client: httpx.AsyncClient
) -> None:
    begun(broadcasts, tmp_path, FILES)
    (tmp_path / "made").write_bytes(b"webp")
    await broadcasts.add_slides(LESSON, "cw_1", {"7-small.webp": tmp_path / "made"})
    await broadcasts.add_slides(LESSON, "cw_1", {"7-small.webp": tmp_path / "made"})
    answer = await client.get(address(clock, "slides/cw_1/7-small.webp"))
    assert (answer.content, answer.headers["content-type"]) == (b"webp", "image/webp")
