"""Every endpoint × every role × own and foreign objects, from the route list itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute

from signaling.io.auth import COOKIES
from signaling.io.media_gate import MediaGate
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import UserError
from streamsvc.base.media import Slot
from tests.signaling.endpoint_cases import (
    BY_GRANT,
    CASES,
    JPEG,
    MEDIA_DOORS,
    PRINCIPALS,
    PUBLIC,
    SEES_LESSON,
    SOCKETS,
    TUS,
    Case,
    still,
)
from tests.signaling.house import House, open_house
from tests.streamsvc.school.county import County


@pytest.fixture(autouse=True)
async def _quick_loop() -> None:
    """No asyncio debug mode: for every future of thousands of requests it copies the stack, which
    is more than half of the time. Nothing here is about the loop."""
    asyncio.get_running_loop().set_debug(False)


# ---- the route list ------------------------------------------------------------------------------


def routes(house: House) -> Iterator[tuple[str, str, Dependant]]:
    for route in _flat(house.app.routes):
        if isinstance(route, APIRoute):
            assert route.methods is not None
            for method in sorted(route.methods):
                yield method, route.path, route.dependant


def _flat(found: Any) -> Iterator[Any]:
    for route in found:
        inner = getattr(route, "original_router", None)
        yield from _flat(inner.routes) if inner is not None else [route]


def declared(dependant: Dependant, name: str) -> list[Any]:
    values = [getattr(dependant.call, "__dict__", {}).get(name)]
    for inner in dependant.dependencies:
        values += declared(inner, name)
    return [value for value in values if value is not None]


async def test_every_route_declares_its_action_and_is_tested(house: House) -> None:
    seen = set()
    for method, path, dependant in routes(house):
        actions, reasons = declared(dependant, "action"), declared(dependant, "public")
        assert len(actions) + len(reasons) == 1, f"{method} {path} declares {actions} {reasons}"
        assert bool(reasons) == ((method, path) in PUBLIC), f"{method} {path}"
        seen.add((method, path))
    assert seen == set(CASES) | PUBLIC | BY_GRANT
    others = [r for r in _flat(house.app.routes) if not isinstance(r, APIRoute)]
    sockets = {r.path for r in others if "WebSocket" in type(r).__name__}
    assert sockets == SOCKETS
    assert {r.path for r in others if not isinstance(r, WebSocketRoute)} - SOCKETS == MEDIA_DOORS


# ---- everybody tries everything ------------------------------------------------------------------


Cookies = dict[str, str]


@pytest.fixture(scope="module")
def crowd(
    tmp_path_factory: pytest.TempPathFactory, counties: tuple[Path, County]
) -> tuple[Path, dict[str, Cookies]]:
    """The counties' database in which everybody is signed in, and the cookies of each."""
    folder = tmp_path_factory.mktemp("crowd")
    shutil.copy(counties[0], folder / "school.db")

    async def signed_in() -> dict[str, Cookies]:
        async with open_house(folder, counties[1]) as house:
            return {name: await _cookies(house, name) for name in PRINCIPALS}

    return folder / "school.db", asyncio.run(signed_in())


@pytest.fixture
async def crowded(
    tmp_path: Path, counties: tuple[Path, County], crowd: tuple[Path, dict[str, Cookies]]
) -> AsyncIterator[House]:
    """The application over a copy of that database."""
    shutil.copy(crowd[0], tmp_path / "school.db")
    async with open_house(tmp_path, deepcopy(counties[1])) as house:
        yield house


@pytest.mark.parametrize(("method", "path"), sorted(CASES))
async def test_each_endpoint_for_each_role(
    crowded: House, crowd: tuple[Path, dict[str, Cookies]], method: str, path: str
) -> None:
    house, case = crowded, CASES[method, path]
    action = next(
        declared(dependant, "action")[0]
        for m, p, dependant in routes(house)
        if (m, p) == (method, path)
    )
    wrong = []
    browsers = {name: house.client(**cookies) for name, cookies in crowd[1].items()}
    for county in ("a", "b") if case.has_object else ("a",):
        allowed = case.own if county == "a" else case.foreign
        for name in sorted(PRINCIPALS, key=lambda name: name in allowed):
            if path in ENDS_SIGN_INS:
                browsers[name] = house.client(**await _cookies(house, name))
            verdict = await _try(house, method, case, county, browsers[name])
            expected = _expected(name, action, name in allowed)
            if verdict not in expected:
                wrong.append(f"{name} on {county}: {verdict}, expected {sorted(expected)}")
    assert not wrong


def _expected(name: str, action: Action, is_allowed: bool) -> set[str]:
    role = PRINCIPALS[name]
    if role is None:
        return SIGNED_OUT
    if is_allowed:
        assert may(role, action), f"CASES allow {name} what the table forbids"
        return {"allowed"}
    if not may(role, action):
        return {"not-allowed", *SIGNED_OUT}
    return SCOPED


ENDS_SIGN_INS = {
    "/api/sign-out",
    "/api/room/leave",
    "/api/rooms/{room_id}/device",
    "/api/watch/leave",
}

SIGNED_OUT = {"signed-out", "device-signed-out", "phone-signed-out", "viewer-signed-out"}
SCOPED = {
    "not-allowed",
    "organisation-unknown",
    "person-unknown",
    "room-unknown",
    "room-of-other-school",
    "course-unknown",
    "lesson-unknown",
    "lesson-of-other-teacher",
    "recording-unknown",
    "recording-of-other-teacher",
    "comment-unknown",
    "check-unknown",
    "comment-of-other-author",
}


async def _cookies(house: House, name: str) -> Cookies:
    """A fresh sign-in."""
    if PRINCIPALS[name] is None:
        return {}
    kind, token = await house.token(name)
    return {COOKIES[kind]: token}


async def _try(
    house: House, method: str, case: Case, county: str, browser: httpx.AsyncClient
) -> str:
    path, body = await case.make(house, county)
    return _verdict(await _asked(browser, method, path, body))


async def _asked(browser: httpx.AsyncClient, method: str, path: str, body: Any) -> httpx.Response:
    if "/uploads" in path:
        return await browser.request(method, path, headers=TUS)
    if isinstance(body, bytes):
        return await browser.request(method, path, content=body)
    return await browser.request(method, path, json=body)


HEAD_SAYS = {401: "signed-out", 403: "not-allowed", 404: "lesson-unknown"}
"""An answer to HEAD has no body to name its error."""


def _verdict(answer: httpx.Response) -> str:
    if answer.request.method == "HEAD" and not answer.is_success:
        return HEAD_SAYS[answer.status_code]
    return "allowed" if answer.is_success else str(answer.json()["error"]["id"])


def _ends_lesson_last(case: tuple[str, str]) -> tuple[bool, tuple[str, str]]:
    return case[1].startswith("/api/watch/recordings"), case


@pytest.mark.parametrize("how", ["revoked", "expired", "forged"])
async def test_a_sign_in_that_is_over_opens_nothing(house: House, how: str) -> None:
    cookies = {}
    for name in ("admin_a", "room_a1", "phone_a2"):
        kind, token = await house.token(name)
        cookies[COOKIES[kind]] = token + "x" if how == "forged" else token
        if how == "revoked":
            await house.school.sign_ins.sign_out(token, kind)
    if how == "expired":
        house.clock.advance(400 * 86_400)
    browser = house.client(**cookies)
    for (method, _), case in sorted(CASES.items(), key=lambda item: _ends_lesson_last(item[0])):
        path, body = await case.make(house, "a")
        answer = await _asked(browser, method, path, body)
        assert answer.status_code == 401, f"{how}: {method} {path} {answer.status_code}"


# ---- what a grant opens --------------------------------------------------------------------------


async def test_each_grant_opens_what_the_table_says(house: House) -> None:
    """WHIP, WHEP and stills, for each role's own grant, in its lesson and in another."""
    gate = MediaGate(house.context.grants, house.context.registry, house.context.checks)
    own, foreign = house.lesson_id("lesson_a1"), house.lesson_id("lesson_b1")
    doors = {
        Slot.LEAD: Action.PUBLISH_LEAD,
        Slot.SCREEN: Action.PUBLISH_SCREEN,
        Slot.STAGE: Action.PUBLISH_STAGE,
    }
    for name in sorted(SEES_LESSON | {"room_a2", "phone_a2"}):
        grant, role = await house.grant(name, "lesson_a1"), PRINCIPALS[name]
        for slot, action in doors.items():
            verdict = await _opens(gate.publisher(grant, own, slot))
            on_stage_only = "not-on-stage" if slot is Slot.STAGE else "allowed"
            assert verdict == (on_stage_only if may(role, action) else "not-allowed"), (name, slot)
            assert await _opens(gate.publisher(grant, foreign, slot)) == "grant-invalid"
        assert await _opens(gate.subscriber(grant, own)) == "allowed"
        assert await _opens(gate.subscriber(grant, foreign)) == "grant-invalid"
        assert await _still_put(house, grant) == (
            "allowed" if may(role, Action.SEND_STILL) else "not-allowed"
        )


async def _opens(door: Awaitable[object]) -> str:
    try:
        await door
    except UserError as error:
        return error.error_id
    return "allowed"


async def _still_put(house: House, grant: str) -> str:
    path, _ = await still(house, "a")
    answer = await house.client().put(
        path, content=JPEG, headers={"Authorization": f"Bearer {grant}"}
    )
    return _verdict(answer)


async def test_somebody_elses_session_can_not_be_closed(house: House) -> None:
    gate = MediaGate(house.context.grants, house.context.registry, house.context.checks)
    lead = await house.grant("lead_a1", "lesson_a1")
    room = await house.grant("room_a2", "lesson_a1")
    party = await gate.publisher(lead, house.lesson_id("lesson_a1"), Slot.LEAD)
    await gate.session(lead, party)
    assert await _opens(gate.session(room, party)) == "not-allowed"
    assert await _opens(gate.session("", party)) == "grant-missing"


async def test_a_switched_off_account_loses_its_grant(house: House) -> None:
    gate = MediaGate(house.context.grants, house.context.registry, house.context.checks)
    grant = await house.grant("observer_a", "lesson_a1")
    house.clock.advance(1)
    admin = await house.signed_in("admin_a")
    person = house.county.people["observer_a"].id
    await admin.patch(f"/api/people/{person}", json={"is_active": False})
    verdict = await _opens(gate.subscriber(grant, house.lesson_id("lesson_a1")))
    assert verdict == "grant-expired"
