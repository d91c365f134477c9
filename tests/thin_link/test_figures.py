"""What the bench makes of what a page saw: ten looks a second, of one stream."""

from pathlib import Path
from typing import Any

import pytest

from streamsvc.settings import load
from tests.bench.thin_figures import RATE, Window, figures_of, growth_of, page_figures
from tests.bench.thin_rows import ROWS, Figures, is_held, lasting, named
from tests.bench.thin_writing import Deed, board_figures, catching_up_figures
from tests.bench.thinlink import flags_for, sharing

VOICE = (
    "totalSamplesReceived", "concealedSamples", "jitterBufferDelay", "jitterBufferEmittedCount",
    "bytesReceived", "headerBytesReceived", "packetsReceived", "packetsLost", "nackCount",
    "retransmittedPacketsReceived", "packetsDiscarded", "fecPacketsReceived", "fecPacketsDiscarded",
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
        voice: dict[str, Any] = dict.fromkeys(VOICE, 0.0) | {"id": "a"}
        voice["totalSamplesReceived"] = RATE * number / 10
        picture: dict[str, Any] = dict.fromkeys(PICTURE, 0.0) | {"id": "b"}
        picture["framesDecoded"] = 1.5 * number
        for name, additions in odd.items():
            more = sum(added for at, added in additions.items() if number >= at)
            for stream in (voice, picture):
                if name in stream:
                    stream[name] += more
        ticks.append({"at": 100 * number, "voice": voice, "picture": picture})
    return {
        "origin": 0,
        "ticks": ticks,
        "pictures": [],
        "marks": [],
        "words": "",
        "firsts": {},
        "gone": {},
    }


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
    good: Figures = {"voice_concealed_percent": 0.1, "freeze_percent": 1.0}
    assert is_held(row, {**good})
    assert not is_held(row, good | {"freeze_percent": 2.5})
    assert not is_held(row, {"freeze_percent": 1.0})
    assert not is_held(row, good | {"voice_clock_percent": 90.0}), "the machine was too busy"
    assert not is_held(row, good | {"freeze_percent": None})


def test_rows_are_chosen_by_name() -> None:
    assert [row.name for row in named("64k,good")] == ["64k", "good"]
    with pytest.raises(KeyError):
        named("none")


def test_a_row_that_passes_one_port_has_a_service_of_its_own(tmp_path: Path) -> None:
    groups = sharing(ROWS)
    assert sorted(row.name for group in groups for row in group) == sorted(r.name for r in ROWS)
    assert [{row.link.port for row in group} for group in groups] == [{0}, {0}, {0}, {443}, {0}]
    assert all(row.is_one_layer for row in groups[-1])
    for port in (0, 443):
        with flags_for(port) as (_, file):
            settings = load(Path(file), {"data": tmp_path})
        assert settings.media.outer_tcp_port == port


def test_rows_that_would_disturb_others_have_a_service_of_their_own() -> None:
    groups = sharing(named("good,three-rooms,on-stage,300k"))
    names = [[row.name for row in group] for group in groups]
    assert names == [["good", "300k"], ["three-rooms"], ["on-stage"]]


def test_a_long_lesson_is_as_long_as_wanted() -> None:
    (long, good) = named("long-lesson,good")
    assert lasting(long, 120).seconds == 120
    assert lasting(good, 120) == good


def test_the_board_is_as_late_as_a_room_shows_it() -> None:
    deeds = [Deed(1_000, "c/1"), Deed(2_000, "c/1", 1), Deed(5_000, "c/2"), Deed(9_500, "c/3")]
    board = [
        [500, "c/2", "sharp", 3],
        [1_300, "c/1", "preview", 0],
        [1_900, "c/1", "sharp", 0],
        [2_450, "c/1", "sharp", 1],
    ]
    figures = board_figures(board, deeds, 0, 10_000)
    assert figures["page_turn_ms"] == (300 + 5_000) / 2, "the second never came"
    assert figures["page_turn_p95_ms"] == 5_000
    assert figures["page_sharp_p95_ms"] == 5_000
    assert figures["ink_ms"] == figures["ink_p95_ms"] == 450
    assert figures["board_deeds"] == 3, "the last may still be on its way"
    assert board_figures(board, [], 0, 10_000)["page_turn_ms"] is None


def test_what_the_page_says_counts_where_no_picture_moves() -> None:
    assert page_figures(report(), WINDOW)["picture_is_honest"] == 1
    still = report(framesDecoded={n: -1.5 for n in range(1, 10 * SECONDS + 1)})
    assert page_figures(still, WINDOW)["picture_is_honest"] == 0
    still["words"] = "网络很慢，画面先停一停。"
    told = page_figures(still, WINDOW)
    assert (told["picture_is_honest"], told["says_no_picture"]) == (1, 1)


def test_growth_is_from_the_second_fifth_to_the_last() -> None:
    seen = report()
    for tick in seen["ticks"]:
        tick["heap"] = 10_000_000 + 1_000 * tick["at"]
    seen["marks"] = [2_500, 8_900]
    rss = [(3_000.0, 50_000_000), (9_000.0, 70_000_000)]
    grown = growth_of(seen, [2_000, 8_000], Window(0, 10_000, rss=rss))
    assert grown == {"delay_growth_ms": 400, "heap_growth_mb": 6, "rss_growth_mb": 20}


def test_catching_up_lasts_until_the_page_is_live_again() -> None:
    window = Window(0, 10_000, [1_000, 2_000])
    seen = report() | {"firsts": {"catching_up": 2_500}}
    assert page_figures(seen, window)["caught_up_s"] is None
    seen["gone"] = {"catching_up": 8_000}
    assert page_figures(seen, window)["caught_up_s"] == 6
    seen["behind"] = [[3_000, 90_000.0], [7_900, 4_000.0]]
    assert page_figures(seen, window)["caught_up_s"] == 6


def test_a_room_that_gives_up_has_not_caught_up() -> None:
    seen = report() | {"firsts": {"catching_up": 2_500}, "gone": {"catching_up": 8_000}}
    seen["behind"] = [[3_000, 90_000.0], [7_900, 91_000.0]]
    assert page_figures(seen, Window(0, 10_000, [1_000, 2_000]))["caught_up_s"] is None


def test_pages_of_what_was_missed_come_as_late_as_the_voice() -> None:
    deeds = [Deed(1_000, "c/1"), Deed(7_000, "c/2"), Deed(13_000, "c/1")]
    board = [[500, "c/9", "sharp", 0], [61_200, "c/1", "sharp", 0], [66_000, "c/2", "sharp", 0]]
    behind = [(61_000, 60_000.0), (66_100, 58_000.0)]
    figures = catching_up_figures(board, behind, deeds)
    assert figures == {"catch_up_step_p95_ms": 1_000, "caught_up_pages": 2}
    assert catching_up_figures(board, [], deeds)["catch_up_step_p95_ms"] is None
