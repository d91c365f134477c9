"""From what the observer in a page saw to the figures of a row. Times are ms since 1970.

Concealed is what the decoder had to invent, silence included, and looks between which nothing was
played at all. A decoder that is asked for less than the clock says is on a machine that is too
busy: that is told apart, because the link has no part in it, and such a row does not hold either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.bench.thin_rows import Figures

RATE = 48_000
PLAYED = "totalSamplesReceived"
GAP_SHARE = 0.5
"""A look in which more than this was invented belongs to a gap."""
LATEST_MARK_MS = 3_900

Tick = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """What is measured: from and until, and what happened in between."""

    begin: float
    end: float
    changed: list[float] = field(default_factory=list)
    """Moments at which the link changed."""
    rss: list[tuple[float, int]] = field(default_factory=list)
    """Looks at the memory of the page's process, in bytes."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.begin) / 1000

    def holds(self, at: float) -> bool:
        """Whether that is inside."""
        return self.begin <= at <= self.end


@dataclass(frozen=True, slots=True)
class Step:
    """Between two looks at one stream."""

    begin: float
    end: float
    before: Tick
    after: Tick

    def more(self, name: str) -> float:
        """How much a counter grew; a new stream begins at nothing."""
        is_same = self.before["id"] == self.after["id"]
        was = float(self.before[name]) if is_same else 0.0
        return max(0.0, float(self.after[name]) - was)


def figures_of(report: dict[str, Any], spoken: Sequence[float], window: Window) -> Figures:
    """`spoken`: when the lead's microphone had each mark."""
    ticks = report["ticks"]
    voice = list(_steps(ticks, "voice", window))
    picture = list(_steps(ticks, "picture", window))
    shown = [entry for entry in report["pictures"] if window.holds(entry[0])]
    tallest = max((entry[1] for entry in report["pictures"]), default=0)
    figures: Figures = {
        "first_picture_s": _first(report, lambda _: True),
        "to_top_s": _first(report, lambda height: height >= TOP_HEIGHT),
        "voice_concealed_percent": _concealed(voice, window),
        "voice_clock_percent": _clock(voice, window),
        "longest_voice_gap_ms": _longest_gap(voice),
        "mouth_to_ear_ms": _delay(report["marks"], spoken, window),
        "voice_buffer_ms": _buffer(voice),
        "frames_per_second": _sum(picture, "framesDecoded", window),
        "freeze_percent": _frozen(picture, window),
        "freezes": sum(step.more("freezeCount") for step in picture) if picture else None,
        "longest_freeze_ms": _longest_stop(shown),
        "height_p50": median(entry[1] for entry in shown) if shown else None,
        "height_most": tallest,
        "key_frames": sum(step.more("keyFramesDecoded") for step in picture),
        "pli": sum(step.more("pliCount") for step in picture),
        "voice_lost": sum(step.more("packetsLost") for step in voice),
        "voice_nacks": sum(step.more("nackCount") for step in voice),
        "voice_fec": sum(step.more("fecPacketsReceived") for step in voice),
        "voice_fec_unused": sum(step.more("fecPacketsDiscarded") for step in voice),
        "voice_discarded": sum(step.more("packetsDiscarded") for step in voice),
        "voice_kbps": _kbps(voice, window),
        "picture_kbps": _kbps(picture, window),
    }
    if window.changed:
        restored = window.changed[-1]
        figures["back_s"] = _back(voice, picture, restored)
        figures["back_at_top_s"] = _top_again(report["pictures"], restored)
    return figures


TOP_HEIGHT = 540
NO_PICTURE = ("画面先停一停", "课件和画面都在路上", "屏幕先停一停")
"""What the room page says, one of them, while no picture is sent."""
FEWEST_FRAMES = 1.0
LAST_MS = 10_000
LEVEL_MS = 11_000
"""So near the lesson what is left may be skipped (10 s, and a look): a segment, its way."""
MEGABYTE = 1_000_000


def page_figures(report: dict[str, Any], window: Window) -> Figures:
    """What the room page said of itself."""
    says = any(words in report["words"] for words in NO_PICTURE)
    moves = _sum(list(_steps(report["ticks"], "picture", window)), "framesDecoded", window)
    states = report["firsts"]
    last = Window(window.end - LAST_MS, window.end)
    return {
        "says_no_picture": float(says),
        "picture_is_honest": float(says or moves >= FEWEST_FRAMES),
        "polled_s": _since(report["origin"], states.get("polled")),
        "caught_up_s": _caught_up(report, window),
        "live_fps": _sum(list(_steps(report["ticks"], "picture", last)), "framesDecoded", last),
    }


def growth_of(report: dict[str, Any], spoken: Sequence[float], window: Window) -> Figures:
    """From the second fifth of the time to the last: of delay, and of what is kept in memory."""
    fifth = (window.end - window.begin) / 5
    early = Window(window.begin + fifth, window.begin + 2 * fifth)
    late = Window(window.end - fifth, window.end)
    heaps = [(tick["at"], tick["heap"]) for tick in report["ticks"] if tick.get("heap")]
    delays = [_delay(report["marks"], spoken, part) for part in (early, late)]
    return {
        "delay_growth_ms": _grown(delays),
        "heap_growth_mb": _grown([_least(heaps, part) for part in (early, late)]),
        "rss_growth_mb": _grown([_least(window.rss, part) for part in (early, late)]),
    }


def _least(looks: Sequence[tuple[float, int]], part: Window) -> float | None:
    """After the browser tidied up."""
    return min((size / MEGABYTE for at, size in looks if part.holds(at) and size), default=None)


def _grown(values: Sequence[float | None]) -> float | None:
    first, last = values
    return None if first is None or last is None else last - first


def _since(origin: float, at: float | None) -> float | None:
    return None if at is None else (at - origin) / 1000


def _caught_up(report: dict[str, Any], window: Window) -> float | None:
    """From the return of the link to live again, where the page played what it had missed: all of
    it, or it gave up and counts as never level."""
    began, ended = report["firsts"].get("catching_up"), report["gone"].get("catching_up")
    if not window.changed or began is None or ended is None or ended < began:
        return None
    left_ms = [late for at, late in report.get("behind", ()) if at <= ended]
    if left_ms and left_ms[-1] > LEVEL_MS:
        return None
    return float(ended - window.changed[-1]) / 1000


def _steps(ticks: Sequence[Tick], kind: str, window: Window) -> Iterable[Step]:
    looks = [(tick["at"], tick[kind]) for tick in ticks if tick[kind] and window.holds(tick["at"])]
    for (begin, before), (end, after) in zip(looks, looks[1:], strict=False):
        yield Step(begin, end, before, after)


def _concealed(steps: Sequence[Step], window: Window) -> float | None:
    if not steps:
        return 100.0
    invented = sum(step.more("concealedSamples") for step in steps) / RATE
    unplayed = sum(step.end - step.begin for step in steps if not step.more(PLAYED)) / 1000
    seen = sum(step.end - step.begin for step in steps)
    unseen = max(0.0, (window.end - window.begin - seen) / 1000 - 1)
    return 100 * min(1.0, (invented + unplayed + unseen) / window.seconds)


def _clock(steps: Sequence[Step], window: Window) -> float:
    """What was played of what there was time for: less where the machine is too busy to play."""
    return 100 * sum(step.more(PLAYED) for step in steps) / RATE / window.seconds


def _is_gap(step: Step) -> bool:
    invented = step.more("concealedSamples")
    played = step.more(PLAYED) - invented
    return played < (1 - GAP_SHARE) * RATE * (step.end - step.begin) / 1000


def _longest_gap(steps: Sequence[Step]) -> float | None:
    """Invented in a row, in ms; looks with any concealment that touch belong together."""
    longest = run = 0.0
    for step in steps:
        invented = step.more("concealedSamples") / RATE * 1000
        unplayed = step.end - step.begin if step.more(PLAYED) == 0 else 0.0
        run = run + invented + unplayed if invented or unplayed else 0.0
        longest = max(longest, run)
    return longest if steps else None


def _delay(heard: Sequence[float], spoken: Sequence[float], window: Window) -> float | None:
    delays = []
    for at in heard:
        before = [moment for moment in spoken if 0 <= at - moment < LATEST_MARK_MS]
        if before and window.holds(at):
            delays.append(at - max(before))
    return median(delays) if delays else None


def _buffer(steps: Sequence[Step]) -> float | None:
    emitted = sum(step.more("jitterBufferEmittedCount") for step in steps)
    waited = sum(step.more("jitterBufferDelay") for step in steps)
    return 1000 * waited / emitted if emitted else None


def _sum(steps: Sequence[Step], name: str, window: Window) -> float:
    return sum(step.more(name) for step in steps) / window.seconds


def _kbps(steps: Sequence[Step], window: Window) -> float:
    sizes = sum(step.more("bytesReceived") + step.more("headerBytesReceived") for step in steps)
    return 8 * sizes / window.seconds / 1000


def _frozen(steps: Sequence[Step], window: Window) -> float | None:
    """The browser counts a freeze when it ends: one that lasts is added."""
    if not steps:
        return None
    frozen = sum(step.more("totalFreezesDuration") for step in steps)
    moving = [step.end for step in steps if step.more("framesDecoded")]
    still = (window.end - (moving[-1] if moving else window.begin)) / 1000
    return 100 * min(1.0, (frozen + (still if still > 1 else 0)) / window.seconds)


def _longest_stop(shown: Sequence[Sequence[float]]) -> float | None:
    """Between two pictures of which none was missed by the page."""
    stops = [
        after[0] - before[0]
        for before, after in zip(shown, shown[1:], strict=False)
        if after[2] - before[2] <= 1
    ]
    return max(stops, default=None)


def _first(report: dict[str, Any], is_wanted: Any) -> float | None:
    found = (at - report["origin"] for at, height, _ in report["pictures"] if is_wanted(height))
    first = next(found, None)
    return None if first is None else first / 1000


def _back(voice: Sequence[Step], picture: Sequence[Step], restored: float) -> float | None:
    """Both flow again."""
    speaks = (step.end for step in voice if step.begin >= restored and not _is_gap(step))
    moves = (s.end for s in picture if s.begin >= restored and s.more("framesDecoded"))
    moments = [next(speaks, None), next(moves, None)]
    if any(moment is None for moment in moments):
        return None
    return max(moment for moment in moments if moment is not None) / 1000 - restored / 1000


def _top_again(pictures: Sequence[Sequence[float]], restored: float) -> float | None:
    at = (entry[0] for entry in pictures if entry[0] > restored and entry[1] >= TOP_HEIGHT)
    first = next(at, None)
    return None if first is None else (first - restored) / 1000
