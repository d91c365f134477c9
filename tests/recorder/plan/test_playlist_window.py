"""A playlist from a moment on (RFC 8216 §6.2.2)."""

import pytest

from recorder.plan import voice_only
from recorder.plan.playlist import Playlist, extent, window
from tests.recorder.plan.test_playlist import WALL_MS, growing


def test_from_the_beginning_it_is_the_whole() -> None:
    assert window(growing().text(), 0) == growing().text()
    assert window(Playlist().text(), WALL_MS) == Playlist().text()


def test_it_says_what_it_leaves_out() -> None:
    assert window(growing().text(), WALL_MS + 2_600).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-MEDIA-SEQUENCE:2",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        '#EXT-X-MAP:URI="init-1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.500+00:00",
        "#EXTINF:1.987,",
        "000002.m4s",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="init-2.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:10.000+00:00",
        "#EXTINF:4.000,",
        "000003.m4s",
    ]


@pytest.mark.parametrize("at_ms", [5_000, 12_000, 99_000])
def test_the_last_segment_stays(at_ms: int) -> None:
    late = extent(window(growing().text(), WALL_MS + at_ms))
    assert late is not None and late.start_wall_ms == WALL_MS + 10_000


def test_an_ended_one_still_ends() -> None:
    playlist = growing()
    playlist.end()
    assert window(playlist.text(), WALL_MS + 12_000).endswith("#EXT-X-ENDLIST\n")


def test_names_of_the_voice_alone() -> None:
    text = voice_only.playlist(growing().text())
    assert 'URI="voice-init-2.mp4"' in text
    assert "\nvoice-000003.m4s\n" in text


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x08moov", b"\0\0\0\x09mdat", b"\xff" * 40])
def test_what_is_none_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no|torn"):
        voice_only.init(data)
