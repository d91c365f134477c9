"""What every benchmark shares: its flags, percentiles, and how figures are printed and written.

A benchmark prints figures and never passes or fails by them. `--quick` ends within a minute.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path


def arguments(
    words: str, *, positional: bool = False, has_clip: bool = False
) -> argparse.Namespace:
    """`--quick` and `--json FILE`; `words` say what is measured. `positional`: which parts of it
    (`what`), all by default. `has_clip`: `--clip FILE` instead of drawn pictures."""
    parser = argparse.ArgumentParser(description=words)
    if positional:
        parser.add_argument("what", nargs="*", help="measure these only")
    if has_clip:
        parser.add_argument("--clip", type=Path, help="a file with pictures, instead of drawn ones")
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile; `share` in 0 to 1. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tell(figures: dict[str, float | int | str], file: Path | None) -> None:
    """Print one figure a line, and write them all as JSON when asked."""
    width = max(map(len, figures))
    for name, value in figures.items():
        print(
            f"{name:<{width}}  {value:.3g}"
            if isinstance(value, float)
            else f"{name:<{width}}  {value}"
        )
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n")
