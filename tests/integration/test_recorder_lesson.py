"""A lesson from the tap to what a player decodes, with the real process and a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from streamsvc.base.ids import RecordingId
from streamsvc.base.media import Codec, MediaKind, Slot
from tests.support.recorder_process import RecorderProcess, play
from tests.support.rtp_media import picture_clip, voice_clip
from tests.support.tap_client import TapClient, TestTrack, lead_tracks, schedule, screen_track
from tests.support.waiting import until_sync

pytestmark = [pytest.mark.integration, pytest.mark.timeless]
SECONDS = 12.0


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[RecorderProcess]:
    process = RecorderProcess(tmp_path)
    process.start()
    yield process
    process.kill()


def finish(client: TapClient, at_ms: float = SECONDS * 1000, seconds: float = 20) -> None:
    client.close(at_ms)
    until_sync(lambda: client.state() == "ready", seconds, f"ready, not {client.statuses[-1:]}")
    client.disconnect()


def catalog(recorder: RecorderProcess) -> FolderCatalog:
    return FolderCatalog(recorder.data_dir)


def test_camera_microphone_and_screen(recorder: RecorderProcess) -> None:
    client = TapClient()
    tracks = [*lead_tracks(SECONDS), screen_track(SECONDS - 4, start_ms=2_000)]
    client.connect(recorder.socket_path, tracks)
    client.play(schedule(tracks, client.wall_ms))
    finish(client)

    lead = play(recorder.folder() / "hls/lead/index.m3u8")
    screen = play(recorder.folder() / "hls/screen/index.m3u8")
    assert (lead.complaints, screen.complaints) == ([], [])
    assert len(lead.pictures) == len(picture_clip(Codec.H264, SECONDS))
    assert len(screen.pictures) == len(screen_track(SECONDS - 4).clip)
    assert lead.voice_seconds == pytest.approx(SECONDS, abs=0.05)
    assert screen.pictures[0] - lead.pictures[0] == pytest.approx(2.0, abs=0.08)
    assert client.unsynced == {}

    found = catalog(recorder).find(RecordingId("rec_test"))
    assert found is not None
    assert [track.name for track in found.tracks] == ["lead", "screen"]
    assert not found.is_live
    assert found.lost_ms == 0
    assert found.duration_ms == pytest.approx(SECONDS * 1000, abs=100)
    assert found.tracks[1].start_ms == pytest.approx(2_000, abs=100)
    assert found.tracks[0].kinds == (MediaKind.AUDIO, MediaKind.VIDEO)


def test_playable_while_it_grows(recorder: RecorderProcess) -> None:
    client = TapClient()
    tracks = lead_tracks(SECONDS)
    client.connect(recorder.socket_path, tracks)
    client.play(schedule(tracks, client.wall_ms))
    playlist = recorder.folder() / "hls/lead/index.m3u8"
    until_sync(lambda: playlist.exists() and "000004.m4s" in playlist.read_text(), 10)
    assert "#EXT-X-ENDLIST" not in playlist.read_text()
    found = catalog(recorder).find(RecordingId("rec_test"))
    assert found is not None and found.is_live
    assert found.tracks[0].duration_ms >= 8_000
    assert catalog(recorder).file(RecordingId("rec_test"), "lead/000004.m4s").exists()
    client.disconnect()


def test_stage_visits_are_separate_and_keep_their_time(recorder: RecorderProcess) -> None:
    client = TapClient()
    visits = [
        _visit(11, "par_a", 1_000, 3.0),
        _visit(21, "par_b", 5_000, 3.0),
    ]
    client.connect(recorder.socket_path, lead_tracks(SECONDS))
    packets = schedule([*lead_tracks(SECONDS), *visits[0], *visits[1]], client.wall_ms)
    for visit in visits:
        begin_ms, end_ms = visit[0].start_ms, visit[0].start_ms + 3_100
        client.play([sent for sent in packets if sent.at_ms < begin_ms])
        for track in visit:
            client.open_track(track)
        client.play([sent for sent in packets if begin_ms <= sent.at_ms < end_ms])
        for track in visit:
            client.close_track(track.number, end_ms)
        packets = [sent for sent in packets if sent.at_ms >= end_ms]
    client.play(packets)
    finish(client)
    found = catalog(recorder).find(RecordingId("rec_test"))
    assert found is not None
    starts = {track.name: track.start_ms for track in found.tracks}
    assert starts["stage-1"] == pytest.approx(1_000, abs=120)
    assert starts["stage-2"] == pytest.approx(5_000, abs=120)
    for name in ("stage-1", "stage-2"):
        played = play(recorder.folder() / f"hls/{name}/index.m3u8")
        assert played.complaints == []
        assert len(played.pictures) == 45


def _visit(number: int, participant_id: str, start_ms: float, seconds: float) -> list[TestTrack]:
    voice, pictures = voice_clip(seconds, 880), picture_clip(Codec.H264, seconds)
    return [
        TestTrack(number, Slot.STAGE, Codec.OPUS, voice, participant_id, "Room", start_ms),
        TestTrack(number + 1, Slot.STAGE, Codec.H264, pictures, participant_id, "Room", start_ms),
    ]


def test_a_publisher_that_restarts_continues_its_playable(recorder: RecorderProcess) -> None:
    client = TapClient()
    first = lead_tracks(4.0)
    client.connect(recorder.socket_path, first)
    client.play(schedule(first, client.wall_ms))
    for track in first:
        client.close_track(track.number, 4_100)
    second = [
        TestTrack(5, Slot.LEAD, Codec.OPUS, voice_clip(4.0), start_ms=7_000),
        TestTrack(6, Slot.LEAD, Codec.H264, picture_clip(Codec.H264, 4.0), start_ms=7_000),
    ]
    for track in second:
        client.open_track(track)
    client.play(schedule(second, client.wall_ms))
    finish(client)
    text = (recorder.folder() / "hls/lead/index.m3u8").read_text()
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    found = catalog(recorder).find(RecordingId("rec_test"))
    assert found is not None
    assert [track.name for track in found.tracks] == ["lead"]
    assert found.duration_ms == pytest.approx(11_000, abs=150)


def test_vp8_is_made_playable_after_the_lesson(recorder: RecorderProcess) -> None:
    client = TapClient()
    tracks = lead_tracks(6.0, Codec.VP8)
    client.connect(recorder.socket_path, tracks)
    client.play(schedule(tracks, client.wall_ms))
    until_sync(lambda: not client.unsynced, 10, "all on disk")
    live = _until_listed(recorder)
    assert not live.tracks[0].ready
    finish(client, 6_000, 60)
    progress = [s["progress"] for s in client.statuses if s["state"] == "finishing"]
    assert progress == sorted(progress) and progress[-1] > 0.5
    found = catalog(recorder).find(RecordingId("rec_test"))
    assert found is not None and found.tracks[0].ready
    played = play(recorder.folder() / "hls/lead/index.m3u8")
    assert played.complaints == []
    assert len(played.pictures) == 90
    assert played.voice_seconds == pytest.approx(6.0, abs=0.1)


def _until_listed(recorder: RecorderProcess):  # type: ignore[no-untyped-def]
    until_sync(lambda: catalog(recorder).find(RecordingId("rec_test")).tracks, 10)  # type: ignore[union-attr]
    return catalog(recorder).find(RecordingId("rec_test"))
