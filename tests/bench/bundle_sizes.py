"""Bytes a page needs before its first screen, gzipped, and in how many requests.

The reference is the budget: 60 KB and 3 requests for the room's page.
"""

import gzip
import re
from pathlib import Path

from tests.bench.figures import arguments, tell

DIST = Path(__file__).parents[2] / "web" / "dist"
PAGES = ("room", "join", "phone", "watch", "captions", "staff")
BUDGET_BYTES = 60_000


def first_screen(page: str) -> list[Path]:
    """The page and what its HTML names: scripts, preloads, styles, and static imports of those."""
    html = DIST / f"{page}.html"
    found = [html]
    named = re.findall(r'(?:src|href)="/(assets/[^"]+\.(?:js|css))"', html.read_text("utf-8"))
    waiting = [DIST / name for name in named]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.append(file)
        imports = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', file.read_text("utf-8"))
        waiting += [file.parent / name for name in imports]
    return found


def main() -> None:
    """Print sizes and requests of each page."""
    options = arguments(__doc__ or "")
    figures: dict[str, float | int | str] = {}
    for page in PAGES:
        files = first_screen(page)
        figures[f"{page}_gzip_bytes"] = sum(
            len(gzip.compress(file.read_bytes(), 9)) for file in files
        )
        figures[f"{page}_requests"] = len(files)
    figures["ratio_room_to_budget"] = int(figures["room_gzip_bytes"]) / BUDGET_BYTES
    tell(figures, options.json)


if __name__ == "__main__":
    main()
