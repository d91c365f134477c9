"""From page load to the first picture of a live lesson, in a real Chromium.

Each run is a fresh browser context of a room that joined before. Reference in the same run: the
load of the sign-in page, which has no media.
"""

import asyncio

from tests.bench.figures import arguments, percentile, tell
from tests.support.browser import BOARD, chromium, open_context
from tests.support.demo import DemoLesson, demo_lesson

FIRST_FRAME = """
() => new Promise(done => {
  const look = () => {
    for (const v of document.querySelectorAll('video'))
      if (v.srcObject && v.getVideoPlaybackQuality().totalVideoFrames > 0 && v.videoWidth > 2)
        return done(performance.now());
    setTimeout(look, 10);
  };
  look();
})
"""


async def measure(demo: DemoLesson, runs: int) -> dict[str, float | int | str]:
    """Milliseconds of each run, as percentiles."""
    pictures, pages = [], []
    async with chromium() as browser:
        context = await open_context(browser, BOARD)
        page = await context.new_page()
        code = demo.join_code(demo.rooms()[0]["room_id"])
        await page.goto(f"{demo.service.url}/join?code={code}")
        await page.wait_for_url("**/room*")
        state = await context.storage_state()
        await context.close()
        for _ in range(runs):
            context = await open_context(browser, BOARD, storage_state=state)
            page = await context.new_page()
            await page.goto(f"{demo.service.url}/room", wait_until="commit")
            pictures.append(await asyncio.wait_for(page.evaluate(FIRST_FRAME), 20))
            other = await context.new_page()
            await other.goto(f"{demo.service.url}/login", wait_until="load")
            pages.append(await other.evaluate("performance.now()"))
            await context.close()
    return {
        "runs": runs,
        "first_frame_ms_p50": percentile(pictures, 0.5),
        "first_frame_ms_p95": percentile(pictures, 0.95),
        "plain_page_ms_p50": percentile(pages, 0.5),
        "ratio_to_plain_page": percentile(pictures, 0.5) / percentile(pages, 0.5),
    }


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    with demo_lesson() as demo:
        figures = asyncio.run(measure(demo, 6 if options.quick else 30))
    tell(figures, options.json)


if __name__ == "__main__":
    main()
