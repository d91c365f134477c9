"""Pages: the right HTML at each address, and caching that survives a new build."""

import gzip
import json
import re

import pytest

from signaling.io.pages import bootstrap, inline_script_hashes
from signaling.protocol.room_channel import RoomHome
from tests.signaling.house import House

PAGES = {
    "/join": "join",
    "/room": "room",
    "/room/live": "room",
    "/p": "phone",
    "/captions": "captions",
    "/p/secret": "phone",
    "/login": "staff",
    "/today": "staff",
    "/teach/les_1/check": "staff",
    "/teach/les_1": "staff",
    "/library": "staff",
    "/library/rec_1": "staff",
    "/admin": "staff",
    "/admin/rooms": "staff",
}


@pytest.fixture
def built(house: House) -> House:
    dist = house.services.settings.web_dist
    (dist / "assets").mkdir(parents=True)
    for name in ("join", "room", "phone", "captions", "staff"):
        (dist / f"{name}.html").write_text(f"<html>{name}<!--bootstrap--></html>")
    (dist / "assets" / "room-abc.js").write_text("let x = 1;\n" * 50)
    (dist / "assets" / "room-abc.js.gz").write_bytes(gzip.compress(b"let x = 1;\n" * 50))
    (dist / "sw.js").write_text("1")
    return house


@pytest.mark.parametrize(("path", "page"), PAGES.items())
async def test_each_address_has_its_page(built: House, path: str, page: str) -> None:
    answer = await built.client().get(path)
    assert answer.status_code == 200 and f"<html>{page}" in answer.text


async def test_home_sends_each_browser_where_it_belongs(built: House) -> None:
    for name, target in ((None, "/join"), ("lead_a1", "/today"), ("room_a1", "/room")):
        browser = built.client() if name is None else await built.signed_in(name)
        answer = await browser.get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, target)


async def test_the_room_page_carries_its_home(built: House) -> None:
    browser = await built.signed_in("room_a2")
    answer = await browser.get("/room", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r'<script type="application/json" id="bootstrap">(.*?)</script>', answer.text)
    assert found
    value = json.loads(found[1])
    assert value["locale"] == "en"
    assert value["room_home"]["open"]["lesson_id"] == built.lesson_id("lesson_a1")
    stranger = await built.client().get("/room")
    assert '"room_home": null' in stranger.text


def test_no_name_breaks_out_of_the_bootstrap() -> None:
    evil = "</script><script>alert(1)</script>&\u2028"
    home = RoomHome(
        now_ms=0,
        room_id="r",
        room_name=evil,
        school_name=evil,
        lessons=[],
        open=None,
        grant=None,
        grant_expires_at_ms=None,
        ice_servers=[],
        helper=None,
        checks=[],
    )
    block = bootstrap(home, "zh-CN")
    assert block.count("<") == 2 and "&" not in block and "\u2028" not in block
    inside = block.partition(">")[2].rpartition("<")[0]
    assert json.loads(inside)["room_home"]["room_name"] == evil


async def test_assets_are_immutable_and_come_compressed(built: House) -> None:
    browser = built.client()
    script = await browser.get("/assets/room-abc.js", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.text.startswith("let x")
    plain = await browser.get("/assets/room-abc.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == script.text
    assert (await browser.get("/sw.js")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/../school.db", "/%2e%2e/school.db", "/room.html", "/assets"]
)
async def test_nothing_else_is_served(built: House, path: str) -> None:
    assert (await built.client().get(path)).status_code == 404


async def test_without_a_build_the_page_says_what_to_run(house: House) -> None:
    answer = await house.client().get("/join")
    assert answer.status_code == 503 and "npm run build" in answer.text


def test_inline_scripts_of_the_build_are_allowed_by_hash() -> None:
    page = (
        '<script>a</script><script src="x.js"></script><script type="application/json">{}</script>'
    )
    assert inline_script_hashes(page) == ("sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=",)
