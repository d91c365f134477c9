"""A voice made small: its times, what is missing of it, and that it is still the voice."""

from fractions import Fraction

import av
import numpy as np
import pytest

from relay.transcode.io.voice import FRAME_SAMPLES, SAMPLE_RATE, VoiceEncoder
from relay.transcode.plan.outgoing import Outgoing
from relay.transcode.plan.voice_intake import LONGEST_SILENCE, PATIENCE_MS, Sound, VoiceIntake
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.depacketize.rtp import parse_rtp
from streamsvc.base.media import Codec
from tests.support.rtp_media import Packetizer, voice_clip

VOICE = TranscodeSettings().voice()
SAMPLES = 960


def tone(seconds: float) -> list[bytes]:
    """Opus packets of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", "s16"
    encoder.bit_rate, encoder.time_base = 32_000, Fraction(1, SAMPLE_RATE)
    packets = []
    for n in range(round(seconds * 50)):
        times = np.arange(n * SAMPLES, (n + 1) * SAMPLES) / SAMPLE_RATE
        samples = (8_000 * np.sin(2 * np.pi * 300 * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, n * SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def made(sounds: list[Sound]) -> list[tuple[int, bytes]]:
    encoder = VoiceEncoder(VOICE)
    return [one for sound in sounds for one in encoder.push(sound)]


def at(packets: list[bytes], first_ts: int = 0) -> list[Sound]:
    return [Sound((first_ts + n * SAMPLES) % 2**32, data, 0.0) for n, data in enumerate(packets)]


def test_it_is_a_third_as_large_and_the_same_tone() -> None:
    found = made(at(tone(3.0)))
    assert len(found) == 50
    bits = 8 * sum(len(data) for _, data in found)
    assert bits / 3 < VOICE.bps * 1.1
    assert {data[0] & 3 for _, data in found} == {0} and {
        data[0] >> 3 & 3 for _, data in found
    } == {3}
    decoder = av.CodecContext.create("libopus", "r")
    decoded = [f for _, data in found for f in decoder.decode(av.Packet(data))]
    heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in decoded[10:]])
    mono = heard[:: len(decoded[0].layout.channels)].astype(float)
    spectrum = np.abs(np.fft.rfft(mono[:SAMPLE_RATE]))
    assert abs(int(spectrum[50:].argmax()) + 50 - 300) <= 15


def test_its_times_are_those_of_its_source_over_the_end_of_their_range() -> None:
    first = 2**32 - 2 * FRAME_SAMPLES
    found = made(at(tone(0.3), first))
    assert [ts for ts, _ in found] == [(first + n * FRAME_SAMPLES) % 2**32 for n in range(5)]


@pytest.mark.parametrize("missing", [1, 3, 6])
def test_what_is_missing_is_silence_and_shifts_nothing(missing: int) -> None:
    sounds = at(tone(1.2))
    found = made(sounds[:10] + sounds[10 + missing :])
    assert [ts for ts, _ in found] == [n * FRAME_SAMPLES for n in range(len(found))]
    assert len(found) == 20


def test_after_a_long_hole_it_begins_anew() -> None:
    packets = tone(0.6)
    later = 10 * SAMPLES + LONGEST_SILENCE + SAMPLES
    found = made(at(packets[:10]) + at(packets[10:], later))
    assert [ts for ts, _ in found][:4] == [0, FRAME_SAMPLES, 2 * FRAME_SAMPLES, later]


def test_what_is_no_opus_is_left_out() -> None:
    sounds = at(tone(0.6))
    sounds[5] = sounds[5]._replace(data=b"\xff")
    encoder = VoiceEncoder(VOICE)
    found = [one for sound in sounds for one in encoder.push(sound)]
    assert encoder.failed == 1
    assert [ts for ts, _ in found] == [n * FRAME_SAMPLES for n in range(len(found))]


def test_packets_come_in_order_and_one_that_is_missing_is_not_waited_for_long() -> None:
    packetizer, intake = Packetizer(Codec.OPUS, 7), VoiceIntake()
    packets = [p for one in voice_clip(0.2) for p in packetizer.packets(one)]
    assert [len(intake.push(packet, 0.0)) for packet in (packets[0], packets[2])] == [1, 0]
    assert [sound.ts for sound in intake.push(packets[1], 1.0)] == [
        packetizer.ts(20.0),
        packetizer.ts(40.0),
    ]
    assert intake.push(packets[4], 2.0) == [] and intake.lost == 0
    assert len(intake.expire(3.0 + PATIENCE_MS)) == 1 and intake.lost == 1
    assert intake.push(packetizer.sender_report(0.0, 1.0), 4.0) == []


def test_no_packet_of_a_voice_is_marked_as_the_end_of_a_picture() -> None:
    (packet,) = Outgoing(5, 111, 9, Codec.OPUS).packets(b"sound", 77)
    parsed = parse_rtp(packet, 0.0)
    assert parsed is not None and not parsed.marker and parsed.payload == b"sound"
    assert (parsed.seq, parsed.ts) == (9, 77)
