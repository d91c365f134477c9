"""Voice that is too late for who talks is kept back, over real UDP: it comes to the others."""

from dataclasses import replace

from relay.rtp.rtcp_feedback import write_nack
from tests.relay.engine.test_merged_voice import spoken
from tests.support.engine_model.packets import media_of
from tests.support.engine_peers import Stage, published
from tests.support.engine_scenes import AUDIO, VIDEO, picture, voice

WITHIN_MS = 250
"""Twelve packets of 20 ms."""


async def heed(stage: Stage, within_ms: int = WITHIN_MS) -> None:
    """Viewer 2 talks from now on."""
    stage.engine.set_voice_within(2, within_ms)
    await stage.settled()


async def test_a_repair_that_comes_late_goes_to_who_listens_only(stage: Stage) -> None:
    microphone, (talker, listener) = await spoken(stage, viewers=2)
    await heed(stage)
    for seq in (1, *range(3, 30)):
        microphone.send(voice(seq))
    await stage.arrived(talker, 29)
    microphone.send(voice(2))
    await stage.arrived(listener, 30)
    microphone.send(voice(30))
    await stage.arrived(talker, 30)
    assert [view.seq - 500 for view in talker.views()] == [0, 1, *range(3, 31)]
    assert [view.seq - 500 for view in listener.views()][-2:] == [2, 30]


async def test_one_that_is_in_time_goes_to_both(stage: Stage) -> None:
    microphone, (talker, listener) = await spoken(stage, viewers=2)
    await heed(stage)
    for seq in (1, *range(3, 14)):
        microphone.send(voice(seq))
    microphone.send(voice(2))
    await stage.arrived(talker, 14)
    await stage.arrived(listener, 14)
    assert talker.views()[-1].seq == 502, "twelve followed it: 240 ms"


async def test_who_talks_asks_in_vain_for_what_is_too_late(stage: Stage) -> None:
    microphone, (talker, _) = await spoken(stage, viewers=2)
    await heed(stage)
    for seq in range(1, 31):
        microphone.send(voice(seq))
    await stage.arrived(talker, 31)
    talker.say(write_nack(1, AUDIO.ssrc, [502, 525]))
    await stage.until(lambda: stage.counted("repaired") == 1)
    await stage.arrived(talker, 32)
    assert talker.views()[-1].seq == 525


async def test_who_leaves_the_stage_gets_all_of_it_again(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await heed(stage)
    await heed(stage, 0)
    for seq in (1, *range(3, 30)):
        microphone.send(voice(seq))
    microphone.send(voice(2))
    await stage.arrived(viewer, 30)
    assert viewer.views()[-1].seq == 502


async def test_pictures_come_however_late(stage: Stage) -> None:
    camera = stage.publisher(published(1, VIDEO))
    viewer = stage.viewer(2, replace(media_of(VIDEO.kind), ssrc=VIDEO.ssrc))
    stage.show(20, 1)
    await heed(stage)
    for seq in (0, 1, *range(3, 30)):
        camera.send(picture(seq, is_key=seq == 0))
    camera.send(picture(2))
    await stage.arrived(viewer, 30)
    assert viewer.views()[-1].seq == 502
