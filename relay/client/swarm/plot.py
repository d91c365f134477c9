"""A swarm's report as a picture: receivers, packets, times and the server, over time."""

from pathlib import Path
from typing import TYPE_CHECKING

from relay.client.swarm.report import SwarmReport
from streamsvc.base.errors import EnvironmentFault

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE_INCHES = (9.0, 10.0)
_PANELS = (
    ("receivers", {"connected": "connected"}),
    ("packets", {"lost_packets": "lost", "not_forwarded_packets": "not forwarded"}),
    (
        "ms",
        {
            "delay_p50_ms": "delay p50",
            "delay_p99_ms": "delay p99",
            "join_p50_ms": "join p50",
            "join_p95_ms": "join p95",
        },
    ),
    ("server: µs/packet", {"server_us_per_packet": "CPU per packet"}),
)


def check_can_draw() -> None:
    """Raises EnvironmentFault `plot-library-missing`; asked before a run, not after it."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise EnvironmentFault("plot-library-missing") from error


def draw(report: SwarmReport, path: Path) -> None:
    """Write the PNG. Raises like `check_can_draw`, OSError."""
    check_can_draw()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(_PANELS), 1, sharex=True, squeeze=False)
    for (unit, names), (axes,) in zip(_PANELS, panels, strict=True):
        _draw_panel(axes, report, unit, names)
    panels[-1][0].set_xlabel("seconds")
    figure.savefig(path, format="png", dpi=110)


def _draw_panel(axes: "Axes", report: SwarmReport, unit: str, names: dict[str, str]) -> None:
    every = [interval.figures() for interval in report.intervals]
    for name, label in names.items():
        points = [(one["ends_seconds"], one.get(name)) for one in every]
        known = [(at, value) for at, value in points if at is not None and value is not None]
        axes.plot([at for at, _ in known], [v for _, v in known], marker=".", label=label)
    axes.set_ylabel(unit)
    axes.margins(y=0.2)
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="best", fontsize="small")
