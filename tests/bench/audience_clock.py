"""How far behind the teacher's clock a picture is that is watched by HTTP, read from the picture:
hls.js as the watch page has it, with and without nginx, in Chromium of today and in 80; and a room
that no live path reaches. Part of `tests.bench.audience`."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

from recorder.broadcast.plan import signed
from tests.bench.figures import percentile
from tests.support.browser import DESK, chromium, open_context
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.hls_player import script
from tests.support.live_nginx import live_nginx, why_not
from tests.support.old_chromium import BINARY, old_chromium
from tests.support.picture_clock import READS, clock_teaches
from tests.support.screens import BLUE, RoomBoard, screen

SETTLE_SECONDS = 20.0
"""A player begins some seconds behind, and comes nearer."""
ROOM_SETTLE_SECONDS = 110.0
"""A room that found no live path hears what it missed meanwhile, faster."""
FIND = "() => document.querySelector('{}')"
Figures = dict[str, float | int | str]


def told_of(name: str, told: dict[str, object]) -> Figures:
    """What one player saw."""
    delays = [float(one) for one in told["delays"]]  # type: ignore[attr-defined]
    if not delays:
        return {f"clock_{name}_pictures": 0}
    return {
        f"clock_{name}_pictures": len(delays),
        f"clock_{name}_width": int(str(told["width"])),
        f"clock_{name}_p50_ms": percentile(delays, 0.5),
        f"clock_{name}_p95_ms": percentile(delays, 0.95),
    }


async def by_hls_js(name: str, base: str, path: str, seconds: float) -> Figures:
    """In today's Chromium."""
    async with chromium() as browser:
        page = await (await open_context(browser, DESK)).new_page()
        await page.goto(f"{base}/login")
        await page.evaluate(script())
        await page.evaluate(READS)
        await page.evaluate("url => startPlaying(url)", path)
        await asyncio.sleep(SETTLE_SECONDS)
        await page.evaluate(f"clockReader({FIND.format('video')})")
        await asyncio.sleep(seconds)
        return told_of(name, dict(await page.evaluate("clockTold")))


async def by_old_chromium(name: str, base: str, path: str, seconds: float) -> Figures:
    """In Chromium 80."""
    async with old_chromium(DESK) as page:
        await page.goto(f"{base}/login")
        await page.until("document.body !== null")
        await page.evaluate(script())
        await page.evaluate(READS)
        await page.evaluate(f"startPlaying({json.dumps(path)})")
        await asyncio.sleep(SETTLE_SECONDS)
        await page.evaluate(f"clockReader({FIND.format('video')})")
        await asyncio.sleep(seconds)
        return told_of(name, dict(await page.evaluate("clockTold")))


async def in_a_room(demo: DemoLesson, folder: Path, seconds: float) -> Figures:
    """Whose network passes web pages alone."""
    async with screen(RoomBoard, "web", demo.service.url, *BLUE.flags(folder)) as board:
        await board.page.route("**/whep/**", lambda route: route.abort())
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await asyncio.sleep(ROOM_SETTLE_SECONDS)
        await board.page.evaluate(READS)
        await board.page.evaluate(f"clockReader({FIND.format('video[data-slot=behind]')})")
        await asyncio.sleep(seconds)
        return told_of("room", dict(await board.page.evaluate("clockTold")))


async def clocked(secret: str, *, is_quick: bool) -> Figures:
    """All of them, one after the other."""
    seconds, figures = 8.0 if is_quick else 30.0, Figures()
    environment = {"STREAMSVC_AUDIENCE__SECRET": secret}
    with demo_lesson(environment=environment) as demo, tempfile.TemporaryDirectory() as name:
        folder, service = Path(name), demo.service
        lesson, until = demo.lesson()["lesson_id"], round(time.time()) + 3600
        path = signed.address(secret, lesson, until, "main.m3u8")
        async with clock_teaches(demo):
            await asyncio.sleep(3)
            figures |= await by_hls_js("direct", service.url, path, seconds)
            if not why_not():
                live = service.data / "live"
                with live_nginx(folder, service_port=service.port, live=live, secret=secret) as one:
                    base = f"http://127.0.0.1:{one.port}"
                    figures |= await by_hls_js("nginx", base, path, seconds)
            if BINARY.exists() and not is_quick:
                figures |= await by_old_chromium("chromium_80", service.url, path, seconds)
            if not is_quick:
                figures |= await in_a_room(demo, folder, seconds)
    return figures
