"""What the bench makes of what a page saw: ten looks a second, of one stream."""

from typing import Any

import pytest

from tests.bench.thin_figures import RATE, Window, figures_of
from tests.bench.thin_rows import ROWS, Row, is_held, named

VOICE = (
    "totalSamplesReceived", "concealedSamples", "jitterBufferDelay", "jitterBufferEmittedCount",
    "bytesReceived", "headerBytesReceived", "packetsReceived", "packetsLost", "nackCount",
    "retransmittedPacketsReceived", "packetsDiscarded",
)  # fmt: skip
PICTURE = (
    "framesDecoded", "freezeCount", "totalFreezesDuration", "keyFramesDecoded", "pliCount",
    "bytesReceived", "headerBytesReceived", "packetsReceived", "packetsLost", "nackCount",
    "retransmittedBytesReceived",
)  # fmt: skip
SECONDS = 10
WINDOW = Window(0, 1000 * SECONDS)


def report(**odd: dict[int, float]) -> dict[str, Any]:
    """All is well, but for what `odd` adds to a counter from a look on."""
    ticks = []
    for number in range(10 * SECONDS + 1):
        voice = dict.fromkeys(VOICE, 0.0) | {"id": "a", "totalSamplesReceived": RATE * number / 10}
        picture = dict.fromkeys(PICTURE, 0.0) | {"id": "b", "framesDecoded": 1.5 * number}
        for name, additions in odd.items():
            more = sum(added for at, added in additions.items() if number >= at)
            for stream in (voice, picture):
                if name in stream:
                    stream[name] += more
        ticks.append({"at": 100 * number, "voice": voice, "picture": picture})
    return {"origin": 0, "ticks": ticks, "pictures": [], "marks": [], "words": ""}


def test_a_lesson_without_trouble() -> None:
    figures = figures_of(report(), [], WINDOW)
    assert figures["voice_concealed_percent"] == 0
    assert figures["frames_per_second"] == pytest.approx(15)
    assert figures["freeze_percent"] == 0
    assert figures["longest_voice_gap_ms"] == 0
    assert figures["mouth_to_ear_ms"] is None


def test_invented_voice_is_concealed_and_its_longest_part_a_gap() -> None:
    odd = {20: 0.02 * RATE, 21: 0.02 * RATE, 60: 0.01 * RATE}
    figures = figures_of(report(concealedSamples=odd), [], WINDOW)
    assert figures["voice_concealed_percent"] == pytest.approx(0.5)
    assert figures["longest_voice_gap_ms"] == pytest.approx(40)


def test_voice_that_is_not_played_at_all_is_concealed_too() -> None:
    seen = report()
    for tick in seen["ticks"][50:60]:
        tick["voice"]["totalSamplesReceived"] = 5.0 * RATE
    for tick in seen["ticks"][60:]:
        tick["voice"]["totalSamplesReceived"] -= RATE
    starving = figures_of(seen, [], WINDOW)
    assert starving["voice_concealed_percent"] == pytest.approx(10, abs=2)
    assert starving["voice_clock_percent"] == pytest.approx(90)
    silent = figures_of(report() | {"ticks": []}, [], WINDOW)
    assert silent["voice_concealed_percent"] == 100
    assert silent["frames_per_second"] == 0


def test_a_picture_that_stands_still_at_the_end_is_frozen() -> None:
    seen = report()
    for tick in seen["ticks"][60:]:
        tick["picture"]["framesDecoded"] = 90.0
    assert figures_of(seen, [], WINDOW)["freeze_percent"] == pytest.approx(40, abs=2)


def test_the_delay_is_from_each_mark_to_the_next_hearing_of_it() -> None:
    seen = report() | {"marks": [2300, 6310, 9900]}
    assert figures_of(seen, [500, 4500, 8100], WINDOW)["mouth_to_ear_ms"] == 1800


def test_coming_back_counts_from_the_moment_the_link_was_restored() -> None:
    seen = report()
    for tick in seen["ticks"]:
        if 3000 < tick["at"] <= 6000:  # cut at 3 s, restored at 5 s, flows at 6 s
            tick["picture"]["framesDecoded"] = 45.0
            tick["voice"]["concealedSamples"] = RATE * (tick["at"] - 3000) / 1000
        elif tick["at"] > 6000:
            tick["voice"]["concealedSamples"] = 3.0 * RATE
    figures = figures_of(seen, [], Window(0, 10_000, [3000, 5000]))
    assert figures["back_s"] == pytest.approx(1.1)


def test_a_row_holds_when_all_of_it_was_measured_and_met() -> None:
    row = next(row for row in ROWS if row.name == "300k-bursts-5")
    good = {"voice_concealed_percent": 0.1, "freeze_percent": 1.0}
    assert is_held(row, {**good})
    assert not is_held(row, good | {"freeze_percent": 2.5})
    assert not is_held(row, {"freeze_percent": 1.0})
    assert not is_held(row, good | {"voice_clock_percent": 90.0}), "the machine was too busy"
    unmeasured = Row("x", row.link, row.demands, not_measured=("ink",))
    assert not is_held(unmeasured, {**good})


def test_rows_are_chosen_by_name() -> None:
    assert [row.name for row in named("64k,good")] == ["64k", "good"]
    with pytest.raises(KeyError):
        named("none")
