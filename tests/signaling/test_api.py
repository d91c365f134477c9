"""Every endpoint does its work, for somebody who may."""

from dataclasses import replace

import httpx
import pytest

from signaling.io.app import create_app
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.media import PictureProfile
from streamsvc.base.sessions import LinkPolicy
from tests.signaling.house import ORIGIN, House
from tests.streamsvc.school.county import PASSWORD
from tests.support.waiting import until


async def test_sign_in_and_out(house: House) -> None:
    browser = house.client()
    assert (await browser.get("/api/me")).status_code == 401
    answer = await browser.post("/api/sign-in", json={"login": "lead_a1", "password": PASSWORD})
    assert answer.status_code == 200
    assert "start_lesson" in answer.json()["actions"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    assert (await browser.get("/api/me")).json()["person"]["name"] == "lead_a1"
    assert (await browser.post("/api/sign-out")).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401


async def test_a_wrong_password_is_said_in_both_languages(house: House) -> None:
    answer = await house.client().post("/api/sign-in", json={"login": "lead_a1", "password": "x"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    error = answer.json()["error"]
    assert error["id"] == "login-wrong"
    assert error["message"]["zh-CN"] and error["message"]["en"]


async def test_the_administrators_home(house: House) -> None:
    admin = await house.signed_in("admin_a")
    tree = (await admin.get("/api/organisations")).json()
    assert {o["name"] for o in tree} == {"county_a", "school_a1", "school_a2"}
    county_id = house.county.organisations["county_a"].id
    school = await admin.post(
        "/api/organisations", json={"parent_id": county_id, "kind": "school", "name": "new"}
    )
    assert school.status_code == 201
    person = await admin.post(
        "/api/people",
        json={
            "organisation_id": school.json()["organisation_id"],
            "login": "fresh",
            "name": "Fresh",
            "role": "helper_teacher",
            "password": "long enough",
        },
    )
    assert person.status_code == 201
    changed = await admin.patch(
        f"/api/people/{person.json()['person_id']}", json={"is_active": False}
    )
    assert changed.json()["is_active"] is False
    room = await admin.post(
        "/api/rooms",
        json={
            "organisation_id": school.json()["organisation_id"],
            "name": "Room",
            "kind": "recv_room",
        },
    )
    assert room.status_code == 201 and not room.json()["has_device"]
    assert "fresh" in {p["login"] for p in (await admin.get("/api/people")).json()}


async def test_a_screen_joins_waits_pairs_and_leaves(house: House) -> None:
    admin, screen, phone = await house.signed_in("admin_a"), house.client(), house.client()
    room_id = house.room_id("room_a2")
    code = (await admin.post(f"/api/rooms/{room_id}/code")).json()["code"]
    joined = await screen.post("/api/rooms/join", json={"code": code})
    assert joined.json()["room_id"] == room_id
    home = (await screen.get("/api/room")).json()
    assert home["open"]["lesson_id"] == house.lesson_id("lesson_a1")
    assert home["grant"]
    pair = (await screen.post("/api/room/pair")).json()["path"]
    paired = await phone.post("/api/phone/pair", json={"pair": pair[3:], "name": "王芳"})
    assert paired.json()["room_name"] == "room_a2"
    assert (await phone.get("/api/phone")).json()["helper"]["name"] == "王芳"
    assert (await screen.get("/api/room")).json()["helper"]["name"] == "王芳"
    assert (await screen.post("/api/room/leave")).status_code == 204
    assert (await screen.get("/api/room")).status_code == 401
    assert (await phone.get("/api/phone")).status_code == 401


async def test_the_waiting_screen_knows_whether_the_phone_is_there(house: House) -> None:
    screen = await house.signed_in("room_a2")

    async def helper() -> object:
        return (await screen.get("/api/room")).json()["helper"]

    assert await helper() is None
    phone = await house.signed_in("phone_a2")
    assert await helper() == {"name": "王芳", "is_online": False}, (
        "paired, but its page is not open"
    )
    await phone.get("/api/phone")
    assert await helper() == {"name": "王芳", "is_online": True}
    house.clock.advance(16)
    assert await helper() == {"name": "王芳", "is_online": False}


async def test_a_removed_device_is_out_at_once(house: House) -> None:
    admin, screen = await house.signed_in("admin_a"), await house.signed_in("room_a2")
    grant = (await screen.get("/api/room")).json()["grant"]
    house.clock.advance(1)
    removed = await admin.delete(f"/api/rooms/{house.room_id('room_a2')}/device")
    assert removed.status_code == 204
    gone = await screen.get("/api/room")
    assert gone.json()["error"]["id"] == "device-signed-out"
    watch = await screen.post(
        f"/whep/{house.lesson_id('lesson_a1')}",
        content="v=0",
        headers={"Authorization": f"Bearer {grant}", "Content-Type": "application/sdp"},
    )
    assert watch.json()["error"]["id"] == "grant-expired"


async def test_the_plan_of_lessons(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    course = await lead.post(
        "/api/courses",
        json={
            "organisation_id": house.county.organisations["school_a1"].id,
            "title": "Maths",
            "subject": "Mathematics",
            "grade": "3",
        },
    )
    assert course.status_code == 201
    later_ms = house.clock.wall_ms() + 86_400_000
    planned = await lead.post(
        "/api/lessons",
        json={
            "title": "Later",
            "course_id": course.json()["course_id"],
            "scheduled_start_ms": later_ms,
            "room_ids": [house.room_id("room_a2")],
        },
    )
    assert planned.status_code == 201 and planned.json()["subject"] == "Mathematics"
    path = f"/api/lessons/{planned.json()['lesson_id']}"
    assert (await lead.patch(path, json={"title": "Tomorrow"})).json()["title"] == "Tomorrow"
    assert (await lead.get(path)).json()["title"] == "Tomorrow"
    window: dict[str, int | str] = {
        "from_ms": later_ms,
        "to_ms": later_ms + 1,
        "state": "scheduled",
    }
    assert len((await lead.get("/api/lessons", params=window)).json()) == 1
    assert len((await lead.get("/api/courses")).json()) == 1
    assert (await lead.delete(path)).status_code == 204
    assert (await lead.get(path)).json()["error"]["id"] == "lesson-unknown"


async def test_an_ad_hoc_lesson_is_open_at_once(house: House) -> None:
    lead, screen = await house.signed_in("colleague_a1"), await house.signed_in("room_a1")
    assert (await screen.get("/api/room")).json()["open"]["title"] == "lesson_ba"
    made = await lead.post(
        "/api/lessons", json={"title": "Now", "room_ids": [house.room_id("room_a1")]}
    )
    assert made.json()["is_adhoc"]
    assert house.context.registry.find(made.json()["lesson_id"]) is not None


async def test_grants_say_what_they_allow(house: House) -> None:
    path = f"/api/lessons/{house.lesson_id('lesson_a1')}/grant"
    lead = (await (await house.signed_in("lead_a1")).post(path)).json()
    assert lead["may_publish"] == ["lead", "screen"] and lead["may_moderate"]
    assert set(lead["whip"]) == {"lead", "screen"}
    room = (await (await house.signed_in("room_a2")).post(path)).json()
    assert room["may_publish"] == ["stage"] and not room["may_moderate"]
    observer = (await (await house.signed_in("observer_a")).post(path)).json()
    assert observer["may_publish"] == [] and observer["may_subscribe"]
    helper = await (await house.signed_in("helper_a2")).post(path)
    assert helper.status_code == 200


async def test_a_lesson_of_tomorrow_is_not_open_yet_but_to_its_teacher(house: House) -> None:
    lead, screen = await house.signed_in("lead_a1"), await house.signed_in("room_a2")
    made = await lead.post(
        "/api/lessons",
        json={
            "title": "Later",
            "scheduled_start_ms": house.clock.wall_ms() + 3_600_000,
            "room_ids": [house.room_id("room_a2")],
        },
    )
    path = f"/api/lessons/{made.json()['lesson_id']}/grant"
    assert (await screen.post(path)).json()["error"]["id"] == "lesson-not-open"
    assert (await lead.post(path)).status_code == 200


async def test_a_summary_lists_every_invited_room(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    answer = (await lead.get(f"/api/lessons/{house.lesson_id('lesson_a1')}/summary")).json()
    assert [row["room_name"] for row in answer["attendance"]] == ["room_a2"]
    assert answer["message_count"] == 0


async def test_the_library(house: House) -> None:
    admin, lead = await house.signed_in("admin_a1"), await house.signed_in("lead_a1")
    recording_id = house.county.recordings["rec_a1"].id
    path = f"/api/recordings/{recording_id}"
    assert {r["title"] for r in (await lead.get("/api/recordings")).json()} == {
        "lesson_a1",
        "lesson_ac",
    }
    comment = await lead.post(f"{path}/comments", json={"at_ms": 1_000, "text": "good"})
    assert comment.status_code == 201 and comment.json()["is_mine"]
    detail = (await admin.get(path)).json()
    assert detail["may_share"] and detail["comments"][0]["text"] == "good"
    assert not detail["comments"][0]["is_mine"]
    one = f"{path}/comments/{comment.json()['comment_id']}"
    changed = await lead.patch(one, json={"text": "very good"})
    assert changed.json()["text"] == "very good"
    assert (await admin.patch(one, json={"text": "x"})).status_code == 403
    assert (await lead.delete(one)).status_code == 204
    shared = await admin.patch(path, json={"is_shared": True})
    assert shared.json()["is_shared"]


async def test_media_files_with_range_and_caching(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    recording_id = house.county.recordings["rec_a1"].id
    folder = house.catalog.folder / recording_id / "lead"
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n")
    (folder / "00001.m4s").write_bytes(bytes(range(100)))
    base = f"/api/recordings/{recording_id}/media/lead"
    playlist = await lead.get(f"{base}/index.m3u8")
    assert playlist.headers["cache-control"] == "no-cache"
    assert playlist.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    part = await lead.get(f"{base}/00001.m4s", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == bytes(range(10, 20))
    assert "immutable" in part.headers["cache-control"]
    for wrong in ("nothing.m4s", "../../school.db", "%2e%2e/%2e%2e/%2e%2e/school.db"):
        assert (await lead.get(f"{base}/{wrong}")).status_code == 404


async def test_stills(house: House) -> None:
    grant = await house.grant("room_a2", "lesson_a1")
    lead = await house.signed_in("lead_a1")
    path = f"/api/lessons/{house.lesson_id('lesson_a1')}/rooms/{house.room_id('room_a2')}/still"
    bearer = {"Authorization": f"Bearer {grant}"}
    screen = house.client()
    jpeg = b"\xff\xd8\xff" + b"x" * 100 + b"\xff\xd9"
    assert (await lead.get(path)).json()["error"]["id"] == "still-unknown"
    assert (await screen.put(path, content=jpeg, headers=bearer)).status_code == 204
    shown = await lead.get(path)
    assert shown.content == jpeg and shown.headers["content-type"] == "image/jpeg"
    large = await screen.put(path, content=b"\xff\xd8\xff" + b"x" * 9_000, headers=bearer)
    assert (large.status_code, large.json()["error"]["id"]) == (413, "still-too-large")
    script = await screen.put(path, content=b"<script>", headers=bearer)
    assert script.json()["error"]["id"] == "still-malformed"
    other = path.replace(house.room_id("room_a2"), house.room_id("room_a1"))
    assert (await screen.put(other, content=jpeg, headers=bearer)).status_code == 403
    assert (await lead.get(path, headers=bearer)).json()["error"]["id"] == "not-allowed"


async def test_qr_codes_hold_only_our_own_addresses(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    drawn = await lead.get("/api/qr.svg", params={"path": "/join?code=123456"})
    assert drawn.headers["content-type"] == "image/svg+xml" and b"<svg" in drawn.content
    for path in ("//evil.test/", "/\\evil.test", "http://evil.test", "/<script>", "join"):
        refused = await lead.get("/api/qr.svg", params={"path": path})
        assert refused.json()["error"]["id"] == "path-refused", path


@pytest.mark.parametrize(
    ("ailing", "status", "code"),
    [
        ({"disk": "disk-full"}, "degraded", 200),
        ({"presentations": "courseware-needs-office"}, "ok", 200),
        ({"recorder": "recorder-down"}, "not-ready", 503),
        ({"database": "database-unusable", "disk": "disk-full"}, "not-ready", 503),
    ],
)
async def test_a_part_that_ails_is_named(
    house: House, ailing: dict[str, str], status: str, code: int
) -> None:
    async def readiness() -> dict[str, str]:
        return {"database": "ok", "recorder": "ok", "disk": "ok"} | ailing

    app = create_app(replace(house.services, readiness=readiness))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as browser:
        answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (code, status)
    assert answer.json()["parts"].items() >= ailing.items()


async def test_health(house: House) -> None:
    browser = house.client()
    assert (await browser.get("/healthz")).json() == {"status": "ok"}
    asked = await browser.head("/healthz")
    assert (asked.status_code, asked.content) == (200, b"")
    ready = await browser.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "parts": {}})
    refused = await browser.get("/metrics")
    assert refused.json()["error"]["id"] == "metrics-refused"


async def test_a_room_s_policy_holds_at_once_where_the_room_is(house: House) -> None:
    admin, screen = await house.signed_in("admin_a"), await house.signed_in("room_a2")
    room_id, lesson_id = house.room_id("room_a2"), house.lesson_id("lesson_a1")
    grant = (await screen.post(f"/api/lessons/{lesson_id}/grant")).json()["grant"]
    doors = {"Authorization": f"Bearer {grant}", "Content-Type": "application/sdp"}

    async def watch() -> LinkPolicy:
        opened = await screen.post(f"/whep/{lesson_id}", content="v=0", headers=doors)
        session_id = MediaSessionId(opened.headers["location"].rpartition("/")[2])
        return house.relay.session_party(session_id).policy

    assert await watch() == LinkPolicy()
    wanted = {"most_kbps": 300, "is_voice_and_slides": True, "is_satellite": True}
    policy = LinkPolicy(300, is_voice_and_slides=True, is_satellite=True)
    answer = await admin.put(f"/api/rooms/{room_id}/policy", json=wanted)
    assert answer.status_code == 200 and answer.json()["policy"] == wanted
    await until(lambda: [its for _, its in house.relay.policies] == [policy])
    assert await watch() == policy
    listed = (await admin.get("/api/rooms")).json()
    assert [r["policy"] for r in listed if r["room_id"] == room_id] == [wanted]
    again = await admin.put(f"/api/rooms/{room_id}/policy", json={"most_kbps": 63})
    assert again.status_code == 422, "voice alone needs more"


async def test_what_microphones_are_for_is_planned_and_stays(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    made = await lead.post("/api/lessons", json={"title": "Choir", "sound_profile": "music"})
    assert made.json()["sound_profile"] == "music"
    planned = house.lesson_id("lesson_a1")
    assert (await lead.get(f"/api/lessons/{planned}")).json()["sound_profile"] == "speech"
    answer = await lead.patch(f"/api/lessons/{planned}", json={"sound_profile": "music"})
    assert answer.json()["sound_profile"] == "music"
    await house.school.lessons.start(planned)
    refused = await lead.patch(f"/api/lessons/{planned}", json={"sound_profile": "speech"})
    assert refused.json()["error"]["id"] == "lesson-already-live"


async def test_which_pictures_come_first_may_change_while_a_lesson_runs(house: House) -> None:
    lead, lesson_id = await house.signed_in("lead_a1"), house.lesson_id("lesson_a1")
    await lead.post(f"/api/lessons/{lesson_id}/grant")
    await until(lambda: lesson_id in house.relay.profiles)
    await house.school.lessons.start(lesson_id)
    change = {"picture_profile": "movement_first"}
    answer = await lead.patch(f"/api/lessons/{lesson_id}", json=change)
    assert answer.json()["picture_profile"] == "movement_first"
    await until(lambda: house.relay.profiles[lesson_id] is PictureProfile.MOVEMENT_FIRST)
    refused = await lead.patch(f"/api/lessons/{lesson_id}", json={**change, "title": "Other"})
    assert refused.json()["error"]["id"] == "lesson-already-live"
