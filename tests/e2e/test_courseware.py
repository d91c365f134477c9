"""A teacher prepares her lesson's slides: on the plan of the day, and in the console."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support import papers
from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import RED, TeacherDesk, screen
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium]

CONVERTED_MS = 60_000 * SECOND
PAGES = 9


@pytest.fixture(scope="module")
def county() -> Iterator[DemoLesson]:
    with demo_lesson(is_taught=False) as demo:
        yield demo


@pytest.fixture
def demo(county: DemoLesson) -> DemoLesson:
    """With a lesson that has no courseware yet."""
    county.plan_anew()
    return county


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """What a teacher has in a folder."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "长方形的面积.pdf").write_bytes(papers.pdf(PAGES))
    (folder / "菜地.png").write_bytes(papers.picture(size=(1200, 900)))
    (folder / "加密.pdf").write_bytes(papers.locked_pdf())
    (folder / "微课.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(500))
    return folder


async def test_slides_are_added_looked_through_and_removed(
    demo: DemoLesson, files: Path, tmp_path: Path
) -> None:
    async with screen(TeacherDesk, "prepares", demo.service.url, *RED.flags(tmp_path)) as teacher:
        page = teacher.page
        await teacher.sign_in(TEACHER, demo.password)
        await page.locator("[data-action=courseware]").first.click()
        box = page.locator("[data-courseware]")
        await expect(box.get_by_text("还没有课件")).to_be_visible()
        await teacher.shot("empty")

        async with page.expect_file_chooser() as chooser:
            await box.get_by_role("button", name="选择文件").press("Enter")
        names = ["长方形的面积.pdf", "加密.pdf", "微课.mp4", "菜地.png"]
        await (await chooser.value).set_files([files / name for name in names])
        await expect(box.get_by_text(re.compile(r"正在转换 \d+ / 9 页"))).to_be_visible(
            timeout=CONVERTED_MS
        )
        await teacher.shot("converting")
        await expect(box.locator("[data-status=ready]")).to_have_count(2, timeout=CONVERTED_MS)
        await expect(box.get_by_text(f"{PAGES} 页", exact=True)).to_be_visible()
        await expect(box.get_by_text("文件有密码")).to_be_visible()
        await expect(box.get_by_text("“微课.mp4”不能做课件")).to_be_visible()
        first = box.get_by_role("img").first
        await expect(first).to_have_attribute("alt", re.compile("^Page 1 Line 0"))
        await expect(first).to_have_js_property("naturalWidth", 640)
        await teacher.shot("ready")
        await box.get_by_role("button", name="知道了").click()

        failed = box.locator("[data-status=failed]")
        await failed.get_by_role("button", name="移除“加密”").click()
        await failed.get_by_role("button", name="移除", exact=True).click()
        await expect(failed).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(box).to_have_count(0)

        await teacher.check_devices()
        await expect(page.get_by_text(f"课件 {PAGES + 1} 页，已备好")).to_be_visible()
        await teacher.shot("console")
        await page.locator("[data-action=prepare]").click()
        await expect(page.locator("[data-courseware] [data-status=ready]")).to_have_count(2)
        await teacher.shot("console-courseware")


async def test_a_file_dropped_on_the_console_is_courseware(
    demo: DemoLesson, tmp_path: Path
) -> None:
    async with screen(TeacherDesk, "drops", demo.service.url, *RED.flags(tmp_path)) as teacher:
        page = teacher.page
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.check_devices()
        await expect(page.get_by_role("button", name="添加课件")).to_be_visible()
        await page.evaluate(
            """(bytes) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([new Uint8Array(bytes)], '菜地.png'));
              const shared = { dataTransfer: transfer, bubbles: true, cancelable: true };
              document.querySelector('.console').dispatchEvent(new DragEvent('drop', shared));
            }""",
            list(papers.picture()),
        )
        await expect(page.locator("[data-status=ready]")).to_have_count(1, timeout=CONVERTED_MS)
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("课件 1 页，已备好")).to_be_visible()


@pytest.mark.long
async def test_an_upload_goes_on_after_a_break_and_after_a_reload(
    demo: DemoLesson, tmp_path: Path
) -> None:
    file = tmp_path / "长方形的面积.pdf"
    file.write_bytes(papers.pdf(2) + b"\n%" + b"x" * 6_000_000)
    async with screen(TeacherDesk, "uploads", demo.service.url, *RED.flags(tmp_path)) as teacher:
        page = teacher.page
        await teacher.sign_in(TEACHER, demo.password)
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("Network.enable")

        async def link(up_bytes: int, *, is_cut: bool = False) -> None:
            rates = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": up_bytes}
            await cdp.send("Network.emulateNetworkConditions", {"offline": is_cut, **rates})

        box, chooser = page.locator("[data-courseware]"), page.locator("input[type=file]")
        await link(400_000)
        await page.locator("[data-action=courseware]").first.click()
        await chooser.set_input_files(file)
        await expect(box.get_by_text(re.compile("正在上传 [1-9]"))).to_be_visible()
        await link(0, is_cut=True)
        await expect(box.locator("[data-upload=lost]")).to_be_visible(timeout=CONVERTED_MS)
        await teacher.shot("cut")
        await link(400_000)
        await expect(box.locator("[data-upload=sending]")).to_be_visible(timeout=CONVERTED_MS)
        await page.reload()
        await page.locator("[data-action=courseware]").first.click()
        await expect(box.get_by_text("再选一次这个文件")).to_be_visible()
        await teacher.shot("half")
        await link(-1)
        async with page.expect_request(lambda asked: asked.method == "PATCH") as piece:
            await chooser.set_input_files(file)
        assert int((await piece.value).headers["upload-offset"]) > 0
        await expect(box.locator("[data-status=ready]")).to_have_count(1, timeout=CONVERTED_MS)
        await expect(box.locator("[data-upload]")).to_have_count(0)
