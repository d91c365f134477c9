"""Figures from counts."""

import json
from collections import Counter
from pathlib import Path

import pytest

from relay.client.swarm.counts import PublisherCounts, ServerFigures, ViewerCounts
from relay.client.swarm.plot import draw
from relay.client.swarm.report import HEADINGS, Interval, SwarmReport, line, merged
from streamsvc.base.media import MediaKind


def viewers(**counts: int) -> ViewerCounts:
    made = ViewerCounts(arrived=1_010, published=1_000, forwarded=990, sampled=60, lost=40)
    for name, value in counts.items():
        setattr(made, name, value)
    for milliseconds in range(1, 101):
        made.delays.add(milliseconds / 1e3)
    return made


def interval(number: int, **counts: int) -> Interval:
    made = Interval(5.0 * number, 5.0 * number + 5.0, 16, viewers(**counts))
    made.publisher = PublisherCounts(
        packets=Counter({MediaKind.VIDEO: 500, MediaKind.AUDIO: 250}), bytes=625_000
    )
    made.server = ServerFigures(cpu_seconds=0.5, memory_bytes=50_000_000)
    return made


def test_every_packet_is_in_one_of_three_places() -> None:
    one = interval(0)
    figures = one.figures()
    assert figures["expected_packets"] == 1_000
    assert figures["received_packets"] == 950
    assert figures["lost_packets"] == 40
    assert figures["not_forwarded_packets"] == 10


def test_server_cost_is_by_what_arrived() -> None:
    figures = interval(0).figures()
    assert figures["server_cores"] == pytest.approx(0.1)
    assert figures["server_us_per_packet"] == pytest.approx(500_000 / 1_010)
    assert figures["published_bps"] == 1_000_000


def test_a_silent_receiver_missed_what_was_published() -> None:
    one = interval(0)
    one.viewers.silent = Counter({MediaKind.VIDEO: 2})
    one.count_silence()
    assert one.expected() == 2_000
    assert one.not_forwarded() == 1_010


def test_silence_is_not_counted_twice_when_intervals_are_put_together() -> None:
    parts = [interval(0), interval(1)]
    parts[0].viewers.silent = Counter({MediaKind.VIDEO: 2})
    for part in parts:
        part.count_silence()
    assert merged(parts).expected() == 3_000


def test_a_track_that_sends_little_is_not_called_silent() -> None:
    one = interval(0)
    one.publisher = PublisherCounts(packets=Counter({MediaKind.AUDIO: 31}))
    one.viewers.silent = Counter({MediaKind.AUDIO: 1})
    one.count_silence()
    assert one.silent_packets == 0


def test_delays_have_percentiles() -> None:
    figures = interval(0).figures()
    assert figures["delay_p50_ms"] == pytest.approx(50, rel=0.03)
    assert figures["delay_p99_ms"] == pytest.approx(99, rel=0.03)
    assert figures["join_p50_ms"] is None


def test_the_steady_part_begins_after_the_last_join() -> None:
    report = SwarmReport(50, [interval(0, came=40), interval(1, came=10), interval(2), interval(3)])
    steady = report.steady()
    assert steady is not None
    assert (steady.begins, steady.ends) == (10.0, 20.0)
    assert steady.viewers.forwarded == 1_980
    assert steady.server == ServerFigures(1.0, 50_000_000)


def test_there_is_no_steady_part_while_they_come() -> None:
    assert SwarmReport(50, [interval(0, came=40)]).steady() is None
    assert SwarmReport(50).steady() is None


def test_workers_add_up_and_later_intervals_replace_who_is_there() -> None:
    both = viewers(connected=3)
    both.merge(viewers(connected=4), is_later=False)
    assert (both.connected, both.forwarded) == (7, 1_980)
    both.merge(viewers(connected=5), is_later=True)
    assert both.connected == 5


def test_a_line_has_a_heading_and_names_failures() -> None:
    one = interval(0, connected=49)
    one.viewers.failed = Counter({"relay-full": 2})
    words = line(one, 50)
    assert "49/50" in words
    assert "2 x relay-full" in words
    assert len(HEADINGS) < 140


def test_a_report_becomes_json_and_a_picture(tmp_path: Path) -> None:
    report = SwarmReport(50, [interval(0, came=50), interval(1)])
    written = json.loads(json.dumps(report.as_json()))
    assert written["steady"]["expected_packets"] == 1_000
    assert len(written["intervals"]) == 2
    draw(report, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_measured_is_told_as_nothing() -> None:
    written = SwarmReport(50).as_json()
    assert written["whole"] is None
    assert written["failures"] == {}
