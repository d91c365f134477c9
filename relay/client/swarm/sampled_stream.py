"""One incoming track, known from every n-th packet: what was published, forwarded and lost.

Two number lines tell it. The stamp's number counts what the publisher sent; the RTP sequence number
counts what the server sent on. Where both grew by the same, nothing was left out; a sampled
sequence number that never came was lost on the way.
"""

from dataclasses import dataclass

from relay.rtp.seqnum import Unwrapper

_FAR = 1 << 24
"""A stamp number that jumps further, or back, is of another publisher."""


@dataclass(frozen=True, slots=True)
class StreamCount:
    """Since the count before."""

    published: int
    forwarded: int
    sampled: int
    missing: int
    """Sampled packets that were forwarded but did not come; one of them stands for `one_in`."""
    reordered: int


class SampledStream:
    """Packets in, counts out."""

    __slots__ = (
        "_base_ext",
        "_base_number",
        "_number",
        "_one_in",
        "_origin_ext",
        "_reordered",
        "_sampled",
        "_seqs",
        "first_at",
        "kind",
        "last_at",
        "ssrc",
    )

    def __init__(self, ssrc: int, kind: str, one_in: int) -> None:
        self.ssrc = ssrc
        self.kind = kind
        self._one_in = one_in
        self._seqs = Unwrapper()
        self._base_ext: int | None = None
        self._origin_ext = 0
        self._base_number: int | None = None
        self._number: int | None = None
        self._sampled = self._reordered = 0
        self.first_at = self.last_at = 0.0

    def add(self, seq: int, number: int | None, now: float) -> None:
        """A packet that came, decrypted; `number` is its stamp's."""
        before = self._seqs.highest
        if before is None or self._base_ext is None:
            self._begin(seq, number, now)
            return
        ext = self._seqs.extend(seq)
        self._sampled += 1
        self.last_at = now
        if ext < before:
            self._reordered += 1
        elif number is not None:
            self._count(number)

    def _begin(self, seq: int, number: int | None, now: float) -> None:
        """What came before this packet is nobody's loss."""
        self._seqs = Unwrapper()
        ext = self._seqs.extend(seq)
        self._base_ext = self._origin_ext = ext
        self._base_number = self._number = number
        self.first_at = self.last_at = now

    def _count(self, number: int) -> None:
        step = 0 if self._number is None else (number - self._number) & 0xFFFFFFFF
        if self._number is None or step > _FAR:
            self._base_number = number
        self._number = number

    @property
    def highest(self) -> int:
        """Extended highest sequence number that came."""
        return self._seqs.highest or 0

    def per_second(self) -> float:
        """Packets a second that the server sends; 0 while not known."""
        seconds = self.last_at - self.first_at
        return (self.highest - self._origin_ext) / seconds if seconds > 0 else 0.0

    def expected_now(self, now: float) -> int:
        """Extended sequence number that would have come by now, if all were read."""
        since = round(self.per_second() * (now - self.last_at))
        return self.highest + min(since, self._one_in - 1)

    def take(self) -> StreamCount | None:
        """Count and begin anew; None for a track that was silent, which then begins anew too."""
        if self._base_ext is None or not self._sampled:
            self._base_ext = None
            return None
        forwarded = self.highest - self._base_ext
        published = forwarded
        if self._number is not None and self._base_number is not None:
            published = (self._number - self._base_number) & 0xFFFFFFFF
        missing = forwarded // self._one_in - self._sampled
        count = StreamCount(published, forwarded, self._sampled, missing, self._reordered)
        self._base_ext, self._base_number = self.highest, self._number
        self._sampled = self._reordered = 0
        return count
