"""An SDP text cut into sections and attributes (RFC 8866). Knows no media; enforces the limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamsvc.base.errors import ProtocolError

MAX_DESCRIPTION_BYTES = 100_000
"""A browser's offer of five m-lines has 17 KB."""
MAX_MEDIA_SECTIONS = 64
MAX_LINE_CHARACTERS = 2_000
MAX_FORMATS = 128
"""Payload types are seven bits."""

_LINE = re.compile(r"([a-z])=(.*)")
_PRINTABLE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(slots=True)
class Attributes:
    """The `a=` lines of one section, in their order."""

    pairs: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Values of every `a=name:value` line."""
        return [value for key, value in self.pairs if key == name]

    def first(self, name: str) -> str | None:
        """Value of the first `a=name` line: empty for a flag, None where there is none."""
        return next((value for key, value in self.pairs if key == name), None)

    def has(self, *names: str) -> bool:
        """Whether one of these attributes is there."""
        return any(key in names for key, _ in self.pairs)


@dataclass(slots=True)
class MediaSection:
    """One m-line and what follows it."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: Attributes = field(default_factory=Attributes)

    @property
    def mid(self) -> str:
        """Its identification tag (RFC 5888), empty where the offer has none."""
        return self.attributes.first("mid") or ""


@dataclass(slots=True)
class Description:
    """Session attributes and media sections of an SDP."""

    session: Attributes
    media: list[MediaSection]


def parse_description(text: str) -> Description:
    """Cut a whole SDP. Raises ProtocolError `sdp-too-large`, `sdp-malformed`."""
    check_size(text)
    if not text.startswith("v=0"):
        raise malformed("it does not begin with v=0")
    return cut_sections(text)


def check_size(text: str) -> None:
    """Raises ProtocolError `sdp-too-large`."""
    if len(text) > MAX_DESCRIPTION_BYTES or len(text.encode()) > MAX_DESCRIPTION_BYTES:
        raise ProtocolError("sdp-too-large", limit_bytes=MAX_DESCRIPTION_BYTES)


def cut_sections(text: str) -> Description:
    """Cut lines into sections; also for a fragment, which has no `v=` line."""
    description = Description(Attributes(), [])
    attributes = description.session
    for letter, value in _lines(text):
        if letter == "m":
            section = _media_section(value, already=len(description.media))
            description.media.append(section)
            attributes = section.attributes
        elif letter == "a":
            name, _, rest = value.partition(":")
            attributes.pairs.append((name, rest.strip()))
    return description


def malformed(reason: str) -> ProtocolError:
    """The error for text that is no SDP; `reason` never quotes the peer."""
    return ProtocolError("sdp-malformed", reason=reason)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line:
            continue
        if len(line) > MAX_LINE_CHARACTERS:
            raise malformed(f"line {number} is longer than {MAX_LINE_CHARACTERS} characters")
        match = _LINE.fullmatch(line)
        if match is None or _PRINTABLE.fullmatch(line) is None:
            raise malformed(f"line {number} is no type=value line")
        yield match.group(1), match.group(2)


def _media_section(value: str, *, already: int) -> MediaSection:
    if already >= MAX_MEDIA_SECTIONS:
        raise ProtocolError("sdp-too-large", limit_sections=MAX_MEDIA_SECTIONS)
    kind, *rest = value.split(" ")
    if not re.fullmatch(r"[a-z]{1,16}", kind) or len(rest) < 3:
        raise malformed(f"m-line {already + 1} is incomplete")
    port, protocol, *formats = rest
    if len(formats) > MAX_FORMATS or not all(_is_token(word) for word in (protocol, *formats)):
        raise malformed(f"m-line {already + 1} has bad formats")
    return MediaSection(kind, _port(port, already + 1), protocol, tuple(formats))


def _is_token(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9/._+-]{1,64}", word) is not None


def _port(word: str, section: int) -> int:
    match = re.fullmatch(r"([0-9]{1,5})(?:/[0-9]{1,5})?", word)
    if match is None or int(match.group(1)) > 65_535:
        raise malformed(f"m-line {section} has no port")
    return int(match.group(1))
