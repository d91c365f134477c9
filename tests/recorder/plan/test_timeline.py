"""Picture and voice stay together for an hour, whatever the crystals do."""

import random
import struct
from dataclasses import replace

import pytest

from recorder.plan.journal import ControlRecord, PacketRecord
from recorder.plan.program import Cut, Program
from recorder.plan.timeline import ArrivalAxis, PublicationClock, SourceClock
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.depacketize.rtp import SenderReport
from streamsvc.base.media import MediaKind

WALL_MS = 1_800_000_000_000
FPS = 15
KEYFRAME_FRAMES = 2 * FPS
ALLOWED_ERROR_MS = 40.0


class DriftingPublisher:
    """True capture times in, records out: a sound card that runs fast, a clock that runs slow,
    jitter on the way, reports that are a little wrong."""

    def __init__(
        self,
        seed: int,
        *,
        voice_ppm: float,
        clock_ppm: float,
        seconds: int,
        clock_error_ms: float = -3_723.0,
    ) -> None:
        self._random = random.Random(seed)
        self._voice_rate = 48.0 * (1 + voice_ppm / 1e6)
        self._clock_pace = 1 + clock_ppm / 1e6
        self._clock_error_ms = clock_error_ms
        self._seconds = seconds
        self._seq = {1: 65_500, 2: 100}

    def records(self) -> list[PacketRecord]:
        sent: list[tuple[float, int, bytes]] = []
        for index in range(self._seconds * 50):
            # the card delivers 960 samples when it has counted them
            captured_ms = index * 960 / self._voice_rate
            sent.append((self._arrival(captured_ms, 25), 1, self._voice(index)))
            if index % 250 == 115:
                sent.append((self._arrival(captured_ms, 25), 1, self._report(1, captured_ms)))
        for index in range(self._seconds * FPS):
            captured_ms = index * 1000 / FPS
            sent.append((self._arrival(captured_ms, 85), 2, self._picture(index, captured_ms)))
            if index % FPS == 13:
                sent.append((self._arrival(captured_ms, 85), 2, self._report(2, captured_ms)))
        sent.sort(key=lambda item: item[0])
        return [
            PacketRecord(number, track, WALL_MS + round(at_ms), packet)
            for number, (at_ms, track, packet) in enumerate(sent)
        ]

    def _arrival(self, captured_ms: float, delay_ms: float) -> float:
        return captured_ms + delay_ms + self._random.expovariate(1 / 8)

    def _report(self, track: int, captured_ms: float) -> bytes:
        sender_ms = captured_ms * self._clock_pace + self._clock_error_ms
        ntp = ntp_from_wall_ms(WALL_MS + round(sender_ms + self._random.uniform(-2, 2)))
        rate = self._voice_rate if track == 1 else 90.0 * self._clock_pace
        return struct.pack("!BBHIQIII", 0x80, 200, 6, track, ntp, self._ts(captured_ms, rate), 0, 0)

    @staticmethod
    def _ts(captured_ms: float, rate: float) -> int:
        return (4_294_900_000 + round(captured_ms * rate)) & 0xFFFFFFFF

    def _rtp(self, track: int, ts: int, payload: bytes) -> bytes:
        self._seq[track] += 1
        header = struct.pack("!BBHII", 0x80, 0x80 | 96, self._seq[track] & 0xFFFF, ts, track)
        return header + payload

    def _voice(self, index: int) -> bytes:
        """20 ms of stereo CELT; every third second is a pause, and pauses are small packets."""
        size = 8 if index // 50 % 3 == 2 else 80
        ts = (4_294_900_000 + index * 960) & 0xFFFFFFFF
        return self._rtp(1, ts, b"\xfc" + struct.pack("!I", index) + bytes(size))

    def _picture(self, index: int, captured_ms: float) -> bytes:
        number = struct.pack("!I", index)
        ts = self._ts(captured_ms, 90.0 * self._clock_pace)
        if index % KEYFRAME_FRAMES:
            return self._rtp(2, ts, b"\x61\xe0" + number)
        units = [b"\x67sps", b"\x68pps", b"\x65\x88" + number]
        sized = b"".join(struct.pack("!H", len(unit)) + unit for unit in units)
        return self._rtp(2, ts, b"\x78" + sized)


def open_lead(program: Program) -> None:
    for number, kind, codec in ((1, "audio", "opus"), (2, "video", "h264")):
        program.feed(
            ControlRecord(
                "track",
                {
                    "number": number,
                    "slot": "lead",
                    "kind": kind,
                    "codec": codec,
                    "label": "x",
                    "participant_id": "par_1",
                    "wall_ms": WALL_MS,
                },
            )
        )


def placed(cuts: list[Cut], voice_ppm: float) -> tuple[list[tuple[float, float]], ...]:
    """(true capture time, place on the axis) of voice packets and pictures."""
    voice, pictures = [], []
    for cut in cuts:
        for sample in cut.segment.voice:
            if len(sample.data) > 4:
                (index,) = struct.unpack_from("!I", sample.data, 1)
                voice.append((index * 20 / (1 + voice_ppm / 1e6), sample.position / 48))
        for picture in cut.segment.pictures:
            (index,) = struct.unpack_from("!I", picture.data, len(picture.data) - 4)
            pictures.append((index * 1000 / FPS, picture.at_ms))
    return voice, pictures


def errors_ms(cuts: list[Cut], voice_ppm: float) -> list[tuple[float, float]]:
    """(time, by how much the picture is late against the voice) for each picture."""
    voice, pictures = placed(cuts, voice_ppm)
    errors, at = [], 0
    for true_ms, place_ms in pictures:
        while at + 1 < len(voice) and voice[at + 1][0] <= true_ms:
            at += 1
        voice_true_ms, voice_place_ms = voice[at]
        errors.append((true_ms, (place_ms - true_ms) - (voice_place_ms - voice_true_ms)))
    return errors


@pytest.mark.parametrize(
    ("voice_ppm", "clock_ppm", "seconds"), [(150.0, -50.0, 3_600), (-120.0, 40.0, 900)]
)
def test_an_hour_of_drift(voice_ppm: float, clock_ppm: float, seconds: int) -> None:
    publisher = DriftingPublisher(7, voice_ppm=voice_ppm, clock_ppm=clock_ppm, seconds=seconds)
    program = Program(WALL_MS)
    open_lead(program)
    cuts = [cut for record in publisher.records() for cut in program.feed(record)]
    cuts += program.feed(ControlRecord("ended", {}))
    errors = errors_ms(cuts, voice_ppm)
    settled = [abs(error) for true_ms, error in errors if true_ms > 3_000]
    beginning = [abs(error) for true_ms, error in errors if true_ms <= 3_000]
    drift_ms = abs(voice_ppm) * seconds / 1000
    print(
        f"\nvoice {voice_ppm:+.0f} ppm ({drift_ms:.0f} ms in {seconds} s), "
        f"clock {clock_ppm:+.0f} ppm: "
        f"worst {max(settled):.1f} ms, median {sorted(settled)[len(settled) // 2]:.1f} ms; "
        f"before the reports {max(beginning):.0f} ms"
    )
    assert len(errors) == seconds * FPS
    assert max(settled) < ALLOWED_ERROR_MS
    steps = [b.segment.start_ms - a.segment.end_ms for a, b in zip(cuts, cuts[1:], strict=False)]
    assert max(map(abs, steps)) == 0


def test_voice_has_no_holes() -> None:
    publisher = DriftingPublisher(3, voice_ppm=300.0, clock_ppm=0.0, seconds=300)
    program = Program(WALL_MS)
    open_lead(program)
    cuts = [cut for record in publisher.records() for cut in program.feed(record)]
    samples = [sample for cut in cuts for sample in cut.segment.voice]
    assert len(samples) > 14_000
    assert all(a.end == b.position for a, b in zip(samples, samples[1:], strict=False))


def source(kind: MediaKind = MediaKind.VIDEO, rate: int = 90_000) -> SourceClock:
    return SourceClock(rate, kind, PublicationClock())


def test_a_clock_set_by_an_hour_moves_nothing() -> None:
    clock = source()
    for second in range(20):
        jump_ms = 3_600_000 if second >= 10 else 0
        assert clock.media_ms(second * 90_000, second * 1000.0 + 50) == pytest.approx(
            second * 1000 + 50, abs=2
        )
        report = SenderReport(1, 4e12 + second * 1000 + jump_ms, second * 90_000)
        clock.report(report, second * 1000.0 + 50)


def test_a_paused_source_comes_back_at_its_time() -> None:
    """Its RTP time stood still for 10 s; the next report says so."""
    clock = source()
    clock.media_ms(0, 0.0)
    clock.report(SenderReport(1, 4e12, 0), 0.0)
    clock.report(SenderReport(1, 4e12 + 10_000, 3_000), 10_000.0)
    assert clock.media_ms(3_000, 10_000.0) == pytest.approx(10_000, abs=40)


def test_corrections_are_slow() -> None:
    clock = source()
    clock.media_ms(0, 0.0)
    clock.report(SenderReport(1, 4e12, 0), 0.0)
    before = clock.media_ms(90_000, 1_000.0)
    clock.report(SenderReport(1, 4e12 + 1_000 + 100, 90_000), 1_000.0)
    assert clock.media_ms(90_000, 1_000.0) == pytest.approx(before, abs=1)
    assert clock.media_ms(2 * 90_000, 2_000.0) - before == pytest.approx(1_000, abs=1.1)


def test_the_axis_never_goes_back() -> None:
    axis = ArrivalAxis(WALL_MS)
    assert axis(WALL_MS + 5_000) == 5_000
    assert axis(WALL_MS - 3_600_000) == 5_000
    assert axis(WALL_MS - 3_600_000 + 100) == 5_100


def _track(number: int, wall_ms: int, source: str = "") -> ControlRecord:
    fields = {
        "number": number,
        "slot": "lead",
        "kind": "video",
        "codec": "h264",
        "label": "x",
        "participant_id": "par_1",
        "source": source,
        "wall_ms": wall_ms,
    }
    return ControlRecord("track", fields)


@pytest.mark.parametrize("source", ["", "par_camera"])
def test_a_voice_goes_on_when_its_picture_is_another_layer_or_another_camera(source: str) -> None:
    records = DriftingPublisher(3, voice_ppm=0.0, clock_ppm=0.0, seconds=20).records()
    at_ms = WALL_MS + 10_000
    program = Program(WALL_MS)
    open_lead(program)
    cuts = [cut for one in records if one.arrival_ms < at_ms for cut in program.feed(one)]
    program.feed(ControlRecord("track_closed", {"number": 2, "wall_ms": at_ms}))
    cuts += program.feed(_track(2, at_ms, source))
    cuts += [cut for one in records if one.arrival_ms >= at_ms for cut in program.feed(one)]
    cuts += program.feed(ControlRecord("ended", {}))
    spoken = [sample for cut in cuts for sample in cut.segment.voice if len(sample.data) > 8]
    assert len(spoken) > 990, "silence stands where voice was lost"
    pictures = [picture.at_ms for cut in cuts for picture in cut.segment.pictures]
    assert max(b - a for a, b in zip(pictures, pictures[1:], strict=False)) < 200


def test_a_camera_with_a_clock_of_its_own_stays_beside_the_teachers_voice() -> None:
    """Its sender reports say another hour."""
    teacher = DriftingPublisher(3, voice_ppm=0.0, clock_ppm=0.0, seconds=20).records()
    camera = DriftingPublisher(
        5, voice_ppm=0.0, clock_ppm=0.0, seconds=20, clock_error_ms=3_600_000.0
    )
    at_ms = WALL_MS + 10_000
    told = [(one.arrival_ms, one) for one in teacher if one.track_number == 1]
    told += [(one.arrival_ms, one) for one in teacher if one.arrival_ms < at_ms]
    told += [
        (one.arrival_ms, replace(one, track_number=3))
        for one in camera.records()
        if one.track_number == 2 and one.arrival_ms >= at_ms
    ]
    program = Program(WALL_MS)
    open_lead(program)
    cuts, is_cut = [], False
    for now_ms, record in sorted(dict.fromkeys(told), key=lambda one: one[0]):
        if now_ms >= at_ms and not is_cut:
            is_cut = True
            program.feed(ControlRecord("track_closed", {"number": 2, "wall_ms": at_ms}))
            program.feed(_track(3, at_ms, "par_camera"))
        cuts += program.feed(record)
    cuts += program.feed(ControlRecord("ended", {}))
    voice, pictures = placed(cuts, 0.0)
    late = [place_ms - true_ms for true_ms, place_ms in pictures if true_ms > 12_000]
    heard = [place_ms - true_ms for true_ms, place_ms in voice if true_ms > 12_000]
    assert max(late) - min(heard) < 150
    assert min(late) - max(heard) > -150
