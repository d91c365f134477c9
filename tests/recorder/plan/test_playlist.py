"""Playlist text and the names of files."""

import pytest

from recorder.plan import naming
from recorder.plan.playlist import Extent, Playlist, extent
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RecordingId

WALL_MS = 1_800_000_000_000
RECORDING = RecordingId("rec_1")


def growing() -> Playlist:
    playlist = Playlist()
    playlist.add("000001.m4s", "init-1.mp4", 2_000, WALL_MS + 500)
    playlist.add("000002.m4s", "init-1.mp4", 1_987.4, WALL_MS + 2_500)
    playlist.add("000003.m4s", "init-2.mp4", 4_000, WALL_MS + 10_000)
    return playlist


def test_a_growing_playlist() -> None:
    assert growing().text().splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-MEDIA-SEQUENCE:1",
        '#EXT-X-MAP:URI="init-1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.500+00:00",
        "#EXTINF:2.000,",
        "000001.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.500+00:00",
        "#EXTINF:1.987,",
        "000002.m4s",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="init-2.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:10.000+00:00",
        "#EXTINF:4.000,",
        "000003.m4s",
    ]


def test_its_extent_is_read_back() -> None:
    playlist = growing()
    assert extent(playlist.text()) == Extent(WALL_MS + 500, WALL_MS + 14_000, False)
    playlist.end()
    ended = extent(playlist.text())
    assert ended is not None and ended.is_ended
    assert extent(Playlist().text()) is None


@pytest.mark.parametrize("path", ["lead/index.m3u8", "stage-12/init-3.mp4", "screen/000123.m4s"])
def test_files_of_ours(path: str) -> None:
    assert str(naming.playable_file(RECORDING, path)) == f"recordings/rec_1/hls/{path}"


@pytest.mark.parametrize(
    "path",
    [
        *["", "lead", "lead/", "/lead/index.m3u8", "../manifest.json", "manifest.json"],
        *["lead/../lead/index.m3u8", "lead/..", "lead/.index.m3u8.12", "lead/index.m3u8\n"],
        *["lead/%2e%2e/index.m3u8", "lead\\index.m3u8", "lead/index.m3u8\0", "LEAD/index.m3u8"],
    ],
)
def test_no_other_files(path: str) -> None:
    with pytest.raises(UserError, match="recording-file-unknown"):
        naming.playable_file(RECORDING, path)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a" * 99, ".hidden", "x\n"])
def test_no_folder_outside(name: str) -> None:
    with pytest.raises(UserError, match="recording-file-unknown"):
        naming.recording_folder(RecordingId(name))
    with pytest.raises(UserError, match="recording-file-unknown"):
        naming.lesson_timeline(LessonId(name))
