"""The rows of the thin-link table, as data: a link, what must hold, and what happens to it."""

from dataclasses import dataclass, replace
from typing import Any

Figures = dict[str, float | None]
"""What a row came to; None: could not be measured (nothing came, or nothing measures it yet)."""


@dataclass(frozen=True, slots=True)
class Link:
    """One room's, both ways alike but for the rate."""

    down_bps: int
    round_trip: float
    loss: float = 0.0
    burst: float = 1.0
    up_bps: int = 128_000
    passes: str = ""
    """Protocols that pass; all when empty."""
    port: int = 0
    """The only one that passes, unless 0; pages and media share it then."""

    def settings(self) -> dict[str, Any]:
        """For `FarRoom.set`."""
        return {
            "down_bps": self.down_bps,
            "up_bps": self.up_bps,
            "round_trip": self.round_trip,
            "loss": self.loss,
            "burst": self.burst,
            "passes": self.passes,
            "port": self.port,
            "is_cut": False,
        }

    def __str__(self) -> str:
        burst = f" in bursts of {self.burst:g}" if self.burst > 1 else ""
        port = f" {self.port}" if self.port else ""
        only = f", {self.passes}{port} only" if self.passes else ""
        rate = f"{self.down_bps / 1000:g}k"
        return f"{rate}, {1000 * self.round_trip:g} ms, {self.loss:.0%}{burst}{only}"


@dataclass(frozen=True, slots=True)
class Demand:
    """A figure and how large it may, or must, be."""

    figure: str
    limit: float
    is_least: bool = False

    def is_met(self, figures: Figures) -> bool:
        """False too where it could not be measured."""
        value = figures.get(self.figure)
        if value is None:
            return False
        return value >= self.limit if self.is_least else value <= self.limit

    def __str__(self) -> str:
        return f"{self.figure} {'>=' if self.is_least else '<='} {self.limit:g}"


def most(figure: str, limit: float) -> Demand:
    """No more than that."""
    return Demand(figure, limit)


def least(figure: str, limit: float) -> Demand:
    """No less than that."""
    return Demand(figure, limit, is_least=True)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happens to the link, so many seconds (or this share of the time) into it."""

    at_share: float
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    link: Link
    demands: tuple[Demand, ...]
    changes: tuple[Change, ...] = ()
    rooms: int = 1
    """On this one link."""
    seconds: float = 90.0
    """Measured, after the warm-up."""
    least_seconds: float = 0.0
    """Not shorter in a quick run."""
    rivals: bool = True
    opened_on: Link | None = None
    """The page was opened, and its slides fetched, on this link before the lesson's."""
    who: str = "room"
    """Whose seeing counts: the `room` at the link, or `stage`: the lead's console, of that room."""
    browser: str = "chromium"
    """Or `chromium-80`, `firefox`."""
    slowdown: float = 1.0
    """How much slower than this machine its processor is."""
    strips_websockets: bool = False
    is_offered: bool = False
    """What was missed is offered, and the helper takes it: few rooms talk with the teacher."""
    is_one_layer: bool = False
    """The lead sends one picture of 2 Mbit/s alone, as a recorder host does."""
    is_own_run: bool = False
    """Only when it is named: it takes long."""

    @property
    def words(self) -> str:
        """The link, and what else is not as in other rows."""
        odd = [f"opened on {self.opened_on}"] if self.opened_on else []
        odd += [f"{self.rooms} rooms"] if self.rooms > 1 else []
        odd += [f"{self.slowdown:g} times slower"] if self.slowdown > 1 else []
        odd += ["one layer"] if self.is_one_layer else []
        odd += ["no WebSocket"] if self.strips_websockets else []
        return "; ".join([str(self.link), *odd])


def is_held(row: Row, figures: Figures) -> bool:
    """Every demand is met, and all of them could be measured, on a machine that kept time."""
    clock = figures.get("voice_clock_percent")
    if clock is not None and clock < LEAST_CLOCK_PERCENT:
        return False
    return all(demand.is_met(figures) for demand in row.demands)


LEAST_CLOCK_PERCENT = 95
NEXT_WAY_SECONDS = 6
FAR = Link(300_000, 0.6, 0.05)
GOOD = Link(2_000_000, 0.05)
LOSSY = Link(500_000, 0.6, 0.4)
FAR_GOOD = Link(2_000_000, 0.6)
MOVING = 3
"""Pictures a second, of the ten that are made for the thinnest."""
VOICE, FPS, FREEZE = "voice_concealed_percent", "frames_per_second", "freeze_percent"
PROMPT = (most("page_turn_p95_ms", 1_600), most("ink_p95_ms", 1_600))
"""A second and the round trip."""
IN_STEP = (most("page_turn_p95_ms", 2_000), most("ink_p95_ms", 2_000))
"""Not later than the voice of a room that listens may be."""

ROWS = (
    Row(
        "good",
        GOOD,
        (most("to_top_s", 5), most("longest_freeze_ms", 300), most("freezes", 0)),
    ),
    Row("300k", FAR, (most(VOICE, 0.1), least(FPS, 14), most(FREEZE, 2), *PROMPT)),
    Row(
        "150k",
        replace(FAR, down_bps=150_000),
        (most(VOICE, 0.2), least(FPS, 1), most(FREEZE, 5), *IN_STEP),
    ),
    Row("300k-bursts-5", replace(FAR, burst=5), (most(VOICE, 0.1), most(FREEZE, 2))),
    Row("300k-bursts-10", replace(FAR, loss=0.1, burst=5), (most(VOICE, 0.3), most(FREEZE, 6))),
    Row("500k-20", Link(500_000, 0.6, 0.2), (most(VOICE, 0.1), least(FPS, 12))),
    Row("500k-40", LOSSY, (most(VOICE, 1), *IN_STEP), opened_on=FAR_GOOD),
    Row(
        "110k",
        replace(FAR, down_bps=110_000),
        (most(VOICE, 0.3), *IN_STEP, least("picture_is_honest", 1)),
        opened_on=FAR_GOOD,
    ),
    Row(
        "64k",
        replace(FAR, down_bps=64_000),
        (most(VOICE, 0.5), most("page_sharp_p95_ms", 2_000), least("says_no_picture", 1)),
        opened_on=FAR_GOOD,
    ),
    Row(
        "steps",
        GOOD,
        (most("longest_voice_gap_ms", 200), most("back_at_top_s", 60)),
        changes=(
            Change(1 / 6, {"down_bps": 150_000}),
            Change(1 / 2, {"down_bps": 2_000_000}),
        ),
        seconds=120,
        least_seconds=60,
    ),
    Row(
        "on-stage",
        FAR,
        (most(VOICE, 1), most("mouth_to_ear_ms", 800), least(FPS, 0.5)),
        who="stage",
        rivals=False,
    ),
    Row(
        "chromium-80",
        FAR,
        (most(VOICE, 1), least(FPS, 1), *IN_STEP),
        browser="chromium-80",
        rivals=False,
    ),
    Row("firefox", FAR, (most(VOICE, 1), *IN_STEP), browser="firefox", rivals=False),
    Row(
        "three-rooms",
        Link(400_000, 0.6, 0.05, up_bps=256_000),
        (most(VOICE, 0.5), *IN_STEP),
        rooms=3,
        rivals=False,
    ),
    Row(
        "cut-10s",
        FAR,
        (most("back_s", 2.6),),
        changes=(Change(1 / 3, {"is_cut": True}), Change(1 / 3 + 1 / 9, {"is_cut": False})),
        least_seconds=40,
    ),
    Row(
        "udp-dropped",
        replace(GOOD, passes="tcp icmp"),
        (most("first_picture_s", NEXT_WAY_SECONDS),),
    ),
    Row(
        "tcp-443",
        replace(GOOD, passes="tcp", port=443),
        (most("first_picture_s", NEXT_WAY_SECONDS),),
        rivals=False,
    ),
    Row(
        "websocket-stripped",
        GOOD,
        (most("first_picture_s", NEXT_WAY_SECONDS), most("polled_s", NEXT_WAY_SECONDS), *IN_STEP),
        strips_websockets=True,
        rivals=False,
    ),
    Row("near", Link(300_000, 0.06), (most(VOICE, 0.1), least(FPS, 14), most(FREEZE, 2))),
    Row(
        "300k-one-layer",
        FAR,
        (most(VOICE, 0.3), least(FPS, 8), most(FREEZE, 5), *IN_STEP),
        rivals=False,
        is_one_layer=True,
    ),
    Row(
        "150k-one-layer",
        replace(FAR, down_bps=150_000),
        (most(VOICE, 0.3), least(FPS, MOVING), most(FREEZE, 5), *IN_STEP),
        rivals=False,
        is_one_layer=True,
    ),
    Row(
        "150k-near-one-layer",
        Link(150_000, 0.06),
        (most(VOICE, 0.3), least(FPS, MOVING), most(FREEZE, 5), *IN_STEP),
        rivals=False,
        is_one_layer=True,
    ),
    Row(
        "cut-3min",
        FAR,
        (most("caught_up_s", 1_000), most("catch_up_step_p95_ms", 2_000), least("live_fps", 1)),
        changes=(Change(30 / 1_260, {"is_cut": True}), Change(210 / 1_260, {"is_cut": False})),
        seconds=1_260,
        rivals=False,
        is_offered=True,
        is_own_run=True,
    ),
    Row(
        "long-lesson",
        replace(FAR, burst=5),
        (
            *(most(VOICE, 0.1), most(FREEZE, 2), *PROMPT),
            *(most("delay_growth_ms", 200), most("heap_growth_mb", 8), most("rss_growth_mb", 40)),
        ),
        seconds=2400,
        slowdown=6,
        rivals=False,
        is_own_run=True,
    ),
)
"""`near` is not of the table: it is where the first guess of a link is most wrong."""

QUICK = ("good", "300k", "300k-bursts-5")
"""At once, one after the other in the whole run."""


def lasting(row: Row, seconds: float) -> Row:
    """A long lesson, so long."""
    return replace(row, seconds=seconds) if row.slowdown > 1 else row


def named(names: str) -> list[Row]:
    """Rows by name, with commas between. KeyError for a name there is not."""
    by_name = {row.name: row for row in ROWS}
    return [by_name[name] for name in names.split(",")]
