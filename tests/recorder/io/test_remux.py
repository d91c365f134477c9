"""From journals to HLS, without the process: odd lessons, and doing it again."""

from pathlib import Path
from random import Random

import pytest

from recorder.io.manifest import Manifest
from recorder.io.remux import Remux, remux
from recorder.io.store import RecordingFolder
from recorder.plan.journal import HEADER, ControlRecord, PacketRecord, Record, encode
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import Codec, Slot
from tests.support.recorder_process import Played, play
from tests.support.rtp_media import picture_clip, voice_clip
from tests.support.tap_client import Sent, TestTrack, lead_tracks, schedule

WALL_MS = 1_800_000_000_000


def announced(track: TestTrack) -> ControlRecord:
    return ControlRecord(
        "track",
        {
            "number": track.number,
            "slot": track.slot.value,
            "kind": track.kind.value,
            "codec": track.codec.value,
            "label": track.label,
            "participant_id": track.participant_id,
            "wall_ms": WALL_MS,
        },
    )


def journaled(data_dir: Path, tracks: list[TestTrack], sent: list[Sent]) -> RecordingFolder:
    """A recording's folder with one run that holds these packets."""
    folder = RecordingFolder(data_dir, RecordingId("rec_1"))
    run = folder.begin_run()
    folder.write_manifest(
        Manifest(folder.recording_id, LessonId("les_1"), "Title", WALL_MS).to_json()
    )
    records: list[Record] = [ControlRecord("open", {}), *map(announced, tracks)]
    for number, packet in enumerate(sent):
        wall_ms = WALL_MS + round(packet.at_ms)
        records.append(PacketRecord(number, packet.track_number, wall_ms, packet.packet))
    records.append(ControlRecord("close", {}))
    data = HEADER + b"".join(encode(record) for record in records)
    (run / "journal-0001.rtpj").write_bytes(data)
    return folder


def recorded(data_dir: Path, tracks: list[TestTrack]) -> RecordingFolder:
    folder = journaled(data_dir, tracks, schedule(tracks, WALL_MS))
    remux(folder.path)
    return folder


def played(folder: RecordingFolder, name: str = "lead") -> Played:
    return play(folder.hls / name / "index.m3u8")


def test_remux_again_gives_the_same(tmp_path: Path) -> None:
    folder = recorded(tmp_path, lead_tracks(7.0))
    first = {path.name: path.read_bytes() for path in (folder.hls / "lead").iterdir()}
    remux(folder.path)
    assert {path.name: path.read_bytes() for path in (folder.hls / "lead").iterdir()} == first
    assert sorted(first)[-2:] == ["index.m3u8", "init-1.mp4"]


def test_a_second_remux_over_existing_segments_writes_nothing(tmp_path: Path) -> None:
    folder = recorded(tmp_path, lead_tracks(7.0))
    again = Remux(folder, Manifest.from_json(folder.manifest() or {}))
    again.pump()
    again.end()
    again.close()
    assert again.bytes_written == 0


def test_a_microphone_alone(tmp_path: Path) -> None:
    heard = played(recorded(tmp_path, lead_tracks(6.0)[:1]))
    assert heard.complaints == []
    assert heard.voice_seconds == pytest.approx(6.0, abs=0.05)
    assert len(heard.pictures) >= 3


def test_a_camera_alone(tmp_path: Path) -> None:
    seen = played(recorded(tmp_path, lead_tracks(6.0)[1:]))
    assert seen.complaints == []
    assert len(seen.pictures) == 90
    assert seen.voice_seconds == pytest.approx(6.0, abs=0.1)


def test_another_resolution_is_another_section(tmp_path: Path) -> None:
    voice, small = lead_tracks(4.0)
    large = TestTrack(
        2, Slot.LEAD, Codec.H264, picture_clip(Codec.H264, 4.0, 15, 480, 270), start_ms=4_000
    )
    voice.clip = voice_clip(8.0)
    packets = schedule([voice, small], WALL_MS)
    large.packetizer.seq = small.packetizer.seq
    large.packetizer.ssrc = small.packetizer.ssrc
    large.packetizer.ts_offset += 4_000 * 90
    sent = sorted([*packets, *large.schedule(WALL_MS)], key=lambda packet: packet.at_ms)
    folder = journaled(tmp_path, [voice, small], sent)
    remux(folder.path)
    text = (folder.hls / "lead/index.m3u8").read_text()
    assert text.count("#EXT-X-MAP") == 2
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    assert len(played(folder).pictures) == 120


def test_lost_packets_cost_pictures_but_never_voice(tmp_path: Path) -> None:
    tracks = lead_tracks(20.0)
    chance = Random(5)
    sent = [packet for packet in schedule(tracks, WALL_MS) if chance.random() > 0.02]
    folder = journaled(tmp_path, tracks, sent)
    manifest = remux(folder.path)
    seen = played(folder)
    print(f"2 % lost: {len(seen.pictures)} of 300 pictures, {manifest.lost_ms} ms of voice filled")
    assert seen.complaints == []
    assert seen.voice_seconds == pytest.approx(20.0, abs=0.1)
    assert 100 <= manifest.lost_ms <= 1_000


def test_reports_bring_picture_and_voice_together(tmp_path: Path) -> None:
    """The picture takes 150 ms longer on its way."""
    voice, camera = lead_tracks(10.0)
    camera.delay_ms = voice.delay_ms + 150
    seen = played(recorded(tmp_path, [voice, camera]))
    voice_late_ms = seen.voice[-1][0] * 1000 + 20 - 10_000
    picture_late_ms = seen.pictures[-1] * 1000 - camera.clip[-1].at_ms
    print(f"picture against voice: {picture_late_ms - voice_late_ms:+.1f} ms")
    assert abs(picture_late_ms - voice_late_ms) < 40


def test_parameter_sets_that_are_noise_give_a_blank_picture(tmp_path: Path) -> None:
    tracks = lead_tracks(6.0)
    spoiled = []
    for packet in schedule(tracks, WALL_MS):
        data = bytearray(packet.packet)
        if packet.track_number == 2 and len(data) > 20 and data[12] & 0x1F == 24:
            data[16:20] = b"\xff\xff\xff\xff"
        spoiled.append(Sent(packet.at_ms, packet.track_number, bytes(data)))
    folder = journaled(tmp_path, tracks, spoiled)
    remux(folder.path)
    heard = played(folder)
    assert heard.voice_seconds == pytest.approx(6.0, abs=0.05)


def test_a_journal_torn_anywhere_is_remuxed(tmp_path: Path) -> None:
    folder = journaled(tmp_path, lead_tracks(6.0), schedule(lead_tracks(6.0), WALL_MS))
    journal = folder.journals()[0]
    whole = journal.read_bytes()
    for share in (0.3, 0.71, 0.99):
        journal.write_bytes(whole[: int(len(whole) * share)])
        remux(folder.path)
        heard = played(folder)
        assert heard.complaints == []
        assert heard.voice_seconds > 6 * share - 1
