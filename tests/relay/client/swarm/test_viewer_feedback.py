"""What a viewer writes is what a server reads."""

import random

import pytest

from relay.client.swarm.plan import Estimate, Feedback
from relay.client.swarm.sampled_stream import SampledStream
from relay.client.swarm.viewer_feedback import HeardReport, nacks, next_report, report
from relay.rtp import rtcp
from relay.rtp.rtcp_feedback import Nack, Remb
from relay.rtp.rtcp_reports import ReceiverReport


def stream(ssrc: int, kind: str) -> SampledStream:
    made = SampledStream(ssrc, kind, 1)
    for seq in range(100):
        made.add(seq, seq, 0.01 * seq)
    return made


def test_a_compound_has_a_block_for_each_track_and_the_estimate() -> None:
    heard = {7: HeardReport(0x12345678, 0.5)}
    feedback = Feedback(remb_bps=2_000_000)
    compound = report(3, [stream(7, "video"), stream(8, "audio")], heard, feedback, 1.0)
    receiver, remb = rtcp.parse(compound)
    assert isinstance(receiver, ReceiverReport)
    assert isinstance(remb, Remb)
    video, audio = receiver.blocks
    assert (video.ssrc, video.last_sr, video.delay_since_last_sr) == (7, 0x12345678, 32_768)
    assert (audio.ssrc, audio.last_sr, audio.delay_since_last_sr) == (8, 0, 0)
    assert video.highest_seq == 65_536 + 99
    assert remb.ssrcs == (7,)
    assert remb.bitrate_bps == pytest.approx(2_000_000, rel=1e-4)


def test_where_the_server_estimates_it_is_told_nothing() -> None:
    feedback = Feedback(estimate=Estimate.TRANSPORT_CC)
    (receiver,) = rtcp.parse(report(3, [stream(7, "video")], {}, feedback, 1.0))
    assert isinstance(receiver, ReceiverReport)


def test_a_voice_alone_has_no_estimate() -> None:
    (receiver,) = rtcp.parse(report(3, [stream(8, "audio")], {}, Feedback(), 1.0))
    assert isinstance(receiver, ReceiverReport)


def test_recent_packets_are_asked_for_again() -> None:
    message = nacks(3, stream(7, "video"), 1.0, 4.0, random.Random(1))
    assert message is not None
    (nack,) = rtcp.parse(message)
    assert isinstance(nack, Nack)
    assert nack.media_ssrc == 7
    assert len(set(nack.seqs)) == 4
    assert all(49 <= seq <= 99 for seq in nack.seqs)


def test_so_many_are_asked_for_as_the_share_says() -> None:
    chance, asked = random.Random(1), 0
    for _ in range(2_000):
        message = nacks(3, stream_once, 1.0, 0.2, chance)
        asked += message is not None
    assert asked == pytest.approx(400, rel=0.2)


stream_once = stream(7, "video")


def test_reports_come_at_the_mean_rate() -> None:
    feedback, chance, now = Feedback(compounds_per_second=4.0), random.Random(1), 0.0
    for _ in range(1_000):
        following = next_report(now, feedback, chance)
        assert 0.125 <= following - now <= 0.375
        now = following
    assert now == pytest.approx(250, rel=0.05)
