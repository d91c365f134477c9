"""Which pictures are passed on, and what is made of those that can't be."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from relay.ingest.live_track import LiveItem
from relay.ingest.streams import LONGEST_KEYFRAME_GAP_SECONDS, PictureStream
from streamsvc.base.errors import PeerGone
from tests.support.rtsp_servers import write_film


def _played(film: Path, *, as_is: bool | None = None) -> tuple[PictureStream, list[LiveItem]]:
    """All items of a film; `as_is`: what its headers say of it."""
    with av.open(str(film)) as container:
        stream = PictureStream(container.streams.video[0])
        stream.is_as_is = stream.is_as_is if as_is is None else as_is
        items: list[LiveItem] = []
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is not None and packet.time_base is not None:
                items += stream.items(packet, float(packet.pts * packet.time_base), 0.0)
        return stream, items


def _keyframe_gaps(items: list[LiveItem]) -> list[float]:
    times = [item.seconds for item in items if item.is_keyframe]
    return [after - before for before, after in pairwise(times)]


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_plain_h264_is_passed_on(tmp_path: Path, profile: str) -> None:
    film = write_film(
        tmp_path / "film.mp4", seconds=6, options={"profile": profile, "preset": "fast", "bf": "0"}
    )
    stream, items = _played(film)
    assert stream.is_as_is
    assert len(items) == 90
    assert _keyframe_gaps(items) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("codec", "options"), [("libx265", {}), ("libx264", {"bf": "2", "preset": "fast"})]
)
def test_others_are_encoded_again(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    stream, items = _played(write_film(tmp_path / "film.mp4", codec, seconds=6, options=options))
    assert not stream.is_as_is
    assert len(items) > 75
    times = [item.seconds for item in items]
    assert times == sorted(times)


def test_picture_is_encoded_again_where_that_is_wished(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=2)
    with av.open(str(film)) as container:
        assert not PictureStream(container.streams.video[0], may_pass=False).is_as_is


def test_rare_key_frames_are_noticed_and_mended(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=20, options={"g": "120"})
    stream, items = _played(film)
    assert not stream.is_as_is
    gaps = _keyframe_gaps(items)
    assert gaps[0] == pytest.approx(8, abs=0.1) and gaps[0] > LONGEST_KEYFRAME_GAP_SECONDS
    assert max(gaps[1:]) < 2.2


def test_order_that_the_headers_keep_quiet_about_is_noticed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", seconds=6, options={"bf": "2", "preset": "fast"})
    stream, items = _played(film, as_is=True)
    assert not stream.is_as_is
    later = [item.seconds for item in items if item.seconds > 2.2]
    assert later == sorted(later)


def test_bad_packets_are_passed_over_until_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.ingest.streams.MOST_BAD_PACKETS", 3)
    film = write_film(tmp_path / "film.mp4", "libx265", seconds=2)
    with av.open(str(film)) as container:
        source = container.streams.video[0]
        stream = PictureStream(source)
        bad = av.Packet(b"\x00\x00\x00\x02\x40\x01\x00\x00\x00\x01\xff" * 3)
        bad.stream = source
        with pytest.raises(PeerGone, match="source-unreadable"):
            for _ in range(200):
                list(stream.items(bad, 0.0, 0.0))
