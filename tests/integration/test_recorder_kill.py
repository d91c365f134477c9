"""`kill -9` of the recorder, or of the whole service, at any instant: what was lost is printed and
never more than two seconds; nobody has to help."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.io.catalog import FolderCatalog
from streamsvc.base.ids import RecordingId
from streamsvc.base.recordings import PlayableRecording
from tests.support.recorder_process import Played, RecorderProcess, play
from tests.support.tap_client import Sent, TapClient, lead_tracks, schedule, screen_track
from tests.support.waiting import until_sync

pytestmark = pytest.mark.integration
ALLOWED_LOSS_SECONDS = 2.0
KILL_AT_SECONDS = (0.6, 1.95, 3.3, 5.02)


Launch = Callable[..., RecorderProcess]


@pytest.fixture
def launch() -> Iterator[Launch]:
    started: list[RecorderProcess] = []

    def start(folder: Path, **settings: object) -> RecorderProcess:
        folder.mkdir(exist_ok=True)
        started.append(RecorderProcess(folder, **settings))
        started[-1].start()
        return started[-1]

    yield start
    for process in started:
        process.kill()


def listed(data_dir: Path) -> PlayableRecording | None:
    return FolderCatalog(data_dir).find(RecordingId("rec_test"))


def is_finished(data_dir: Path) -> bool:
    found = listed(data_dir)
    manifest = data_dir / "recordings/rec_test/manifest.json"
    return found is not None and json.loads(manifest.read_text())["state"] == "ready"


def sends_until(client: TapClient, packets: list[Sent], seconds: float) -> threading.Thread:
    """Play in real time up to `seconds`, on a thread."""
    due = [sent for sent in packets if sent.at_ms <= seconds * 1000]
    thread = threading.Thread(target=client.play, args=(due,), kwargs={"real_time": True})
    thread.start()
    return thread


def lost_seconds(played: Played, sent_seconds: float) -> tuple[float, float]:
    """Of voice and of picture, at the end."""
    return sent_seconds - played.voice_seconds, sent_seconds - (played.pictures[-1] + 0.066)


def test_killed_for_good_everything_is_listed_after_restart(tmp_path: Path, launch: Launch) -> None:
    """The service dies with it: nothing is sent again, nobody opens the recording again."""
    lessons = []
    for kill_at in KILL_AT_SECONDS:
        lessons.append((kill_at, launch(tmp_path / f"at-{kill_at}")))
    running = []
    for kill_at, recorder in lessons:
        tracks = lead_tracks(8.0)
        client = TapClient()
        client.connect(recorder.socket_path, tracks)
        sender = sends_until(client, schedule(tracks, client.wall_ms), kill_at)
        running.append((kill_at, recorder, client, sender))
    for kill_at, recorder, client, sender in running:
        sender.join()
        recorder.kill()
        client.disconnect()
        recorder.start()
        until_sync(lambda r=recorder: is_finished(r.data_dir), 20, "finished by itself")  # type: ignore[misc]
        recorder.end()
        played = play(recorder.folder() / "hls/lead/index.m3u8")
        voice, picture = lost_seconds(played, kill_at)
        print(f"killed at {kill_at} s: lost {voice:.2f} s of voice, {picture:.2f} s of picture")
        assert played.complaints == []
        assert max(voice, picture) <= ALLOWED_LOSS_SECONDS


def test_restarted_in_the_lesson_nothing_is_lost_and_it_is_one_recording(
    tmp_path: Path, launch: Launch
) -> None:
    """The relay lives on and sends again what was not confirmed."""
    seconds = 9.0
    recorder = launch(tmp_path, reopen_seconds=10)
    tracks = [*lead_tracks(seconds), screen_track(seconds)]
    client = TapClient()
    client.connect(recorder.socket_path, tracks)
    sender = sends_until(client, schedule(tracks, client.wall_ms), seconds + 1)
    for kill_at_ms in (2_500, 5_700):
        until_sync(lambda at=kill_at_ms: client.sent_ms >= at, 20)  # type: ignore[misc]
        recorder.kill()
        until_sync(lambda: not client.is_connected, 5)
        recorder.start()
        client.reconnect(recorder.socket_path)
    sender.join()
    client.close(seconds * 1000)
    until_sync(lambda: client.state() == "ready", 20)
    client.disconnect()
    recorder.end()

    folder = recorder.folder()
    assert len(list(folder.glob("run-*"))) == 3
    lead, screen = (play(folder / f"hls/{name}/index.m3u8") for name in ("lead", "screen"))
    print(f"lost in two kills: {seconds - lead.voice_seconds:.2f} s of voice, ", end="")
    print(f"{len(tracks[1].clip) - len(lead.pictures)} pictures of {len(tracks[1].clip)}")
    assert (lead.complaints, screen.complaints) == ([], [])
    assert len(lead.pictures) == len(tracks[1].clip)
    assert len(screen.pictures) == len(tracks[2].clip)
    assert lead.voice_seconds == pytest.approx(seconds, abs=0.05)
    for name in ("lead", "screen"):
        assert "#EXT-X-DISCONTINUITY" not in (folder / f"hls/{name}/index.m3u8").read_text()


def test_service_restarted_in_the_lesson_adds_a_run_on_the_same_axis(
    tmp_path: Path, launch: Launch
) -> None:
    """Publishers come back with new SSRCs and numbers begin anew; the axis is kept."""
    recorder = launch(tmp_path, reopen_seconds=10)
    first = TapClient()
    tracks = lead_tracks(5.0)
    first.connect(recorder.socket_path, tracks)
    first.play(schedule(tracks, first.wall_ms))
    until_sync(lambda: not first.unsynced, 10)
    recorder.kill()
    first.disconnect()

    recorder.start()
    second = TapClient(wall_ms=first.wall_ms + 8_000)
    again = lead_tracks(5.0)
    for track in again:
        track.packetizer.ssrc += 500
    second.connect(recorder.socket_path, again)
    second.play(schedule(again, second.wall_ms))
    second.close(5_000)
    until_sync(lambda: second.state() == "ready", 20)
    second.disconnect()
    recorder.end()

    found = listed(tmp_path)
    assert found is not None and [track.name for track in found.tracks] == ["lead"]
    assert found.started_at_ms == first.wall_ms
    assert found.duration_ms == pytest.approx(13_000, abs=150)
    played = play(recorder.folder() / "hls/lead/index.m3u8")
    assert len(played.pictures) == 150
    assert max(played.pictures) == pytest.approx(13.0, abs=0.2)
    text = (recorder.folder() / "hls/lead/index.m3u8").read_text()
    assert text.count("#EXT-X-DISCONTINUITY") == 1


def test_a_finished_recording_may_be_opened_again(tmp_path: Path, launch: Launch) -> None:
    """The service was away for long: the recording was finished, the lesson goes on."""
    recorder = launch(tmp_path, reopen_seconds=0)
    first = TapClient()
    tracks = lead_tracks(4.5)
    first.connect(recorder.socket_path, tracks)
    first.play(schedule(tracks, first.wall_ms))
    until_sync(lambda: not first.unsynced, 10)
    first.disconnect()
    until_sync(lambda: is_finished(tmp_path), 10, "finished for want of a tap")
    before = play(recorder.folder() / "hls/lead/index.m3u8")

    second = TapClient(wall_ms=first.wall_ms + 60_000)
    again = lead_tracks(4.5)
    second.connect(recorder.socket_path, again)
    second.play(schedule(again, second.wall_ms))
    second.close(4_500)
    until_sync(lambda: second.state() == "ready", 20)
    second.disconnect()
    recorder.end()
    played = play(recorder.folder() / "hls/lead/index.m3u8")
    assert played.complaints == []
    assert played.pictures[: len(before.pictures)] == before.pictures
    assert len(played.pictures) == 2 * len(before.pictures)


def test_asked_to_end_in_the_lesson_it_keeps_everything(tmp_path: Path, launch: Launch) -> None:
    seconds = 5.0
    recorder = launch(tmp_path, reopen_seconds=0)
    client = TapClient()
    tracks = lead_tracks(seconds)
    client.connect(recorder.socket_path, tracks)
    client.play(schedule(tracks, client.wall_ms))
    until_sync(lambda: client.keyframes or not client.unsynced, 10)
    assert recorder.end() == 0
    assert recorder.log().count("Traceback") == 0
    assert client.unsynced == {}
    client.disconnect()
    recorder.start()
    until_sync(lambda: is_finished(tmp_path), 20)
    recorder.end()
    played = play(recorder.folder() / "hls/lead/index.m3u8")
    assert len(played.pictures) == len(tracks[1].clip)
    assert played.voice_seconds == pytest.approx(seconds, abs=0.05)
