"""Packets back in order. A missing packet may come late (it was asked for again): wait for it."""

from dataclasses import dataclass

from streamsvc.base.depacketize.rtp import RtpPacket, Unwrapper

WAIT_MS = 2_000.0
"""How long a recording waits for a missing packet: three round trips of a 600 ms link."""
HELD_LIMIT = 4_096
"""Packets held behind a missing one; more means it will not come."""
RESTART_DISTANCE = 1_000
"""Packets this far behind, in sequence, are a sender that began anew with the same SSRC."""
RESTART_RUN = 5


@dataclass(frozen=True, slots=True)
class Gap:
    """`packets` in a row never arrived."""

    packets: int


class ReorderBuffer:
    """One SSRC's packets in, the same in order out, with a Gap where some are missing.

    Drive rule: `push()` for each packet, `expire()` whenever time has passed, `flush()` at the end.
    """

    def __init__(self, wait_ms: float = WAIT_MS) -> None:
        self.lost = 0
        self._wait_ms = wait_ms
        self._unwrap = Unwrapper(16)
        self._next = 0
        self._is_started = False
        self._held: dict[int, RtpPacket] = {}
        self._stale_seq = 0
        self._stale_run = 0

    def push(self, packet: RtpPacket) -> list[RtpPacket | Gap]:
        """Take one packet; return what is in order now."""
        ext_seq = self._unwrap(packet.seq)
        if not self._is_started:
            self._is_started = True
            self._next = ext_seq
        if ext_seq < self._next:
            return self._late(packet, self._next - ext_seq)
        if ext_seq > self._next:
            self._held.setdefault(ext_seq, packet)
            return self._skip() if len(self._held) > HELD_LIMIT else []
        self._next += 1
        if not self._held:
            return [packet]
        return [packet, *self._run()]

    def expire(self, now_ms: float) -> list[RtpPacket | Gap]:
        """Give up what has been waited for long enough."""
        released: list[RtpPacket | Gap] = []
        while self._held and now_ms - self._first_held().arrival_ms > self._wait_ms:
            released += self._skip()
        return released

    def flush(self) -> list[RtpPacket | Gap]:
        """Everything held, in order."""
        released: list[RtpPacket | Gap] = []
        while self._held:
            released += self._skip()
        return released

    def _first_held(self) -> RtpPacket:
        return next(iter(self._held.values()))

    def _run(self) -> list[RtpPacket | Gap]:
        run: list[RtpPacket | Gap] = []
        while self._next in self._held:
            run.append(self._held.pop(self._next))
            self._next += 1
        return run

    def _skip(self) -> list[RtpPacket | Gap]:
        first = min(self._held)
        missing = first - self._next
        self.lost += missing
        self._next = first
        return [Gap(missing), *self._run()]

    def _late(self, packet: RtpPacket, distance: int) -> list[RtpPacket | Gap]:
        in_sequence = packet.seq == (self._stale_seq + 1) & 0xFFFF
        self._stale_seq = packet.seq
        self._stale_run = self._stale_run + 1 if in_sequence and distance > RESTART_DISTANCE else 0
        if self._stale_run < RESTART_RUN:
            return []
        return self._restart(packet)

    def _restart(self, packet: RtpPacket) -> list[RtpPacket | Gap]:
        released = [*self.flush(), Gap(1)]
        self._unwrap = Unwrapper(16)
        self._next = self._unwrap(packet.seq) + 1
        self._stale_run = 0
        return [*released, packet]
