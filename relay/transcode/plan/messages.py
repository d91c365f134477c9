"""What both ends say besides packets: the fields of the tap's control messages. Pure.

parent to child   open        what comes, and how to treat it
                  renditions  all that is wanted from now on
                  keyframe    of a rendition
child to parent   keyframe    of the source
                  rendition   one begins: the size of its picture
                  beat        twice a second: figures
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from relay.transcode.plan.renditions import Profile, Rendition
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec


@dataclass(frozen=True, slots=True)
class Opened:
    """Of `open`."""

    codec: Codec
    payload_type: int
    """Of what is given back."""
    patience_ms: float
    keyframe_seconds: float
    largest_pixels: int
    """Of a source's picture; a larger one is not decoded."""

    def fields(self) -> dict[str, Any]:
        """For the message."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of `renditions`."""

    number: int
    """Its track number on this line."""
    ssrc: int
    seq: int
    """Of its next packet."""
    rendition: Rendition


@dataclass(frozen=True, slots=True)
class Beat:
    """Of `beat`; counts are since the child's start."""

    is_waiting: bool
    """For a key frame of the source."""
    decoded: int
    made: int
    """Pictures, of all renditions."""
    skipped: int
    """Pictures of the source that were left out because they were late, or not decodable."""
    lost: int
    """Packets of the source that never came."""
    behind_ms: float
    """The most since the last beat."""

    def fields(self) -> dict[str, Any]:
        """For the message."""
        return asdict(self)


def opened(fields: dict[str, Any]) -> Opened:
    """Raises ProtocolError `tap-control-malformed`."""
    try:
        return Opened(**{**fields, "codec": Codec(fields["codec"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("tap-control-malformed") from error


def beat(fields: dict[str, Any]) -> Beat:
    """Raises ProtocolError `tap-control-malformed`."""
    try:
        return Beat(**fields)
    except TypeError as error:
        raise ProtocolError("tap-control-malformed") from error


def wanted_fields(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """For the message `renditions`."""
    return {"wanted": [asdict(one) for one in wanted]}


def wanted(fields: dict[str, Any]) -> list[Wanted]:
    """Raises ProtocolError `tap-control-malformed`."""
    try:
        return [
            Wanted(
                int(one["number"]),
                int(one["ssrc"]),
                int(one["seq"]),
                _rendition(one["rendition"]),
            )
            for one in fields["wanted"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("tap-control-malformed") from error


def _rendition(fields: dict[str, Any]) -> Rendition:
    words = {"profile": Profile(fields["profile"]), "codec": Codec(fields["codec"])}
    return Rendition(**{**fields, **words})
