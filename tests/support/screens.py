"""People before their screens: each its own Chromium process, used as a person uses it."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from playwright.async_api import Locator, Page, expect

from tests.support.browser import (
    BOARD,
    CHROMIUM,
    DESK,
    PHONE,
    camera_of_color,
    chromium,
    microphone_of_tone,
    new_page,
    open_context,
)
from tests.support.waiting import SECOND

SHOTS = os.environ.get("STREAMSVC_SHOTS", "")
"""A folder: then every step leaves a picture of the page there, to look at."""
HEARD = 120
"""Strength of a tone that somebody hears (0 to 255); silence is 0."""
UNHEARD = 60

expect.set_options(timeout=10_000 * SECOND)


@dataclass(frozen=True)
class Devices:
    """What a fake camera shows and a fake microphone hums."""

    color: tuple[int, int, int]
    tone_hz: int

    def flags(self, folder: Path) -> list[str]:
        """For Chromium."""
        name = f"{self.tone_hz}"
        return [
            camera_of_color(folder / f"{name}.y4m", self.color),
            microphone_of_tone(folder / f"{name}.wav", self.tone_hz),
        ]


RED = Devices((200, 40, 40), 440)
GREEN = Devices((40, 180, 60), 660)
BLUE = Devices((50, 60, 200), 990)


class Screen:
    """One page in one browser, and what can be seen and heard there."""

    viewport = DESK

    def __init__(self, name: str, page: Page, url: str) -> None:
        self.name = name
        self.page = page
        self.url = url
        self.faults: list[str] = []
        self._shots = 0
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    async def shot(self, step: str) -> None:
        """A picture of the page, if anybody wants them."""
        if SHOTS:
            self._shots += 1
            path = Path(SHOTS) / f"{self.name}-{self._shots:02d}-{step}.png"
            await self.page.screenshot(path=path)

    async def sees(self, slot: str, color: Sequence[int], seconds: float = 10) -> int:
        """When that colour is there, in ms since 1970."""
        at_ms = await self.page.evaluate(
            "([slot, color, ms]) => probe.colorAt(slot, color, ms)",
            [slot, color, seconds * 1000 * SECOND],
        )
        if at_ms is None:
            seen = await self.page.evaluate("slot => probe.color(slot)", slot)
            raise AssertionError(f"{self.name}: {slot} shows {seen}, not {color}")
        return int(at_ms)

    async def moves(self, slot: str, frames: int = 10, seconds: float = 10) -> None:
        """The picture of a slot goes on."""
        shown = await self.page.evaluate(
            "([slot, more, ms]) => probe.moves(slot, more, ms)",
            [slot, frames, seconds * 1000 * SECOND],
        )
        assert shown >= frames, f"{self.name}: {slot} showed {shown} frames in {seconds} s"

    async def hears(self, slot: str, hz: int, seconds: float = 10) -> int:
        """When that tone is there, in ms since 1970."""
        at_ms = await self.page.evaluate(
            "([slot, hz, least, ms]) => probe.toneAt(slot, hz, least, ms)",
            [slot, hz, HEARD, seconds * 1000 * SECOND],
        )
        if at_ms is None:
            raise AssertionError(
                f"{self.name}: {slot} has {hz} Hz at {await self.strength(slot, hz)}"
            )
        return int(at_ms)

    async def strength(self, slot: str, hz: int) -> int:
        """How strong a tone is at its best within a second; 0 where the slot carries nothing."""
        found = await self.page.evaluate("([slot, hz]) => probe.tone(slot, hz, 1000)", [slot, hz])
        return int(found or 0)

    async def falls_silent(self, slot: str, hz: int, seconds: float = 5) -> None:
        """The tone ends: what was said before is still heard until the buffer is empty."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds * SECOND
        while (strength := await self.strength(slot, hz)) >= UNHEARD:
            assert loop.time() < deadline, f"{self.name}: {slot} still has {hz} Hz at {strength}"

    async def pressed_at_ms(self) -> int:
        """When its person last pressed something, in ms since 1970."""
        return int(await self.page.evaluate("probe.pressedAtMs"))

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """By its words."""
        return self.page.get_by_role("button", name=name)

    async def says(self, words: str | re.Pattern[str], seconds: float = 10) -> None:
        """The words are on the screen."""
        place = self.page.get_by_text(words).filter(visible=True).first
        await expect(place).to_be_visible(timeout=seconds * 1000 * SECOND)

    async def gone(self, words: str, seconds: float = 10) -> None:
        """The words are on the screen no more."""
        place = self.page.get_by_text(words).filter(visible=True)
        await expect(place).to_have_count(0, timeout=seconds * 1000 * SECOND)


class StaffDesk(Screen):
    """A computer with the staff pages."""

    async def sign_in(self, login: str, password: str) -> None:
        """By keyboard alone."""
        await self.page.goto(f"{self.url}/login")
        field = self.page.get_by_label("账号")
        await expect(field).to_be_focused()
        await self.page.keyboard.type(login)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(password)
        await self.page.keyboard.press("Enter")


class TeacherDesk(StaffDesk):
    """The lead teacher's computer."""

    async def check_devices(self) -> None:
        """From today's page through the device check into the console."""
        await self.page.get_by_role("link", name="进入教室").first.click()
        await self.says("听到你了")
        await self.says("教室里能看清你")
        await self.button("试听").click()
        await self.button("听到了").click()
        await expect(self.page.get_by_role("heading", name="可以上课")).to_be_visible()
        await self.shot("check")
        await self.page.get_by_role("link", name="进入教室").click()

    async def share_screen(self) -> None:
        """The browser's fake dialog chooses for her."""
        await self.button("共享屏幕").click()
        await expect(self.button("停止共享")).to_be_visible()

    async def start(self) -> None:
        """Go live."""
        await self.button("开始上课").click()
        await expect(self.button("下课")).to_be_visible()

    async def write(self, text: str) -> None:
        """To all helpers."""
        field = self.page.get_by_label("发给全部助教")
        await field.fill(text)
        await field.press("Enter")
        await field.blur()

    def tile(self, room: str) -> Locator:
        """A room on the wall."""
        return self.page.get_by_role("button", name=re.compile(f"^{room}，"))

    async def end(self) -> None:
        """End the lesson before its planned end."""
        await self.button("下课").click()
        await self.button("现在下课").click()


class RoomBoard(Screen):
    """The big screen of a receiving room."""

    viewport = BOARD

    async def join(self, code: str, by_keys: bool = False) -> None:
        """With a six-digit code."""
        await self.page.goto(f"{self.url}/join")
        for digit in code:
            if by_keys:
                await self.page.keyboard.press(digit)
            else:
                await self.page.get_by_role("button", name=digit, exact=True).click()
        await self.page.wait_for_url("**/room")

    async def watches(self, seconds: float = 10) -> None:
        """The lesson is on: picture and voice."""
        await self.moves("lead", seconds=seconds)
        await self.hears("lead-voice", RED.tone_hz, seconds)

    async def pair_path(self) -> str:
        """What its QR code carries."""
        image = self.page.get_by_role("img", name="配对二维码")
        await expect(image).to_be_visible()
        source = await image.get_attribute("src")
        found = re.search(r"path=([^&]+)", source or "")
        assert found is not None, f"no path in {source}"
        return found[1].replace("%2F", "/")


class HelperPhone(Screen):
    """A helper teacher's phone."""

    viewport = PHONE

    async def pair(self, path: str, name: str) -> None:
        """Become a room's remote."""
        await self.page.goto(self.url + path)
        await self.page.get_by_label("怎么称呼").fill(name)
        await self.button("连接大屏").click()

    async def write(self, text: str) -> None:
        """To the teacher."""
        await self.button("老师").click()
        await self.page.get_by_label("写给老师").fill(text)
        await self.button("发送").click()


Kind = TypeVar("Kind", bound=Screen)


@asynccontextmanager
async def screen(
    kind: type[Kind],
    name: str,
    url: str,
    *flags: str,
    autoplay: bool = True,
    executable: str | None = None,
) -> AsyncIterator[Kind]:
    """A browser of its own with one page; it must not have met an error of ours at the end."""
    async with chromium(*flags, autoplay=autoplay, executable=executable or CHROMIUM) as browser:
        context = await open_context(browser, kind.viewport)
        opened = kind(name, await new_page(context), url)
        try:
            yield opened
        except BaseException:
            await opened.shot("failed")
            raise
        assert opened.faults == [], f"{name}: {opened.faults}"
