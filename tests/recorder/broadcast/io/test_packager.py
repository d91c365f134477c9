"""The packager with real H.264 and Opus, in time that passes as fast as it can."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.playlists import seal, write_playlists
from recorder.broadcast.plan.board import BoardShelf, board_frames
from recorder.broadcast.plan.shelf import Shelf
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapControl, TapPacket, TapReader
from tests.support.broadcasting import PART_MS, ZERO_MS, Broadcast, Source, camera, microphone
from tests.support.ll_hls import MediaPlaylist, read
from tests.support.rtp_media import Packetizer, picture_clip

SECONDS = 12.0
AUDIOS = ("aac", "opus")


def small() -> Source:
    return camera(2, 160, 90, SECONDS, fps=15)


def large() -> Source:
    return camera(3, 320, 180, SECONDS)


@pytest.fixture
def broadcast(tmp_path: Path) -> Iterator[Broadcast]:
    one = Broadcast(tmp_path)
    yield one
    one.packager.close()


def decoded(path: Path) -> tuple[list[float], list[float], set[tuple[int, int]]]:
    """Times of pictures and of sound, and the pictures' sizes, of a playlist that has ended."""
    with av.open(str(path)) as container:
        pictures: list[float] = []
        sounds: list[float] = []
        sizes = set()
        for frame in container.decode():
            (pictures if isinstance(frame, av.VideoFrame) else sounds).append(frame.time or 0.0)
            if isinstance(frame, av.VideoFrame):
                sizes.add((frame.width, frame.height))
    return pictures, sounds, sizes


def loudness(path: Path, from_s: float, until_s: float) -> float:
    """Of the sound between, as a root of mean squares."""
    with av.open(str(path)) as container:
        frames = [
            frame.to_ndarray()
            for frame in container.decode(audio=0)
            if from_s <= (frame.time or 0.0) < until_s
        ]
    samples = np.concatenate(frames, axis=1).astype(np.float64)
    return float(np.sqrt(np.mean(samples**2)))


def followed(broadcast: Broadcast, stream: str, seconds: float, *sources: Source) -> MediaPlaylist:
    """Time passes; at each step the playlists are read, the deltas laid on what was known."""
    known: MediaPlaylist | None = None
    for _ in range(round(seconds / 0.2)):
        broadcast.run(0.2, *sources)
        if (broadcast.folder / stream / "live.m3u8").exists():
            whole = broadcast.playlist(stream, known)
            if known is not None:
                delta = read(broadcast.text(f"{stream}/delta-dates.m3u8"), known)
                assert [s.uri for s in delta.segments] == [s.uri for s in whole.segments]
            known = whole
    assert known is not None
    return known


@pytest.mark.parametrize(("highest", "lowest"), [("h", "q"), ("", "+180")])
def test_each_layer_is_a_rendition_with_both_voices(
    broadcast: Broadcast, highest: str, lowest: str
) -> None:
    voice, low, high = microphone(SECONDS), small(), large()
    broadcast.open(voice)
    broadcast.open(high, rid=highest)
    broadcast.open(low, rid=lowest)
    broadcast.run(10, voice, low, high)
    main = broadcast.text("main.m3u8")
    assert main.count("#EXT-X-STREAM-INF") == 2
    assert main.index("low-aac") < main.index("middle-aac")
    assert "RESOLUTION=160x90" in main and "RESOLUTION=320x180" in main
    assert main.count('CODECS="avc1.') == main.count('mp4a.40.2"') == 2
    assert broadcast.text("main-opus.m3u8").count('Opus"') == 2
    assert broadcast.text("voice.m3u8").count('CODECS="mp4a.40.2"') == 1
    broadcast.finish()
    for audio in AUDIOS:
        for name, size in (("low", (160, 90)), ("middle", (320, 180))):
            pictures, sounds, sizes = decoded(broadcast.folder / f"{name}-{audio}" / "live.m3u8")
            assert sizes == {size}
            assert len(pictures) >= 0.95 * 9.5 * (15 if name == "low" else 25)
            assert sounds[-1] - sounds[0] > 9
            assert abs(pictures[0] - sounds[0]) < 0.05
        pictures, sounds, _ = decoded(broadcast.folder / f"voice-{audio}" / "live.m3u8")
        assert not pictures and sounds[-1] - sounds[0] > 7


def test_playlists_keep_the_rules_and_are_close_behind(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    last = followed(broadcast, "low-aac", 10, voice, low)
    assert last.newest[0] >= 2
    assert all(s.parts[0].is_independent for s in last.segments if s.parts)
    behind = []
    for _ in range(20):
        broadcast.run(0.09, voice, low)
        behind.append(broadcast.behind_ms("low-aac"))
    assert max(behind) < 430 + 150  # a part, the AAC encoder, a step


def test_a_segment_is_its_parts(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(8, voice, low)
    folder = broadcast.folder / "low-opus"
    for segment in broadcast.playlist("low-opus").segments[:2]:
        parts = [(folder / part.uri).read_bytes() for part in segment.parts]
        assert (folder / segment.uri).read_bytes() == b"".join(parts)


def test_the_dates_are_when_it_came(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(5, voice, low)
    first = broadcast.playlist("low-aac").segments[0].date
    assert first is not None and abs(first.timestamp() * 1000 - ZERO_MS) < 100


def test_packets_that_are_looked_at_late_do_not_make_time_run(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    for _ in range(200):
        broadcast.run(0.05, voice, low, late_ms=40)
    assert 0 < broadcast.behind_ms("low-aac") < 1_000


def test_a_clock_that_is_set_back_stops_nothing(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(4, voice, low)
    before = broadcast.playlist("low-aac")
    broadcast.wall_ms -= 3_600_000
    broadcast.run(4, voice, low)
    after = broadcast.playlist("low-aac", before)
    assert after.end_ms - before.end_ms > 3_000


def test_a_voice_whose_way_becomes_longer_is_heard_on(broadcast: Broadcast) -> None:
    """Her clock follows a longer way for minutes; it was silence until then."""
    voice, low = microphone(SECONDS, later_from_ms=4_000, later_ms=600), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(11, voice, low)
    broadcast.finish()
    playlist = broadcast.folder / "low-aac" / "live.m3u8"
    assert loudness(playlist, 6, 9) > 0.5 * loudness(playlist, 1, 3) > 0


def test_a_publisher_that_is_gone_is_held_and_comes_back(broadcast: Broadcast) -> None:
    low = camera(2, 160, 90, SECONDS, fps=15, until_ms=5_000)
    voice = microphone(SECONDS, until_ms=5_000)
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(5, voice, low)
    for number in (1, 2):
        broadcast.packager.control(TapControl("track_closed", {"number": number}))
    followed(broadcast, "low-aac", 14)
    assert broadcast.behind_ms("low-aac") < 1_200
    back = camera(5, 160, 90, SECONDS, fps=15, from_ms=broadcast.now_ms)
    broadcast.open(back)
    broadcast.run(6, back)
    last = broadcast.playlist("low-aac")
    inits = [segment.init for segment in last.segments]
    assert [a != b for a, b in zip(inits, inits[1:], strict=False)].count(True) == 2  # blank, back
    assert not any(segment.is_discontinuity for segment in last.segments)  # times go on
    assert broadcast.map_changes("low-aac") == broadcast.map_changes("low-opus") == 2
    broadcast.finish()
    pictures, sounds, sizes = decoded(broadcast.folder / "low-aac" / "live.m3u8")
    assert sizes == {(160, 90), (640, 360)}
    assert sounds[-1] - sounds[0] > 23
    gaps = [after - one for one, after in zip(sounds, sounds[1:], strict=False)]
    assert max(gaps) < 0.05  # silence, and never a hole


def test_a_cut_to_another_camera_is_a_cut_and_no_hole(broadcast: Broadcast) -> None:
    """Its layer has the name that the teacher's has; its size and its clock are its own."""
    voice, own = microphone(SECONDS), camera(2, 160, 90, SECONDS, fps=15, until_ms=5_000)
    broadcast.open(voice)
    broadcast.open(own, rid="q")
    broadcast.run(5, voice, own)
    broadcast.packager.control(TapControl("track_closed", {"number": own.number}))
    board = camera(5, 320, 180, SECONDS, fps=15, from_ms=broadcast.now_ms)
    broadcast.open(board, rid="q", clock="par_board")
    broadcast.run(6, voice, board)
    assert broadcast.behind_ms("low-aac") < 1_200
    assert not any(one.is_discontinuity for one in broadcast.playlist("low-aac").segments)
    broadcast.finish()
    pictures, sounds, sizes = decoded(broadcast.folder / "low-aac" / "live.m3u8")
    assert sizes == {(160, 90), (320, 180)}
    assert max(b - a for a, b in zip(pictures, pictures[1:], strict=False)) < 0.5
    assert max(b - a for a, b in zip(sounds, sounds[1:], strict=False)) < 0.05
    assert abs(pictures[-1] - sounds[-1]) < 0.5


def test_a_microphone_that_begins_anew_again_and_again_shifts_nothing(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(low)
    for _ in range(15):
        broadcast.open(voice)
        for at_ms, packet in voice.between(broadcast.now_ms, broadcast.now_ms + 400):
            broadcast.packager.packet(TapPacket(voice.number, ZERO_MS + round(at_ms), packet))
        broadcast.open(voice)  # before anybody has looked at what came
        broadcast.run(0.4, low)
    assert broadcast.behind_ms("low-aac") < 1_000
    broadcast.finish()
    _, sounds, _ = decoded(broadcast.folder / "low-aac" / "live.m3u8")
    gaps = [after - one for one, after in zip(sounds, sounds[1:], strict=False)]
    assert max(gaps) < 0.05


def test_a_layer_that_stops_is_stood_in_for_by_the_one_below(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    high = camera(3, 320, 180, SECONDS, until_ms=4_000)
    broadcast.open(voice)
    broadcast.open(low, rid="q")
    broadcast.open(high, rid="h")
    broadcast.run(11, voice, low, high)
    broadcast.finish()
    _, _, sizes = decoded(broadcast.folder / "middle-aac" / "live.m3u8")
    assert sizes == {(320, 180), (160, 90)}


def test_a_picture_of_another_size_has_its_own_init_section(broadcast: Broadcast) -> None:
    """A transcoder or a recorder host begins anew with another size, and late."""
    voice, low = microphone(SECONDS), small()
    low.until_ms = 5_000
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(5.1, voice, low)
    other = camera(2, 320, 180, SECONDS, fps=15, from_ms=broadcast.now_ms - 300)
    other.packetizer.ssrc = 99
    late = [
        one for at_ms in (0, 300) for one in other.between(other.from_ms, other.from_ms + at_ms)
    ]
    broadcast.open(other)
    for at_ms, packet in late:
        broadcast.packager.packet(TapPacket(2, ZERO_MS + round(at_ms), packet))
    broadcast.run(5, voice, other)
    broadcast.finish()
    for segment in broadcast.playlist("low-aac").segments:
        stream = broadcast.folder / "low-aac"
        alone = (stream / segment.init).read_bytes() + (stream / segment.uri).read_bytes()
        with av.open(io.BytesIO(alone), "r") as container:
            told = container.streams.video[0]
            sizes = {(one.width, one.height) for one in container.decode(video=0)}
            assert sizes == {(told.width, told.height)}, segment.uri
    assert broadcast.map_changes("low-aac") >= 1


def test_a_stream_whose_layer_does_not_come_back_goes_on_and_ends(broadcast: Broadcast) -> None:
    voice, low, high = microphone(SECONDS), small(), large()
    shared = camera(4, 320, 180, SECONDS)
    for source, rid in ((voice, ""), (low, "q"), (high, "h")):
        broadcast.open(source, rid=rid)
    broadcast.open(shared, slot="screen")
    broadcast.run(5.3, voice, low, high, shared)
    before = {name: broadcast.playlist(name) for name in ("middle-aac", "screen-aac")}
    broadcast.restart()
    broadcast.open(voice)
    broadcast.open(low, rid="q")
    broadcast.run(6.7, voice, low)
    for name, known in before.items():
        after = broadcast.playlist(name, known)
        assert after.end_ms - known.end_ms > 5_000, name
    broadcast.run(4, voice, low)
    broadcast.finish()
    assert all(broadcast.playlist(name, known).is_ended for name, known in before.items())
    _, _, sizes = decoded(broadcast.folder / "middle-aac" / "live.m3u8")
    assert (160, 90) in sizes  # what there is stands in


def test_a_lesson_that_ends_without_its_packager_is_said_to_be_over(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    state = {"at_ms": ZERO_MS + 100, "events": '{"slide":null}', "is_state": True}
    broadcast.packager.control(TapControl("board", state))
    broadcast.run(5.3, voice, low)
    before = broadcast.playlist("low-aac")
    broadcast.packager.close()  # killed, and it does not come back
    sealed = seal(broadcast.folder, broadcast.part_ms)
    assert sealed == ["low-aac", "low-opus", "voice-aac", "voice-opus"]
    after = read(broadcast.text("low-aac/live.m3u8"), before)
    assert after.is_ended and after.end_ms == pytest.approx(before.end_ms, abs=2)
    assert list(after.dates) == ["board-0"]
    assert all((broadcast.folder / "low-aac" / one.uri).exists() for one in after.segments)
    assert seal(broadcast.folder, broadcast.part_ms) == []


def test_a_part_costs_the_same_after_hours(broadcast: Broadcast, tmp_path: Path) -> None:
    """Three hours of drawing: with each part only the end of a playlist is written."""
    shelf, drawn = Shelf(PART_MS), BoardShelf()
    for second in range(10_000):
        drawn.add(ZERO_MS + 1000 * second, "[]", is_state=False)
    for number in range(3_000):
        at_ms = ZERO_MS + 3_500 * number
        for part in range(7):
            shelf.add(at_ms, 0.5, "init-1-1.mp4", is_independent=True, ends_segment=part == 6)
    write_playlists(LiveFolder(tmp_path), "low-aac", shelf, drawn.dates, is_whole=True)
    whole = (tmp_path / "low-aac" / "live.m3u8").stat().st_size
    end = (tmp_path / "low-aac" / "delta-dates.m3u8").stat().st_size
    assert whole > 1_000_000 and end < 12_000
    known = read(LiveFolder(tmp_path).playlist("low-aac") or "")
    assert len(known.segments) == 3_000 and len(known.dates) == 10_000


def test_a_killed_packager_is_gone_on_from(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(5.3, voice, low)
    before = broadcast.playlist("low-aac")
    broadcast.restart()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(5, voice, low)
    after = broadcast.playlist("low-aac", before)
    assert sum(segment.is_discontinuity for segment in after.segments) == 1
    assert after.end_ms - before.end_ms > 3_500
    broadcast.finish()
    pictures, _, _ = decoded(broadcast.folder / "low-aac" / "live.m3u8")
    assert pictures[-1] > 9


def test_a_room_on_stage_is_not_in_it(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    child = camera(7, 320, 180, SECONDS)
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.open(child, slot="stage")
    broadcast.run(6, voice, low, child)
    assert sorted(path.name for path in broadcast.folder.glob("*-aac")) == ["low-aac", "voice-aac"]


def test_a_lesson_without_camera_has_its_voice(broadcast: Broadcast) -> None:
    voice = broadcast.open(microphone(SECONDS))
    broadcast.run(9, voice)
    assert broadcast.playlist("low-aac").newest[0] >= 1
    broadcast.finish()
    pictures, sounds, sizes = decoded(broadcast.folder / "low-aac" / "live.m3u8")
    assert sizes == {(640, 360)} and sounds[-1] - sounds[0] > 4


def test_vp8_is_said_to_be_of_no_use(broadcast: Broadcast) -> None:
    clip = picture_clip(Codec.VP8, 2, 15, 160, 90)
    voice = broadcast.open(microphone(SECONDS))
    firefox = Source(2, Packetizer(Codec.VP8, ssrc=9), clip)
    broadcast.open(firefox)
    broadcast.run(6, voice, firefox)
    assert ("state", {"reason": "no-h264-lead"}) in broadcast.said
    assert broadcast.playlist("low-aac").newest[0] >= 0
    made = broadcast.open(camera(5, 160, 90, SECONDS, fps=15, from_ms=broadcast.now_ms), rid="+180")
    assert broadcast.said[-1] == ("state", {"reason": None})
    broadcast.run(4, voice, made)
    assert broadcast.map_changes("low-aac") >= 1  # blank, and then her picture


def test_the_board_is_in_every_playlist(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    state = {"at_ms": ZERO_MS + 100, "events": '{"slide":null}', "is_state": True}
    broadcast.packager.control(TapControl("board", state))
    drawn = {"at_ms": ZERO_MS + 2_000, "events": '[{"type":"ink_cleared"}]', "is_state": False}
    broadcast.run(3, voice, low)
    broadcast.packager.control(TapControl("board", drawn))
    broadcast.run(2, voice, low)
    for stream in ("low-aac", "low-opus", "voice-aac"):
        dates = broadcast.playlist(stream).dates
        assert [one["CLASS"] for one in dates.values()] == [
            "streamsvc.board.state",
            "streamsvc.board",
        ]
        file = dates["board-1"]["X-FILE"]
        assert json.loads(broadcast.text(file)) == [{"type": "ink_cleared"}]
    broadcast.restart()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(4, voice, low)
    assert len(broadcast.playlist("low-aac").dates) == 2


def test_captions_have_files_of_their_own(broadcast: Broadcast) -> None:
    lines = '[{"line_id":"c1","text":"面积 \\"5\\"","lang":"zh-CN","from_ms":1,"to_ms":2}]'
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    said = {"at_ms": ZERO_MS + 1_000, "lines": lines}
    broadcast.packager.control(TapControl("captions", said))
    broadcast.run(3, voice, low)
    broadcast.restart()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(4, voice, low)
    (date,) = broadcast.playlist("voice-aac").dates.values()
    assert date["CLASS"] == "streamsvc.caption"
    assert json.loads(broadcast.text(date["X-FILE"])) == json.loads(lines)


def test_a_board_with_much_ink_comes_in_pieces(broadcast: Broadcast) -> None:
    """A page full of strokes is more than a frame of the line holds."""
    events = json.dumps([{"type": "stroke_drawn", "text": "圆" * 30_000}], ensure_ascii=False)
    frames = list(TapReader().feed(board_frames(ZERO_MS + 100, events, is_state=True)))
    assert len(frames) > 6
    for frame in frames:
        assert isinstance(frame, TapControl)
        broadcast.packager.control(frame)
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(3, voice, low)
    (date,) = broadcast.playlist("low-aac").dates.values()
    assert broadcast.text(date["X-FILE"]) == events


def test_garbage_on_a_track_harms_nothing(broadcast: Broadcast) -> None:
    voice, low = microphone(SECONDS), small()
    broadcast.open(voice)
    broadcast.open(low)
    broadcast.run(4, voice, low)
    before = broadcast.playlist("low-aac")
    junk = camera(2, 160, 90, SECONDS, fps=15, from_ms=broadcast.now_ms)
    junk.clip = tuple(
        type(one)(one.at_ms, bytes(byte ^ 0x5A for byte in one.data[:60]), False)
        for one in junk.clip
    )
    junk.packetizer.ssrc = 77
    broadcast.run(2, voice, junk)
    broadcast.run(4, voice, low)
    assert broadcast.playlist("low-aac", before).end_ms - before.end_ms > 5_000
