"""What is on the board of a page, and how soon it was there."""

import asyncio
from typing import Any

from playwright.async_api import Page

from tests.support.waiting import SECOND

WITHIN_SECONDS = 30
"""A page that is opened now shows its lesson first, and voice before the board."""
SAME = 0.02
"""How far apart the ink of two screens may lie, in parts of the slide."""

_INK = """() => {
  const box = { strokes: 0, left: 1, top: 1, right: 0, bottom: 0 };
  for (const canvas of document.querySelectorAll('.paper canvas.ink')) {
    const { width, height } = canvas;
    box.strokes += Number(canvas.dataset.strokes);
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    for (let n = 3; n < data.length; n += 4) {
      if (data[n] < 40) continue;
      const x = ((n - 3) / 4) % width / width, y = Math.floor((n - 3) / 4 / width) / height;
      box.left = Math.min(box.left, x); box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y); box.bottom = Math.max(box.bottom, y);
    }
  }
  return box;
}"""

WATCH = """(() => {
  window.seen = { glassMs: [], delayMs: [], bytes: 0, longMs: [], turned: {} };
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) seen.longMs.push(entry.duration);
  }).observe({ entryTypes: ['longtask'] });
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', event => {
        if (!event.data.includes('"stroke_drawn"')) return;
        const at = performance.now();
        seen.bytes += event.data.length;
        seen.delayMs.push(Date.now() - JSON.parse(event.data).at_ms);
        const done = () => seen.glassMs.push(performance.now() - at);
        requestAnimationFrame(() => requestAnimationFrame(done));
      });
    }
  };
  const look = () => {
    const paper = document.querySelector('.paper');
    const is = paper && `${paper.dataset.slide} ${paper.dataset.picture}`;
    if (is && !(is in seen.turned)) seen.turned[is] = Date.now();
    requestAnimationFrame(look);
  };
  look();
})()"""
"""For `add_init_script`. In `seen`: how long after its arrival each batch of ink was on the glass
(two frames later at most), how long after it was drawn it came, long tasks, and when each slide was
first seen (`name/number preview` or `sharp`)."""


async def ink(page: Page) -> dict[str, Any]:
    """How many strokes are on its slide, and between which edges."""
    return dict(await page.evaluate(_INK))


async def shows_as(page: Page, other: Page, strokes: int) -> None:
    """Both have these strokes, in the same place."""
    deadline = asyncio.get_running_loop().time() + WITHIN_SECONDS * SECOND
    while True:
        mine, theirs = await ink(page), await ink(other)
        edges = ("left", "top", "right", "bottom")
        is_near = all(abs(mine[edge] - theirs[edge]) < SAME for edge in edges)
        if mine["strokes"] == theirs["strokes"] == strokes and is_near:
            return
        assert asyncio.get_running_loop().time() < deadline, f"{mine} is not {theirs}"
        await asyncio.sleep(0.1)
