import json
import logging

import pytest

from streamsvc.base.log import Aggregated, IdAdapter, JsonFormatter, WordsFormatter


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "relay", "msg": "> sent %d", "args": (3,), **extra})
    made.levelname = "INFO"
    return made


def test_a_json_line_carries_the_ids() -> None:
    line = json.loads(JsonFormatter().format(record(lesson_id="les_1")))
    assert (line["words"], line["lesson_id"], line["level"]) == ("> sent 3", "les_1", "info")


def test_words_for_people() -> None:
    assert WordsFormatter().format(record(room_id="room_1")).endswith("> sent 3 room_id=room_1")


def test_what_a_client_named_can_not_begin_a_line() -> None:
    line = WordsFormatter().format(
        record(msg="< GET %s", args=("/课\n! fault\x1b[2J",), path="a\rb")
    )
    assert line.endswith(r"< GET /课\n! fault\x1b[2J path=a\rb")


def test_the_adapter_adds_its_ids(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "x"):
        IdAdapter(logging.getLogger("x"), {"lesson_id": "les_2"}).info("hello")
    assert vars(caplog.records[0])["lesson_id"] == "les_2"


def test_many_faults_are_one_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    faults = Aggregated(logging.getLogger("y"), "bad packets")
    with caplog.at_level(logging.WARNING, "y"):
        for i in range(100):
            faults.note(i * 0.001, "garbage")
        faults.note(1.5, "the last")
    assert [r.getMessage() for r in caplog.records] == [
        "x bad packets: 1, last: garbage",
        "x bad packets: 100, last: the last",
    ]
    assert faults.total == 101
