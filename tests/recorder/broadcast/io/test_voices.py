from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.broadcast.io.voices import LessonVoice
from recorder.plan.opus import SILENCE
from recorder.plan.samples import VoiceSample
from tests.support.rtp_media import voice_clip

AHEAD_MS = 70
"""What the encoder keeps: a packet, and the rest of another."""


@settings(max_examples=30, deadline=None)
@given(holes=st.lists(st.integers(0, 40), min_size=1, max_size=40), junk=st.binary(max_size=40))
def test_both_voices_keep_to_their_positions(holes: list[int], junk: bytes) -> None:
    voice, position = LessonVoice(), 48_000
    clip = voice_clip(1)
    for place, hole in enumerate(holes):
        data = (clip[place].data, SILENCE, junk)[place % 3]
        position += hole * 960
        voice.extend([VoiceSample(position, 960, data), VoiceSample(position, 960, data)])
        position += 960
    voice.extend([VoiceSample(position + n * 960, 960, SILENCE) for n in range(5)])
    opus, aac = voice.rows["opus"], voice.rows["aac"]
    assert 0 <= opus.end_ms - aac.end_ms <= AHEAD_MS
    end = None
    for sample in aac.between(0, 1e9):
        assert end in {None, sample.position}
        end = sample.end
