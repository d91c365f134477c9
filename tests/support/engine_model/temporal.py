"""Temporal layers: which pictures of a stream others do without.

VP8 says it in each packet. H.264 says only which pictures no other refers to (`nal_ref_idc` 0);
encoders with three temporal layers mark the middle one with 1. Others use the same marks for other
things, so they count only while their pattern holds.
"""

from dataclasses import dataclass

EVERY_PICTURE = 2
_LONGEST_DISPOSABLE_RUN = 3
_ENOUGH = 4


@dataclass(frozen=True, slots=True)
class TemporalPlace:
    """Where a packet stands among the temporal layers."""

    temporal_id: int = 0
    """Pictures refer to none of a higher one; 0 where there are no layers."""
    starts_picture: bool = False
    """Certainly; where packets before it are missing it may be unknown."""
    opens: int = 0
    """Highest temporal id that can be begun with this packet."""
    is_prelude: bool = False
    """Before a picture's slices, and does not tell which kind it will be."""


KEYFRAME = TemporalPlace(0, True, EVERY_PICTURE)


class TemporalPattern:
    """How an H.264 stream marks its pictures."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._disposable_run = self._middle_run = 0
        self._disposable_seen = self._middle_seen = 0

    def temporal_id(self, idc: int | None) -> int:
        """Of pictures with this `nal_ref_idc`, as things are."""
        if self._disposable_seen < _ENOUGH:
            return 0
        if idc == 0:
            return EVERY_PICTURE
        return int(idc == 1 and self._middle_seen == _ENOUGH)

    def note(self, idc: int | None, *, is_keyframe: bool, is_after_gap: bool) -> bool:
        """Note a new picture; False when the pattern ended, so that pictures may refer to what was
        left out."""
        had_middle = self.temporal_id(1) == 1
        if is_keyframe or is_after_gap:
            self._disposable_run = self._middle_run = 0
        if is_keyframe:
            return True
        if idc is None:
            self._forget()
        elif idc == 0:
            self._disposable_run += 1
            if self._disposable_run > _LONGEST_DISPOSABLE_RUN:
                self._forget()
        else:
            self._note_kept(is_middle=idc == 1)
        return not had_middle or self.temporal_id(1) == 1

    def _note_kept(self, *, is_middle: bool) -> None:
        if self._disposable_run:
            self._disposable_seen = min(_ENOUGH, self._disposable_seen + 1)
        self._disposable_run = 0
        if not is_middle:
            if self._middle_run:
                self._middle_seen = min(_ENOUGH, self._middle_seen + 1)
            self._middle_run = 0
        elif self._middle_run:
            self._middle_run = self._middle_seen = 0
        else:
            self._middle_run = 1
