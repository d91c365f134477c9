"""What a file is, by its bytes and never by its name; and whether an archive may be opened."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from streamsvc.base.errors import UserError

HEAD_BYTES = 1_024
"""How much of a file tells its kind."""
MAX_UNPACKED_BYTES = 1_500_000_000
MAX_ENTRIES = 20_000
MAX_RATIO = 200
"""Of the whole archive; a single text file may well be packed tighter."""


class Kind(StrEnum):
    """What can become slides."""

    PDF = "pdf"
    PICTURE = "picture"
    PACKED = "packed"
    """A ZIP archive: PPTX or ODP, as long as nobody looked inside."""
    COMPOUND = "compound"
    """The older Office container: PPT, or an encrypted PPTX."""

    @property
    def needs_office(self) -> bool:
        """Only LibreOffice reads it."""
        return self in (Kind.PACKED, Kind.COMPOUND)


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with `head`. Raises UserError `courseware-kind-unknown`."""
    if b"%PDF-" in head[:HEAD_BYTES]:  # some printers write a line of their own first
        return Kind.PDF
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return Kind.PICTURE
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.PICTURE
    if head.startswith(b"PK\x03\x04"):
        return Kind.PACKED
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Kind.COMPOUND
    raise UserError("courseware-kind-unknown")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file inside an archive, as the archive describes it."""

    name: str
    packed_bytes: int
    unpacked_bytes: int


def check_archive(entries: Iterable[Entry]) -> str:
    """The extension of the presentation in an archive: `pptx` or `odp`. Raises UserError
    `courseware-swollen` for a bomb, `courseware-kind-unknown` for any other archive."""
    listed = list(entries)
    packed = sum(entry.packed_bytes for entry in listed)
    unpacked = sum(entry.unpacked_bytes for entry in listed)
    is_bomb = unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed, 100_000)
    if is_bomb or len(listed) > MAX_ENTRIES:
        raise UserError("courseware-swollen")
    names = {entry.name for entry in listed}
    if "ppt/presentation.xml" in names:
        return "pptx"
    if {"content.xml", "META-INF/manifest.xml"} <= names:
        return "odp"
    raise UserError("courseware-kind-unknown")
