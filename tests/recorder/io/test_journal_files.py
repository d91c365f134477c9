"""Writing and following journals on a real disk."""

import os
import threading
from pathlib import Path

import pytest

from recorder.io.journal_tail import JournalTail
from recorder.io.journal_writer import JournalWriter
from recorder.io.store import RecordingFolder
from recorder.plan.journal import ControlRecord, PacketRecord, Record
from recorder.settings import RecorderSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.ids import RecordingId
from tests.support.waiting import until_sync


class Journal:
    """A writer, its folder, and what it said."""

    def __init__(self, data_dir: Path, **settings: float) -> None:
        self.folder = RecordingFolder(data_dir, RecordingId("rec_1"))
        self.synced: list[int] = []
        self.faults: list[str | None] = []
        self.writer = JournalWriter(
            self.folder.begin_run(),
            RecorderSettings.model_validate(
                {
                    "data_dir": data_dir,
                    "socket_path": data_dir / "s",
                    "min_free_bytes": 0,
                    **settings,
                }
            ),
            SystemClock(),
            on_synced=self.synced.append,
            on_fault=self.faults.append,
        )
        self.tail = JournalTail(self.folder, self.writer.sound_bytes)

    def packets(self, first: int, last: int) -> list[Record]:
        records: list[Record] = [PacketRecord(n, 1, n, bytes(500)) for n in range(first, last)]
        for record in records:
            self.writer.append(record)
        return records


def test_written_synced_and_followed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, sync_seconds=0.1)
    journal.writer.start()
    first = journal.packets(1, 100)
    until_sync(lambda: journal.synced[-1:] == [99])
    assert list(journal.tail.poll()) == first
    second = journal.packets(100, 150)
    journal.writer.close()
    journal.writer.close()
    assert list(journal.tail.poll()) == second
    journal.tail.close()
    assert journal.synced == sorted(journal.synced)
    assert journal.faults == []


def test_who_stops_in_the_middle_gets_the_rest_later(tmp_path: Path) -> None:
    """As the remux does when its lesson ends, or its disk is full, before it has caught up."""
    journal = Journal(tmp_path)
    sent = journal.packets(1, 100)
    journal.writer.start()
    journal.writer.close()
    taken: list[Record] = []
    for stop_after in (1, 40, 41):
        for record in journal.tail.poll():
            taken.append(record)
            if len(taken) >= stop_after:
                break
    assert taken == sent[:41]
    assert taken + list(journal.tail.poll()) == sent
    journal.tail.close()


def test_a_new_file_after_a_while(tmp_path: Path) -> None:
    journal = Journal(tmp_path, journal_file_seconds=1)
    journal.writer.start()
    sent = journal.packets(1, 10)
    until_sync(lambda: len(journal.folder.journals()) > 1, 5)
    sent += journal.packets(10, 20)
    journal.writer.close()
    assert list(journal.tail.poll()) == sent
    journal.tail.close()


def test_a_write_that_fails_is_taken_back_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes half of a batch and then no more."""
    journal = Journal(tmp_path)
    is_full = threading.Event()
    really_write = os.write

    def write(file: int, data: memoryview) -> int:
        if not is_full.is_set():
            return really_write(file, data)
        if len(data) < 1_000:
            raise OSError(28, "No space left on device")
        return really_write(file, data[: len(data) // 2])

    monkeypatch.setattr("recorder.io.journal_writer.os.write", write)
    journal.writer.start()
    sent = journal.packets(1, 5)
    until_sync(lambda: journal.writer.bytes_written > 2_000)
    is_full.set()
    sent += journal.packets(5, 50)
    until_sync(lambda: journal.faults == ["disk-full"])
    assert list(journal.tail.poll()) == sent[:4]
    is_full.clear()
    until_sync(lambda: journal.faults == ["disk-full", None], 5)
    journal.writer.close()
    assert list(journal.tail.poll()) == sent[4:]
    journal.tail.close()


def test_what_memory_can_not_hold_leaves_a_note(tmp_path: Path) -> None:
    journal = Journal(tmp_path, pending_bytes=1 << 16)
    journal.packets(1, 1_001)
    journal.writer.start()
    journal.writer.close()
    note, *kept = journal.tail.poll()
    journal.tail.close()
    assert isinstance(note, ControlRecord) and note.type == "lost"
    assert kept[-1] == PacketRecord(1_000, 1, 1_000, bytes(500))
    assert note.fields["ms"] == 1_000 - len(kept) - 1


def test_what_is_being_written_is_not_counted_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes its time while more comes than memory holds."""
    journal = Journal(tmp_path, pending_bytes=1 << 16)
    is_slow, may_go_on = threading.Event(), threading.Event()
    really_write = os.write

    def write(file: int, data: memoryview) -> int:
        if len(data) > 10_000 and not may_go_on.is_set():
            is_slow.set()
            assert may_go_on.wait(10)
        return really_write(file, data)

    monkeypatch.setattr("recorder.io.journal_writer.os.write", write)
    sent = journal.packets(1, 101)
    journal.writer.start()
    assert is_slow.wait(10)
    sent += journal.packets(101, 1_001)
    may_go_on.set()
    journal.writer.close()
    found = list(journal.tail.poll())
    journal.tail.close()
    (note,) = [record for record in found if isinstance(record, ControlRecord)]
    kept = {record.number for record in found if isinstance(record, PacketRecord)}
    missing = [number for number in range(1, 1_001) if number not in kept]
    assert kept >= set(range(1, 101)), "what was being written"
    assert note.fields["ms"] == missing[-1] - missing[0] == len(missing) - 1
    assert len(kept) < len(sent)


def test_a_record_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.writer.start()
    journal.writer.append(PacketRecord(-1, 1, 1, b"a number no journal holds"))
    until_sync(lambda: journal.faults == ["recording-write-failed"])
    journal.writer.close()
