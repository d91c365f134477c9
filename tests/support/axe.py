"""What axe-core finds wrong with a page for people who see, hear or move differently."""

from functools import cache
from pathlib import Path

from playwright.async_api import Page

SOURCE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""WCAG 2.2 AA, by axe-core's tags."""

RUN = """async standards => {
  const options = { runOnly: standards, resultTypes: ['violations'] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) =>
      `${id}: ${target.join(' ')} (${failureSummary.split('\\n').slice(1).join(';').trim()})`));
}"""


@cache
def _source() -> str:
    return SOURCE.read_text()


async def violations(page: Page) -> list[str]:
    """One line for each, with the element's selector; empty when the page is well."""
    await page.evaluate(_source())
    found = await page.evaluate(RUN, STANDARDS)
    return [str(line) for line in found]
