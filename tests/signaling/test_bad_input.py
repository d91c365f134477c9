"""Bad input of every kind gets its stable id and sentences, and never a traceback."""

import json
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message

from signaling.io.app import create_app
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId
from streamsvc.school.records import LessonState
from tests.signaling.house import ORIGIN, House
from tests.streamsvc.school.county import PASSWORD


def error_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["error"]["message"]["zh-CN"] and body["error"]["message"]["en"]
    assert "Traceback" not in answer.text
    return str(body["error"]["id"])


async def test_a_wrong_code_and_too_many_of_them(house: House) -> None:
    browser = house.client()
    seen = []
    for number in range(40):
        answer = await browser.post("/api/rooms/join", json={"code": f"{number:06d}"})
        seen.append(error_of(answer))
    assert seen[0] == "code-unknown"
    assert seen[-1] == "too-many-tries"
    assert int(answer.headers["retry-after"]) > 0


async def test_too_many_passwords(house: House) -> None:
    browser = house.client()
    for _ in range(30):
        answer = await browser.post("/api/sign-in", json={"login": "lead_a1", "password": "x"})
    assert error_of(answer) == "too-many-tries"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "JSON"),
        (b"[]", "body"),
        (b'{"login": "x"}', "password"),
        (b'{"login": "x", "password": 7}', "password"),
        (b'{"login": "x", "password": "y", "extra": 1}', "extra"),
        (b"\xff\xfe", "JSON"),
        (b"", "body"),
    ],
)
async def test_a_body_that_does_not_fit_names_the_field(
    house: House, body: bytes, field: str
) -> None:
    answer = await house.client().post(
        "/api/sign-in", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422 or body == b"\xff\xfe"
    assert error_of(answer) == "body-invalid"
    if body != b"\xff\xfe":
        assert field in answer.json()["error"]["message"]["en"]


async def test_the_value_of_a_wrong_field_is_not_repeated(house: House) -> None:
    secret = "hunter2" * 60
    answer = await house.client().post("/api/sign-in", json={"login": "x", "password": secret})
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("depth", [10, 100_000])
async def test_deep_json_is_refused_calmly(house: House, depth: int) -> None:
    answer = await house.client().post(
        "/api/sign-in",
        content=b"[" * depth,
        headers={"Content-Type": "application/json"},
    )
    assert error_of(answer) == "body-invalid"


async def test_a_giant_body_is_refused_announced_or_not(house: House) -> None:
    browser = house.client()
    announced = await browser.post("/api/sign-in", content=b"x" * 2_000_000)
    assert (announced.status_code, error_of(announced)) == (413, "body-too-large")

    async def pieces() -> Any:
        for _ in range(20):
            yield b"x" * 100_000

    streamed = await browser.post(
        "/api/sign-in", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert (streamed.status_code, error_of(streamed)) == (413, "body-too-large")


async def test_a_megabyte_of_sdp(house: House) -> None:
    grant = await house.grant("lead_a1", "lesson_a1")
    answer = await house.client().post(
        f"/whip/{house.lesson_id('lesson_a1')}/lead",
        content=b"v=0\r\n" + b"a=x\r\n" * 190_000,
        headers={"Authorization": f"Bearer {grant}", "Content-Type": "application/sdp"},
    )
    assert error_of(answer) == "sdp-too-large"


@pytest.mark.parametrize("case", ["expired", "forged", "missing", "taken"])
async def test_media_doors(house: House, case: str) -> None:
    grant = await house.grant("lead_a1", "lesson_a1")
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {grant}"}
    path = f"/whip/{house.lesson_id('lesson_a1')}/lead"
    browser = house.client()
    assert (await browser.post(path, content="v=0", headers=headers)).status_code == 201
    if case == "expired":
        house.clock.advance(601)
    elif case == "forged":
        headers["Authorization"] = f"Bearer {grant[:-3]}AAA"
    elif case == "missing":
        del headers["Authorization"]
    answer = await browser.post(path, content="v=0", headers=headers)
    expected = {
        "expired": "grant-expired",
        "forged": "grant-invalid",
        "missing": "grant-missing",
        "taken": "slot-taken",
    }
    assert error_of(answer) == expected[case]
    if case != "taken":
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_lesson_that_is_over(house: House) -> None:
    lesson_id = house.lesson_id("lesson_ac")
    await house.school.lessons.start(lesson_id)
    await house.school.lessons.end(lesson_id)
    lead = await house.signed_in("colleague_a1")
    assert error_of(await lead.post(f"/api/lessons/{lesson_id}/grant")) == "lesson-ended"
    change = await lead.patch(f"/api/lessons/{lesson_id}", json={"title": "x"})
    assert error_of(change) == "lesson-already-ended"
    assert error_of(await lead.delete(f"/api/lessons/{lesson_id}")) == "lesson-already-ended"


async def test_a_room_of_another_county_can_not_be_invited(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    answer = await lead.post(
        "/api/lessons", json={"title": "x", "room_ids": [house.room_id("room_b1")]}
    )
    assert error_of(answer) == "room-unknown"


async def test_a_full_disk_does_not_stop_a_lesson_and_the_timeline_has_no_hole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline = house.services.timeline
    lesson_id = house.lesson_id("lesson_a1")
    await house.grant("lead_a1", "lesson_a1")
    runner = house.context.registry.find(lesson_id)
    assert runner is not None
    written = type(timeline).append

    def full(self: Any, lesson_id: LessonId, line: str) -> None:
        raise EnvironmentFault("disk-full", path="x")

    monkeypatch.setattr(type(timeline), "append", full)
    await runner.keep(["1", "2"])
    monkeypatch.setattr(type(timeline), "append", written)
    await runner.keep(["3"])
    assert timeline.read(lesson_id) == ["1", "2", "3"]


# ---- the guard -----------------------------------------------------------------------------------


async def test_a_foreign_origin_can_not_act_with_our_cookie(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    for origin in ("http://evil.test", "null", "http://classroom.test.evil.test", "http://[", "["):
        answer = await lead.post("/api/sign-out", headers={"Origin": origin})
        assert error_of(answer) == "origin-refused", origin
    assert (await lead.get("/api/me")).status_code == 200
    own = await lead.post("/api/sign-out", headers={"Origin": ORIGIN})
    assert own.status_code == 204


async def test_doors_that_take_grants_alone_ask_for_no_origin(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    answer = await lead.post("/whep/les_none", headers={"Origin": "http://evil.test"})
    assert error_of(answer) != "origin-refused"


@pytest.mark.parametrize("host", ["", "a b", "x;default-src *", "<script>", "a/b"])
async def test_a_strange_host_is_refused(house: House, host: str) -> None:
    answer = await house.client().get("/healthz", headers={"Host": host})
    assert error_of(answer) == "host-refused"
    assert host == "" or host not in answer.headers["content-security-policy"]


async def test_every_answer_carries_the_security_headers(house: House) -> None:
    for path in ("/healthz", "/join", "/api/me", "/no/such/page"):
        headers = (await house.client().get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "worker-src 'self' blob:" in policy
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert "camera=(self)" in headers["permissions-policy"]
        assert "display-capture=(self)" in headers["permissions-policy"]


async def test_unknown_paths_and_methods(house: House) -> None:
    browser = house.client()
    assert error_of(await browser.get("/api/nothing")) == "path-unknown"
    wrong = await browser.delete("/api/me")
    assert error_of(wrong) == "method-not-allowed" and wrong.headers["allow"] == "GET"
    visit = await browser.get("/nothing", headers={"Accept": "text/html"})
    assert visit.status_code == 404 and "没有这个页面" in visit.text


@pytest.mark.parametrize("path", ["/a%00b", "/" + "a" * 300, "/" + "a/" * 3000, "/%2e%2e/secret"])
async def test_a_path_no_disk_can_hold_is_unknown(house: House, path: str) -> None:
    assert error_of(await house.client().get(path)) == "path-unknown"


async def test_a_fault_of_ours_is_an_incident_with_a_number(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    router = APIRouter()

    @router.get("/boom")
    async def boom() -> PlainTextResponse:
        raise ZeroDivisionError("a secret in the message")

    house.app = create_app(house.services, router)
    answer = await house.client().get("/boom")
    assert (answer.status_code, error_of(answer)) == (500, "internal")
    assert "secret" not in answer.text
    incident = answer.json()["error"]["details"]["incident"]
    assert incident in caplog.text


async def test_a_body_that_breaks_off_is_no_incident(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "streamsvc.http")
    router = APIRouter()

    @router.put("/still")
    async def still(request: Request) -> None:
        await request.body()

    events = [{"type": "http.request", "body": b"half", "more_body": True}]

    async def receive() -> Message:
        return events.pop() if events else {"type": "http.disconnect"}

    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    headers = [(b"host", b"classroom.test"), (b"origin", ORIGIN.encode())]
    scope = {
        "type": "http", "http_version": "1.1", "method": "PUT", "scheme": "http", "path": "/still",
        "raw_path": b"/still", "query_string": b"", "headers": headers, "client": ("10.0.0.1", 1),
    }  # fmt: skip
    await create_app(house.services, router)(scope, receive, send)
    (record,) = [record for record in caplog.records if record.name == "streamsvc.http"]
    assert (answers, record.getMessage(), record.__dict__["status"]) == ([], "< PUT /still", 499)


async def test_logs_hold_no_queries_and_no_pair_secrets(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "streamsvc.http")
    browser = house.client()
    await browser.get("/join?code=123456")
    await browser.get("/p/verysecretpair")
    await browser.get("/watch/linkofaclass")
    await browser.post("/api/sign-in", json={"login": "lead_a1", "password": PASSWORD})
    words = json.dumps([record.getMessage() for record in caplog.records])
    assert "/join" in words and "/p/..." in words and "/watch/..." in words
    for secret in ("123456", "verysecretpair", "linkofaclass", PASSWORD):
        assert secret not in caplog.text


async def test_live_lessons_are_listed_by_state(house: House) -> None:
    lead = await house.signed_in("lead_a1")
    assert error_of(await lead.get("/api/lessons?state=cancelled")) == "body-invalid"
    assert error_of(await lead.get("/api/lessons?from_ms=-1")) == "body-invalid"
    answer = await lead.get("/api/lessons", params={"state": LessonState.SCHEDULED.value})
    assert [info["title"] for info in answer.json()] == ["lesson_a1"]
