"""What is said again over a channel that loses, and when. Pure.

Every datagram carries all that is not confirmed, from the oldest on, as far as it fits: whichever
arrives heals what was lost before. An event goes out at once and then at the instants of
`AT_SECONDS`, unless it went along with others shortly before, until the page says that it has it.
Of ten copies all are lost once in ten thousand times where four in ten are; what the page lacks
even then is said anew when it joins again (`has_hole`), and what is too large the WebSocket brings.
"""

import json
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

AT_SECONDS = (0.0, 0.22, 0.45, 0.7, 1.0, 1.4, 1.9, 2.6, 3.6, 5.0)
"""From an event to its copies; no more are sent of it. The first is just later than the next ink of
a hand that writes (0.2 s), with which it goes along."""
SPACING_SECONDS = 0.1
"""Between two datagrams: losses come in bursts, and events in batches."""
SHORTLY_SECONDS = 0.25
"""What went along so shortly before an instant of its own does not go again at it."""
MOST_BYTES = 1_100
"""In one datagram, which SCTP does not cut."""
MOST_WAITING = 64
"""Events; the oldest gives way."""
OVERHEAD_BYTES = 93
"""Headers of IP, UDP, DTLS and SCTP."""
MOST_BPS = 32_000
"""More is no use where a page is turned and somebody writes."""
SHARE = 0.5
"""Of what a link has for data: the WebSocket and slides take the rest."""
BURST_SECONDS = 1.0
"""What was not used may be used so much later."""

Datagram = str | bytes


@dataclass(slots=True)
class _Event:
    seq: int
    text: str
    since: float
    is_sent: bool = False
    due_at: float | None = None
    """None: its last copy went out."""


class Repeats:
    """`put` events in order and `confirm` numbers as they come, and `take` at `next_at`."""

    def __init__(self, now: float, *, is_packed: bool = True) -> None:
        self._is_packed = is_packed
        """Datagrams are zlib (RFC 1950); else plain JSON."""
        self.sent = self.repeated = self.dropped = 0
        """Events that went out first, again, or not (any more): counted since the start."""
        self._given_up_seq = -1
        """Nothing up to this is said any more."""
        self._events: deque[_Event] = deque()
        self._not_before = now
        self._bps = float(MOST_BPS)
        self._left_bits = self._bps * BURST_SECONDS
        self._filled_at = now

    def allow(self, data_bps: int) -> None:
        """What the link has for data, of which a part may be used."""
        self._bps = min(MOST_BPS, SHARE * data_bps)

    def put(self, seq: int, text: str, now: float) -> None:
        """The next event. One that fits no datagram is left to the WebSocket."""
        if len(self._pack([text])) > MOST_BYTES:
            self.dropped += 1
            return
        if len(self._events) >= MOST_WAITING:
            self._give_up(self._events[0])
        self._events.append(_Event(seq, text, since=now, due_at=now))

    def confirm(self, seq: int) -> None:
        """The page has everything up to this number."""
        while self._events and self._events[0].seq <= seq:
            self._events.popleft()

    def has_hole(self, seq: int) -> bool:
        """Something after this number is said no more, so that all after it waits."""
        return self._given_up_seq > seq

    def next_at(self) -> float | None:
        """When something is due; None while nothing is."""
        if not self._events:
            return None
        due = [event.due_at for event in self._events if event.due_at is not None]
        return max(self._not_before, min(due))

    def take(self, now: float) -> list[Datagram]:
        """What goes out now."""
        self._fill(now)
        datagrams = []
        for run, datagram in self._runs():
            bits = 8 * (len(datagram) + OVERHEAD_BYTES)
            if bits > self._left_bits:
                break
            if not any(event.due_at is not None and event.due_at <= now for event in run):
                continue
            self._left_bits -= bits
            datagrams.append(datagram)
            for event in run:
                self._said(event, now)
        self._not_before = now + SPACING_SECONDS
        for event in [event for event in self._events if event.due_at is None]:
            self._give_up(event)
        return datagrams

    def _said(self, event: _Event, now: float) -> None:
        self.sent += not event.is_sent
        self.repeated += event.is_sent
        event.is_sent = True
        is_due = event.due_at is not None and event.due_at <= now
        later = now - event.since + (0.0 if is_due else SHORTLY_SECONDS)
        event.due_at = next((event.since + at for at in AT_SECONDS if at > later), None)

    def _give_up(self, event: _Event) -> None:
        self._events.remove(event)
        self._given_up_seq = max(self._given_up_seq, event.seq)
        self.dropped += 1

    def _fill(self, now: float) -> None:
        most = self._bps * BURST_SECONDS
        # never less than one whole datagram, or a poor link would get none
        most = max(most, 8 * (MOST_BYTES + OVERHEAD_BYTES))
        self._left_bits = min(most, self._left_bits + (now - self._filled_at) * self._bps)
        self._filled_at = now

    def _runs(self) -> Iterator[tuple[list[_Event], Datagram]]:
        """All events in datagrams, in order."""
        done = 0
        while done < len(self._events):
            run = list(islice(self._events, done, None))
            datagram = self._pack([event.text for event in run])
            while len(datagram) > MOST_BYTES and len(run) > 1:
                fewer = min(len(run) - 1, len(run) * MOST_BYTES // len(datagram))
                del run[max(1, fewer) :]
                datagram = self._pack([event.text for event in run])
            yield run, datagram
            done += len(run)

    def _pack(self, texts: Sequence[str]) -> Datagram:
        joined = f"[{','.join(texts)}]"
        # in bytes either way: a sentence in Chinese is three times as long as it looks
        return zlib.compress(joined.encode(), 9) if self._is_packed else _ascii(joined)


def _ascii(text: str) -> str:
    """The same JSON, as many bytes as characters."""
    return text if text.isascii() else json.dumps(json.loads(text), separators=(",", ":"))
