"""A voice's merged layer: three packets of 20 ms in one of 60 ms."""

from dataclasses import dataclass
from typing import NamedTuple

from tests.support.engine_model import opus

GROUP = 3
FIRST = 0x10000
PLACES = 256
"""Packets that the source remembers, and numbers that are kept."""
MOST_MISSING = 96
MOST_BYTES = 1_200


class Frame(NamedTuple):
    """A packet of the source, or of the merged layer."""

    ext_seq: int
    ts: int
    payload: bytes
    is_marked: bool = False


@dataclass(slots=True)
class _Group:
    start: int


class Merger:
    """`take` each packet of the source as it comes: no duplicates."""

    def __init__(self) -> None:
        self.next = FIRST
        self.boundary = 0
        self._source: dict[int, Frame] = {}
        self._missing: set[int] = set()
        self._highest = 0
        self._group: _Group | None = None
        self._kept: dict[int, tuple[int, int]] = {}

    def restart(self) -> None:
        """Forget the open group."""
        self._group, self.boundary = None, 0

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing in the source."""
        return not self._missing

    def take(self, frame: Frame) -> list[Frame]:
        """What it completes."""
        seq = frame.ext_seq
        is_newest = seq > self._highest
        self._note(frame)
        group = self._group
        if group is None:
            return self._begin(seq) if is_newest else []
        if seq < group.start:
            return self._late(frame)
        if seq >= group.start + GROUP:
            return self._begin(seq)
        if seq == group.start and is_newest:
            self.boundary = seq
        return self._whole(group)

    def _note(self, frame: Frame) -> None:
        seq = frame.ext_seq
        self._missing.discard(seq)
        if seq > self._highest:
            first = self._highest + 1 if self._highest else seq
            if len(self._missing) + seq - first > 512:
                self._missing.clear()
            else:
                self._missing.update(range(first, seq))
            self._highest = seq
        self._source[seq % PLACES] = frame

    def _find(self, seq: int) -> Frame | None:
        frame = self._source.get(seq % PLACES)
        return frame if frame is not None and frame.ext_seq == seq else None

    def _number(self) -> int:
        self.next += 1
        return self.next - 1

    def _keep(self, seq: int) -> None:
        self._kept[seq % PLACES] = seq, self._number()

    def _singly(self, group: _Group) -> list[Frame]:
        made = []
        for seq in range(group.start, group.start + GROUP):
            frame = self._find(seq)
            if frame is None:
                self._keep(seq)
            else:
                made.append(frame._replace(ext_seq=self._number()))
        return made

    def _begin(self, seq: int) -> list[Frame]:
        made: list[Frame] = []
        if self._group is not None:
            made = self._singly(self._group)
            behind = self._group.start + GROUP
            if seq - behind <= MOST_MISSING:
                for missing in range(behind, seq):
                    self._keep(missing)
        self._group, self.boundary = _Group(seq), seq
        return made

    def _late(self, frame: Frame) -> list[Frame]:
        seq, number = self._kept.get(frame.ext_seq % PLACES, (0, 0))
        if seq != frame.ext_seq:
            return []
        del self._kept[seq % PLACES]
        return [frame._replace(ext_seq=number)]

    def _whole(self, group: _Group) -> list[Frame]:
        found = [self._find(seq) for seq in range(group.start, group.start + GROUP)]
        frames = [frame for frame in found if frame is not None]
        if len(frames) < GROUP:
            return []
        made = self._merged(frames) or self._singly(group)
        group.start += GROUP
        return made

    def _merged(self, frames: list[Frame]) -> list[Frame]:
        payload = opus.merged([frame.payload for frame in frames])
        if payload is None:
            return []
        step = opus.frame_samples(payload[0])
        steps = [(frame.ts - frames[0].ts) & 0xFFFFFFFF for frame in frames]
        # the engine counts two bytes of a head and one for each frame's length
        if steps != [n * step for n in range(GROUP)] or _room(frames) > MOST_BYTES:
            return []
        return [frames[0]._replace(ext_seq=self._number(), payload=payload)]


def _room(frames: list[Frame]) -> int:
    return 2 + sum(len(frame.payload) + 1 for frame in frames)
