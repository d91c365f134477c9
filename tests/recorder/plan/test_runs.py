"""Runs of one recording: continued, or apart."""

from recorder.plan.journal import ControlRecord, PacketRecord, Record
from recorder.plan.runs import BOUNDARY, CLOSE, ENDED, RunJoin

TRACK = ControlRecord("track", {"number": 1})
OPEN = ControlRecord("open", {})


def packets(first: int, last: int, salt: bytes = b"a") -> list[Record]:
    return [PacketRecord(n, 1, n * 20, b"%d" % n + salt) for n in range(first, last + 1)]


def joined(*runs: list[Record]) -> list[Record]:
    join, stream = RunJoin(), []
    for run in runs:
        join.begin_run()
        for record in run:
            stream += join.push(record)
    return stream


def test_what_was_sent_again_is_there_once() -> None:
    stream = joined([OPEN, TRACK, *packets(1, 50)], [OPEN, TRACK, *packets(40, 80)])
    assert stream == [OPEN, TRACK, *packets(1, 80)]


def test_a_run_that_goes_on_exactly() -> None:
    stream = joined([OPEN, TRACK, *packets(1, 50)], [OPEN, TRACK, *packets(51, 60)])
    assert stream == [OPEN, TRACK, *packets(1, 60)]


def test_a_new_track_in_the_second_run_is_kept() -> None:
    other = ControlRecord("track", {"number": 2})
    stream = joined([OPEN, TRACK, *packets(1, 5)], [OPEN, TRACK, other, *packets(4, 6)])
    assert stream == [OPEN, TRACK, *packets(1, 5), other, *packets(6, 6)]


def test_numbers_begun_anew_are_another_service() -> None:
    second = [OPEN, TRACK, *packets(1, 20, b"b")]
    stream = joined([OPEN, TRACK, *packets(1, 50)], second)
    assert stream == [OPEN, TRACK, *packets(1, 50), BOUNDARY, *second]


def test_a_run_without_packets_leaves_no_trace() -> None:
    stream = joined([OPEN, TRACK, *packets(1, 5)], [OPEN, TRACK], [OPEN, TRACK, *packets(3, 9)])
    assert stream == [OPEN, TRACK, *packets(1, 9)]


def test_what_was_ended_is_not_continued() -> None:
    ended, close = ControlRecord(ENDED, {}), ControlRecord(CLOSE, {})
    stream = joined([OPEN, *packets(1, 5)], [ended], [OPEN, *packets(6, 9)], [close])
    assert stream == [
        *[OPEN, *packets(1, 5)],
        *[BOUNDARY, ended],
        *[BOUNDARY, OPEN, *packets(6, 9)],
        *[BOUNDARY, close],
    ]
