"""Courseware over HTTP and in the lesson: added, converted by the real process, shown, removed."""

import asyncio
import base64
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from signaling.io.courseware_desk import TELL_SECONDS
from signaling.io.courseware_listings import CoursewareListings
from signaling.io.slide_files import SlideFiles
from signaling.protocol.inputs import CoursewareListed
from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import UserError
from streamsvc.base.ids import CoursewareId, LessonId
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.school.io.courseware import CoursewareShelf
from streamsvc.school.records import OPERATOR, Courseware
from tests.signaling.house import House, courseware_settings, open_house
from tests.streamsvc.school.county import County
from tests.support import papers
from tests.support.waiting import until

PATIENCE = 60
"""Seconds: a converting process is the least of all on a busy machine."""


def error_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["id"])


def place(house: House, rest: str = "", lesson: str = "lesson_a1") -> str:
    return f"/api/lessons/{house.lesson_id(lesson)}/courseware{rest}"


async def added(house: House, client: httpx.AsyncClient, data: bytes, name: str) -> dict[str, Any]:
    house.clock.advance(1)  # they are listed in the order of their time
    answer = await client.post(place(house), params={"name": name}, content=data)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def ended(house: House, client: httpx.AsyncClient) -> dict[str, Any]:
    """The manifest of the only courseware once it is not converted any more."""
    (manifest,) = await listed(house, client, lambda found: found[0]["status"] != "converting")
    return manifest


async def listed(
    house: House, client: httpx.AsyncClient, wanted: Callable[[list[dict[str, Any]]], object]
) -> list[dict[str, Any]]:
    """All manifests of the lesson once they are as `wanted`."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found: list[dict[str, Any]] = (await client.get(place(house))).json()
            if wanted(found):
                return found
            await asyncio.sleep(0.05)


async def test_a_teachers_pdf_is_slides_in_a_room(house: House) -> None:
    lead, room = await house.signed_in("lead_a1"), await house.signed_in("room_a2")
    new = await added(house, lead, papers.pdf(2), "三年级\\长方形的面积.pdf")
    assert (new["title"], new["status"], new["slides"]) == ("长方形的面积", "converting", [])
    manifest = await ended(house, room)
    assert (manifest["status"], manifest["done_slides"], manifest["total_slides"]) == (
        "ready",
        2,
        2,
    )
    for slide in manifest["slides"]:
        assert slide["preview"].startswith("data:image/webp;base64,")
        for size in ("small", "medium", "large"):
            file = await room.get(slide[size]["url"])
            assert len(file.content) == slide[size]["bytes"]
            assert file.headers["content-type"] == "image/webp"
            assert "immutable" in file.headers["cache-control"]
            assert file.headers["priority"].startswith("u=6")


async def test_a_broken_transfer_goes_on_where_it_was(house: House) -> None:
    _, sha256 = await house.slide("lesson_a1", bytes(range(256)) * 8)
    room = await house.signed_in("room_a2")
    url = f"/api/lessons/{house.lesson_id('lesson_a1')}/slides/{sha256}.webp"
    etag = (await room.get(url)).headers["etag"]
    rest = await room.get(url, headers={"Range": "bytes=2000-", "If-Range": etag})
    assert rest.status_code == 206
    assert rest.content == (bytes(range(256)) * 8)[2000:]
    part = await room.get(url, headers={"Range": "bytes=0-9"})
    assert (part.content, part.headers["content-range"]) == (bytes(range(10)), "bytes 0-9/2048")
    assert (await room.get(url, headers={"Range": "bytes=2048-"})).status_code == 416
    changed = await room.get(url, headers={"Range": "bytes=9-", "If-Range": '"other"'})
    assert (changed.status_code, len(changed.content)) == (200, 2048)
    known = await room.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    manifest = await room.get(place(house))
    again = await room.get(place(house), headers={"If-None-Match": manifest.headers["etag"]})
    assert again.status_code == 304


async def test_memory_for_slides_is_bounded(tmp_path: Path) -> None:
    files = SlideFiles(kept_bytes=250)
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode() * 100)
        assert await files.read(name, tmp_path / name) == name.encode() * 100
        (tmp_path / name).unlink()
    assert await files.read("c", tmp_path / "c") == b"c" * 100
    with pytest.raises(UserError, match="slide-unknown"):
        await files.read("a", tmp_path / "a")


async def test_pictures_leave_room_for_a_slide_on_its_way(house: House) -> None:
    _, sha256 = await house.slide("lesson_a1", bytes(2048))
    room, lesson_id = await house.signed_in("room_a2"), house.lesson_id("lesson_a1")
    url = f"/api/lessons/{lesson_id}/slides/{sha256}.webp"
    grant = (await room.post(f"/api/lessons/{lesson_id}/grant")).json()["grant"]
    bearer = {"Authorization": f"Bearer {grant}"}
    await room.get(url)
    assert house.relay.data == [], "whose media would make room?"
    await room.get(url, headers=bearer)
    await room.get(url, headers={**bearer, "Range": "bytes=1000-1099"})
    assert [count for _, count in house.relay.data] == [2048, 100]


async def test_a_slide_of_another_lesson_or_of_none(house: House) -> None:
    _, other = await house.slide("lesson_b1")
    room = await house.signed_in("room_a2")
    base = f"/api/lessons/{house.lesson_id('lesson_a1')}/slides/"
    for name in (f"{other}.webp", "0" * 64 + ".webp", "..%5cschool.db", "x.webp"):
        answer = await room.get(base + name)
        assert (answer.status_code, error_of(answer)) == (404, "slide-unknown")


async def test_who_may_watch_a_shared_recording_sees_its_slides(house: House) -> None:
    _, sha256 = await house.slide("lesson_ac")
    lead, owner = await house.signed_in("lead_a1"), await house.signed_in("admin_a")
    recording = f"/api/recordings/{house.county.recordings['rec_ac'].id}"
    assert error_of(await lead.get(place(house, lesson="lesson_ac"))) == "lesson-unknown"
    [manifest] = (await lead.get(f"{recording}/courseware")).json()
    url = manifest["slides"][0]["large"]["url"]
    assert url == f"{recording}/slides/{sha256}.webp"
    assert (await lead.get(url)).headers["content-type"] == "image/webp"
    assert error_of(await lead.get(f"{recording}/slides/{'0' * 64}.webp")) == "slide-unknown"
    await owner.patch(recording, json={"is_shared": False})
    for path in (url, f"{recording}/courseware"):
        assert error_of(await lead.get(path)) == "recording-unknown"


async def test_a_grant_reads_slides_and_a_teacher_at_a_screen_does(house: House) -> None:
    _, sha256 = await house.slide("lesson_a1")
    url = f"/api/lessons/{house.lesson_id('lesson_a1')}/slides/{sha256}.webp"
    grant = await house.grant("room_a2", "lesson_a1")
    bearer = {"Authorization": f"Bearer {grant}"}
    nobody = house.client()
    assert (await nobody.get(url, headers=bearer)).status_code == 200
    assert (await nobody.get(place(house), headers=bearer)).status_code == 200
    foreign = f"/api/lessons/{house.lesson_id('lesson_b1')}/slides/{sha256}.webp"
    assert error_of(await nobody.get(foreign, headers=bearer)) == "grant-invalid"
    lead = await house.signed_in("lead_a1")
    lesson = f"/api/lessons/{house.lesson_id('lesson_a1')}"
    assert (await lead.patch(lesson, json={"room_ids": []})).status_code == 200
    runner = house.context.registry.find(house.lesson_id("lesson_a1"))
    assert runner is not None
    await until(lambda: not list(runner.machine.roster))
    assert error_of(await nobody.get(url, headers=bearer)) == "room-not-in-lesson"
    await lead.patch(lesson, json={"room_ids": [house.room_id("room_a2")]})
    (_, staff), (_, device) = await house.token("lead_b1"), await house.token("room_a2")
    both = house.client(streamsvc_staff=staff, streamsvc_room=device)
    assert (await both.get(url)).status_code == 200


async def test_the_plan_of_lessons_says_how_far_courseware_is(house: House) -> None:
    await house.slide("lesson_a1")
    admin = await house.signed_in("admin_a1")
    planned = {one["title"]: one["courseware"] for one in (await admin.get("/api/lessons")).json()}
    assert [(c["status"], c["done_slides"]) for c in planned["lesson_a1"]] == [("ready", 1)]
    assert planned["lesson_ac"] == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (papers.locked_pdf(), "courseware-encrypted"),
        (papers.torn_pdf(), "courseware-unreadable"),
        (papers.pdf(501), "courseware-too-long"),
        (papers.giant_png(), "courseware-picture-too-large"),
    ],
    ids=["encrypted", "corrupt", "long", "giant"],
)
async def test_what_fails_says_what_to_do(house: House, data: bytes, expected: str) -> None:
    lead = await house.signed_in("lead_a1")
    await added(house, lead, data, "a.pdf")
    manifest = await ended(house, lead)
    assert (manifest["status"], manifest["error"]["id"]) == ("failed", expected)
    assert manifest["error"]["message"]["zh-CN"] and "…" not in manifest["error"]["message"]["en"]


@pytest.mark.parametrize(
    ("data", "status", "expected"),
    [
        (b"", 422, "courseware-empty"),
        (b"MZ" + bytes(3_000), 415, "courseware-kind-unknown"),
        (b"%PDF-1.4" + bytes(200_000), 413, "courseware-too-large"),
    ],
)
async def test_what_is_refused_at_the_door(
    tmp_path: Path, counties: tuple[Path, County], data: bytes, status: int, expected: str
) -> None:
    shutil.copy(counties[0], tmp_path / "school.db")
    settings = courseware_settings(tmp_path, max_bytes=100_000)
    async with open_house(tmp_path, deepcopy(counties[1]), courseware=settings) as house:
        lead = await house.signed_in("lead_a1")

        async def streamed() -> AsyncIterator[bytes]:
            for start in range(0, len(data), 10_000):
                yield data[start : start + 10_000]

        for content in (data, streamed()):  # its length announced, and not
            answer = await lead.post(place(house), content=content)
            assert (answer.status_code, error_of(answer)) == (status, expected)
        assert (await lead.get(place(house))).json() == []
        limits = (await lead.get("/api/courseware/limits")).json()
        assert limits["max_bytes"] == 100_000


async def test_removing_takes_the_files_nobody_uses(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    first, shared = await house.slide("lesson_a1", b"shared")
    second, _ = await house.slide("lesson_a1", b"shared")
    third, own = await house.slide("lesson_a1", b"own")
    files = house.services.courseware.file
    for courseware_id in (first, third):
        assert (await lead.delete(place(house, f"/{courseware_id}"))).status_code == 204
    assert files(shared).exists() and not files(own).exists()
    assert (await lead.delete(place(house, f"/{second}"))).status_code == 204
    assert not files(shared).exists()
    gone = await lead.delete(place(house, f"/{second}"))
    assert (gone.status_code, error_of(gone)) == (404, "courseware-unknown")
    assert (await lead.get(place(house))).json() == []


async def test_a_removed_lesson_takes_its_files(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    _, sha256 = await house.slide("lesson_a1")
    answer = await lead.delete(f"/api/lessons/{house.lesson_id('lesson_a1')}")
    assert answer.status_code == 204
    assert not house.services.courseware.file(sha256).exists()


async def test_an_open_lesson_hears_of_its_courseware(house: House) -> None:
    early, _ = await house.slide("lesson_a1")
    lead = await house.signed_in("lead_a1")
    runner = await house.context.registry.open(house.lesson_id("lesson_a1"))

    async def told(ids: list[str], status: str) -> None:
        wanted = [(courseware_id, status) for courseware_id in ids]
        picture = runner.machine.picture
        await until(
            lambda: [(c.courseware_id, c.status) for c in picture.courseware] == wanted, PATIENCE
        )

    await told([early], "ready")
    later = await added(house, lead, papers.picture(), "图.png")
    await told([early, later["courseware_id"]], "ready")
    await lead.delete(place(house, f"/{early}"))
    await told([later["courseware_id"]], "ready")


async def test_rooms_that_ask_at_once_cost_one_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson_id = house.lesson_id("lesson_a1")
    shelf = CoursewareShelf(house.school.database)  # the lesson's own reads are not counted
    listings = CoursewareListings(shelf)
    _, first = await house.slide("lesson_a1", b"first")
    reads, gate = 0, asyncio.Event()
    listed = shelf.listed

    async def slow(lesson_id: LessonId) -> list[Courseware]:
        nonlocal reads
        reads += 1
        found = await listed(lesson_id)
        await gate.wait()
        return found

    monkeypatch.setattr(shelf, "listed", slow)
    async with asyncio.TaskGroup() as group:
        early = [group.create_task(listings.of(lesson_id)) for _ in range(5)]
        await until(lambda: reads == 1)
        gate.set()
    assert {task.result().names for task in early} == {frozenset([first])}
    assert (await listings.of(lesson_id)).names == {first}
    assert reads == 1


async def test_a_list_that_changed_while_it_was_read_is_not_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson_id, listings = house.lesson_id("lesson_a1"), house.context.courseware.listings
    _, first = await house.slide("lesson_a1", b"first")
    is_reading, gate = asyncio.Event(), asyncio.Event()
    listed = house.school.courseware.listed

    async def slow(lesson_id: LessonId) -> list[Courseware]:
        found = await listed(lesson_id)
        if not is_reading.is_set():
            is_reading.set()
            await gate.wait()
        return found

    monkeypatch.setattr(house.school.courseware, "listed", slow)
    async with asyncio.TaskGroup() as group:
        early = group.create_task(listings.of(lesson_id))
        await is_reading.wait()
        _, second = await house.slide("lesson_a1", b"second")
        gate.set()
    assert early.result().names == {first}
    assert (await listings.of(lesson_id)).names == {first, second}


async def test_an_open_lesson_hears_of_progress_now_and_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sha256 = await house.slide("lesson_a1")
    lesson_id, desk = house.lesson_id("lesson_a1"), house.context.courseware
    runner = await house.context.registry.open(lesson_id)
    told: list[tuple[str, int]] = []

    def note(heard: CoursewareListed) -> None:
        told.append((heard.courseware[-1].status, heard.courseware[-1].done_slides))

    monkeypatch.setattr(runner, "post", note)
    house.clock.advance(TELL_SECONDS)
    courseware_id, file = CoursewareId("cw_long"), SlidePicture(sha256, 12)
    await house.school.courseware.add(OPERATOR, courseware_id, lesson_id, "long")
    await desk.opened(courseware_id, 30)
    for number in range(1, 31):
        house.clock.advance(1)
        await desk.slide_made(courseware_id, Slide(number, 16, 9, "", "data:,", file, file, file))
    await desk.converted(courseware_id)
    progress = [("converting", made) for made in (0, 10, 20, 30)]
    assert told == [*progress, ("ready", 30)]


async def test_a_restart_goes_on_with_what_was_not_done(
    tmp_path: Path, counties: tuple[Path, County]
) -> None:
    shutil.copy(counties[0], tmp_path / "school.db")
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        lead = await house.signed_in("lead_a1")
        await added(house, lead, papers.pdf(6), "a.pdf")
        await listed(house, lead, lambda found: found[0]["done_slides"])
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        lead = await house.signed_in("lead_a1")
        before = (await lead.get(place(house))).json()[0]
        assert before["status"] == "converting"
        manifest = await ended(house, lead)
        assert [slide["number"] for slide in manifest["slides"]] == list(range(1, 7))
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        house.clock.advance(5)
        shelf = house.school.courseware
        await shelf.add(
            house.county.principal("lead_a1"),
            CoursewareId("cw_lost"),
            house.lesson_id("lesson_a1"),
            "lost",
        )
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        lead = await house.signed_in("lead_a1")
        done = await listed(house, lead, lambda found: found[1]["status"] != "converting")
        assert done[1]["error"]["id"] == "courseware-interrupted"
        assert done[0]["status"] == "ready"


# ---- in pieces -----------------------------------------------------------------------------------

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


async def begun(client: httpx.AsyncClient, house: House, data: bytes, name: str) -> str:
    """Address of a new upload."""
    metadata = "filename " + base64.b64encode(name.encode()).decode()
    headers = TUS | {"Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    answer = await client.post(place(house, "/uploads"), headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "0" and "upload-expires" in answer.headers
    return answer.headers["location"]


async def put(client: httpx.AsyncClient, url: str, data: bytes, offset: int) -> httpx.Response:
    return await client.patch(url, content=data, headers=PIECE | {"Upload-Offset": str(offset)})


async def test_an_upload_goes_on_where_its_link_broke(house: House) -> None:
    lead, data = await house.signed_in("lead_a1"), papers.pdf(2)
    url = await begun(lead, house, data, "面积.pdf")
    cut = len(data) // 3
    assert (await put(lead, url, data[:cut], 0)).headers["upload-offset"] == str(cut)

    async def breaks() -> AsyncIterator[bytes]:
        yield data[cut : 2 * cut]
        raise ConnectionError

    with contextlib.suppress(ConnectionError):
        await lead.patch(url, content=breaks(), headers=PIECE | {"Upload-Offset": str(cut)})
    offset = int((await lead.head(url)).headers["upload-offset"])
    assert cut <= offset <= 2 * cut
    wrong = await put(lead, url, data[cut:], 0)
    assert (wrong.status_code, error_of(wrong)) == (409, "upload-offset-wrong")
    # a restart keeps it
    known = await house.school.courseware.checksums()
    CoursewareFolder(house.folder / "courseware").keep_only([], known)
    assert (await put(lead, url, data[offset:], offset)).status_code == 204
    manifest = await ended(house, lead)
    assert (manifest["title"], manifest["status"], manifest["done_slides"]) == ("面积", "ready", 2)
    assert url.endswith(manifest["courseware_id"])
    assert error_of(await put(lead, url, b"", len(data))) == "upload-unknown"


async def test_pieces_are_refused_as_files_are(house: House) -> None:
    lead, other = await house.signed_in("lead_a1"), await house.signed_in("lead_b1")
    large = TUS | {"Upload-Length": "300000001"}
    assert error_of(await lead.post(place(house, "/uploads"), headers=large)) == (
        "courseware-too-large"
    )
    assert (
        error_of(await lead.post(place(house, "/uploads"), headers={"Upload-Length": "1"}))
        == "upload-version-wrong"
    )
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(2_000)
    url = await begun(lead, house, film, "a.pdf")
    assert error_of(await put(other, url, film, 0)) == "lesson-unknown"
    assert error_of(await put(lead, url, film, 0)) == "courseware-kind-unknown"
    assert (await lead.head(url)).status_code == 404, "nothing stays of what is refused"
    url = await begun(lead, house, papers.pdf(1), "b.pdf")
    assert error_of(await put(lead, url, papers.pdf(3), 0)) == "courseware-too-large"
    assert not list((house.folder / "courseware" / "uploads").iterdir())


async def test_half_uploads_of_a_lesson_are_few_and_go_after_a_day(house: House) -> None:
    lead, data = await house.signed_in("lead_a1"), papers.pdf(1)
    urls = [await begun(lead, house, data, f"{n}.pdf") for n in range(6)]
    found = [(await lead.head(url)).status_code for url in urls]
    assert sorted(found) == [200] * 5 + [404]
    assert (await lead.delete(urls[-1])).status_code == 204
    uploads = house.folder / "courseware" / "uploads"
    for part in uploads.glob("*.part"):
        os.utime(part, (0, 0))
    await begun(lead, house, data, "new.pdf")
    assert len(list(uploads.glob("*.part"))) == len(list(uploads.glob("*.json"))) == 1
