"""When control hears of a subscriber, and what it can read of one at any time."""

import ctypes

import pytest

from relay.forwarding.downlink import Downlink
from relay.rtp.rtcp_feedback import write_nack, write_remb
from relay.rtp.rtcp_reports import ReceiverReport, ReportBlock, write_receiver_report
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import MediaKind
from tests.support.engine_model.packets import media_of
from tests.support.engine_peers import Stage
from tests.support.engine_scenes import OUT, picture, watched
from tests.support.native_values import Held, i64, u32

SECOND = 1_000_000
BEAT = 5
VOICE, PICTURE = 1, 2
Three = ctypes.c_int64 * 3


class Told:
    """A subscriber of the engine, second by second."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self.held = Held(native, "subscriber")
        self.held.call("told_init", u32(BEAT))
        self.highest = dict.fromkeys((VOICE, PICTURE), 1_000)
        self.lost = dict.fromkeys((VOICE, PICTURE), 0)
        for ssrc in (VOICE, PICTURE):
            self.report(ssrc, 0, 0, 0)

    def report(self, ssrc: int, expected: int, lost: int, now_us: int) -> None:
        self.highest[ssrc] += expected
        self.lost[ssrc] += lost
        self.held.call("told_report", u32(ssrc), u32(self.highest[ssrc]), self.lost[ssrc],
                       i64(now_us))  # fmt: skip

    def second(self, expected: int = 100, lost: int = 0) -> bool:
        """A second passes; whether control is told of it."""
        self.report(PICTURE, expected, lost, SECOND)
        self.untold = ctypes.c_int64()
        return bool(self.held.call("told_second", ctypes.byref(self.untold), result=ctypes.c_bool))

    def signs(self, now_us: int) -> tuple[int, int, int]:
        """Voice packets, picture packets, parts per million of the voice that were lost."""
        found = Three()
        self.held.call("told_signs", i64(now_us), found)
        return found[0], found[1], found[2]


def test_of_who_is_well_control_hears_seldom(native: ctypes.CDLL) -> None:
    told = Told(native)
    assert [told.second() for _ in range(2 * BEAT)] == 2 * ([False] * (BEAT - 1) + [True])


def test_of_loss_control_hears_each_second_and_what_came_before(native: ctypes.CDLL) -> None:
    told = Told(native)
    assert not told.second() and not told.second() and not told.second()
    assert told.second(lost=10) and told.untold.value == 200
    assert told.second(lost=10) and told.untold.value == 0
    assert not told.second(lost=1)


def test_what_was_lost_while_it_was_away_is_no_loss_of_its_link(native: ctypes.CDLL) -> None:
    told = Told(native)
    told.held.call("told_back", i64(SECOND // 2))
    assert not told.second(expected=1_000, lost=900)
    assert told.held.call("told_lost", result=ctypes.c_int64) == 0
    assert told.second(lost=10), "what it loses from then on counts"


def test_of_voice_with_copies_the_links_own_loss_counts(native: ctypes.CDLL) -> None:
    """One packet in 25 is missing although all were sent twice: a link that loses a
    fifth."""
    told = Told(native)

    def lost(seconds: int, expected: int = 400, missing: int = 16) -> int:
        before: int = told.held.call("told_lost")
        told.report(VOICE, expected, missing, seconds * SECOND)
        return int(told.held.call("told_lost")) - before

    assert lost(1) == 16
    told.held.call("told_copies", 1, i64(2 * SECOND), result=None)
    assert lost(4) == 16, "it may speak of voice without copies"
    assert lost(11) == 80
    told.held.call("told_copies", 2, i64(2 * SECOND), result=None)
    assert lost(16, missing=0) == 0
    assert lost(21, missing=400) == 400
    told.held.call("told_asked", i64(70), result=None)
    assert lost(26, missing=3) == 70, "what was asked for was missing before it was repaired"
    assert lost(31, missing=0) == 0


def test_of_a_queue_that_grows_control_hears_each_second(native: ctypes.CDLL) -> None:
    told = Told(native)
    told.held.call("told_round_trip", i64(20_000), i64(60_000))
    assert not told.second()
    told.held.call("told_round_trip", i64(20_000), i64(120_000))
    assert told.second() and told.second()


def test_of_another_layer_control_hears_once(native: ctypes.CDLL) -> None:
    told = Told(native)
    native.layer_made.restype = ctypes.c_void_p
    layer = ctypes.c_void_p(native.layer_made(0))
    told.held.call("told_layer", layer)
    assert told.second() and not told.second()
    told.held.call("told_layer", None)
    assert told.second() and not told.second()
    native.layer_free(layer)


def test_between_two_reports_on_sound_the_newest_counts(native: ctypes.CDLL) -> None:
    told = Told(native)
    assert told.signs(0) == (-1, -1, 0)
    told.report(VOICE, 250, 25, SECOND)
    assert told.signs(2 * SECOND) == told.signs(8 * SECOND) == (225, -1, 100_000)
    assert told.signs(10 * SECOND) == (0, -1, 100_000)


def test_pictures_are_reported_more_often(native: ctypes.CDLL) -> None:
    told = Told(native)
    told.report(PICTURE, 40, 0, SECOND)
    assert told.signs(3 * SECOND)[1] == 40 and told.signs(5 * SECOND)[1] == 0
    told.report(PICTURE, 20, 0, 5 * SECOND)
    assert told.signs(5 * SECOND)[1] == 20


# ---- by a whole engine


async def test_signs_of_a_peer_stand_as_long_as_it_is_here(stage: Stage) -> None:
    voice = media_of(MediaKind.AUDIO)
    viewer = stage.viewer(2, voice)
    await stage.until(lambda: stage.engine.signs(2))
    for highest in (1_000, 1_050):
        block = ReportBlock(voice.ssrc, 0, 0, highest, 0, 0, 0)
        viewer.say(write_receiver_report(ReceiverReport(1, (block,))))
    await stage.until(lambda: signs_of(stage, 2) == (50, None))
    stage.engine.remove_peer(2)
    assert stage.engine.signs(2) is None


def signs_of(stage: Stage, peer: int) -> tuple[int | None, int | None]:
    """Voice and picture packets."""
    found = stage.engine.signs(peer)
    assert found is not None
    return found.voice_packets, found.picture_packets


async def test_who_is_not_heard_is_found(stage: Stage) -> None:
    stage.viewer(2, media_of(MediaKind.VIDEO))
    await stage.until(lambda: stage.engine.signs(2))
    signs = stage.engine.signs(2)
    assert signs is not None
    assert stage.engine.unheard(signs.heard_at) == []
    assert stage.engine.unheard(signs.heard_at + 1) == [2]


async def test_of_an_estimate_that_collapses_control_hears_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, float]] = []

    def asked(_: Downlink, packets: int, _sent_bps: int, now: float) -> bool:
        heard.append((packets, now))
        return False

    monkeypatch.setattr(Downlink, "asked", asked)
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 9):
        camera.send(picture(seq))
    await stage.arrived(viewer, 9, OUT)
    viewer.say(write_remb(1, 1_000_000, [OUT]))
    await stage.settled()
    began = SystemClock().now()
    viewer.say(write_nack(1, OUT, [502, 504, 506]) + write_remb(1, 400_000, [OUT]))
    await stage.until(lambda: 3 in [packets for packets, _ in heard])
    at = next(now for packets, now in heard if packets == 3)
    assert at - began < 0.3, "not when its second is over"
