"""Control messages survive the line, and nothing else does."""

import pytest

from relay.transcode.plan import messages
from relay.transcode.plan.renditions import Profile
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapControl, TapReader, encode_control


def over_the_line(type: str, fields: dict[str, object]) -> dict[str, object]:
    (control,) = TapReader().feed(encode_control(type, **fields))
    assert isinstance(control, TapControl)
    return control.fields


def test_messages_come_as_they_went() -> None:
    opened = messages.Opened(Codec.VP8, 102, 250.0, 8.0, 100)
    assert messages.opened(over_the_line("open", opened.fields())) == opened
    ladder = TranscodeSettings(lifeline_profile=Profile.HIGH).ladder()
    wanted = [messages.Wanted(number, 7, 8, rendition) for number, rendition in enumerate(ladder)]
    assert messages.wanted(over_the_line("renditions", messages.wanted_fields(wanted))) == wanted
    beat = messages.Beat(True, 1, 2, 3, 4, 5.0)
    assert messages.beat(over_the_line("beat", beat.fields())) == beat


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ProtocolError):
        messages.opened({"codec": "h265"})
    with pytest.raises(ProtocolError):
        messages.wanted({"wanted": [{"number": 1}]})
    with pytest.raises(ProtocolError):
        messages.beat({"made": 1})
