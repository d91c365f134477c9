"""Several recording runs as one stream of records.

A run ends when the recorder or the whole service ends. If only the recorder was restarted, the
relay sends again what it has not seen confirmed, numbers continue, and the runs are one: packets
that are already there are left out. If the service was restarted, numbers begin anew, the
publishers came back with new SSRCs, and a boundary separates the runs.
"""

from collections import OrderedDict
from zlib import crc32

from recorder.plan.journal import ControlRecord, PacketRecord, Record

REMEMBERED_PACKETS = 50_000
"""How far back a packet sent twice is known: more than the relay keeps unconfirmed."""
BOUNDARY = ControlRecord("boundary", {})
"""Stands between runs of which the second does not continue the first."""
ENDED = "ended"
"""Type of the control record that ends a run for good: it was finished without its close."""
CLOSE = "close"


class RunJoin:
    """Records of all runs in order in, one stream out. `begin_run()` before each run's records."""

    def __init__(self) -> None:
        self.last_number = -1
        self._known: OrderedDict[int, int] = OrderedDict()
        self._open_tracks: set[int] = set()
        self._is_first = True
        self._is_ended = False
        self._undecided: list[ControlRecord] | None = None

    def begin_run(self) -> None:
        """The records that follow are another run's. One without packets leaves no trace: what it
        was told was told again."""
        if not self._is_first:
            self._undecided = []
        self._is_first = False

    def push(self, record: Record) -> list[Record]:
        """Take one record; return what it adds to the stream."""
        if isinstance(record, ControlRecord):
            return self._control(record)
        decided: list[Record] = []
        if self._undecided is not None:
            decided = self._decide(continues=self._continues(record))
        if record.number <= self.last_number:
            return decided
        self._remember(record)
        return [*decided, record]

    def _control(self, record: ControlRecord) -> list[Record]:
        is_end = record.type in (ENDED, CLOSE)
        if self._undecided is not None and not is_end:
            self._undecided.append(record)
            return []
        held = self._decide(continues=False) if self._undecided is not None else []
        self._note(record)
        return [*held, record]

    def _note(self, record: ControlRecord) -> None:
        self._is_ended = record.type in (ENDED, CLOSE)
        if record.type == "track":
            self._open_tracks.add(record.fields["number"])
        elif record.type == "track_closed":
            self._open_tracks.discard(record.fields["number"])

    def _continues(self, first: PacketRecord) -> bool:
        if self._is_ended or self.last_number < 0:
            return False
        if first.number > self.last_number:
            return True
        return self._known.get(first.number) == crc32(first.packet)

    def _decide(self, continues: bool) -> list[Record]:
        """Give out the control records that were held until the first packet told which it is."""
        if self._undecided is None:
            return []
        controls, self._undecided = self._undecided, None
        if continues:
            held: list[Record] = [record for record in controls if not self._is_repeated(record)]
        else:
            self.last_number = -1
            self._known.clear()
            self._open_tracks.clear()
            held = [BOUNDARY, *controls]
        for record in held:
            if isinstance(record, ControlRecord):
                self._note(record)
        return held

    def _is_repeated(self, record: ControlRecord) -> bool:
        if record.type == "open":
            return True
        return record.type == "track" and record.fields["number"] in self._open_tracks

    def _remember(self, record: PacketRecord) -> None:
        self.last_number = record.number
        self._known[record.number] = crc32(record.packet)
        if len(self._known) > REMEMBERED_PACKETS:
            self._known.popitem(last=False)
