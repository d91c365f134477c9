"""What a file says of itself, and what it is."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from struct import pack

import av
import pytest
from av.video.frame import VideoFrame

from relay.client.clip import CAMERA, write_clip
from relay.ingest.file_check import FileRefusedError, check
from relay.ingest.file_checking import check_file
from streamsvc.base.errors import UserError

SECONDS = 4


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_clip(path, CAMERA, duration_seconds=SECONDS)
    return path


def altered(film: Path, tmp_path: Path, change: bytes) -> Path:
    path = tmp_path / "altered.mp4"
    path.write_bytes(change)
    return path


def test_a_film_is_known_by_its_packets(film: Path) -> None:
    report = check(film)
    assert report.seconds == pytest.approx(SECONDS, abs=0.1)
    assert (report.picture_codec, report.sound_codec) == ("h264", "opus")
    assert report.has_picture and report.has_sound and report.width > 0


def test_a_length_that_is_a_lie_is_not_believed(film: Path, tmp_path: Path) -> None:
    """The header claims a hundred hours; the packets are four seconds."""
    whole = bytearray(film.read_bytes())
    at = whole.index(b"mvhd") + 4
    assert whole[at] == 0  # version 0: 32-bit times
    scale = int.from_bytes(whole[at + 12 : at + 16], "big")
    whole[at + 16 : at + 20] = pack(">I", min(2**32 - 1, scale * 360_000))
    assert check(altered(film, tmp_path, bytes(whole))).seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"ftyp" * 1000,
        b"\x00\x00\x00\x20ftypisom" + b"\xff" * 64,
        b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\r\nm=video 5004 RTP/AVP 96\r\nc=IN IP4 127.0.0.1\r\na=rtpmap:96 H264/90000\r\n",
    ],
)
def test_what_is_no_film_is_refused(film: Path, tmp_path: Path, damage: bytes) -> None:
    with pytest.raises(FileRefusedError, match="file-unreadable"):
        check(altered(film, tmp_path, damage))


def test_a_film_without_its_index_is_refused(film: Path, tmp_path: Path) -> None:
    """An upload that broke off, or a recorder that lost power: no moov."""
    whole = film.read_bytes().replace(b"moov", b"xxxx")
    with pytest.raises(FileRefusedError, match="file-unreadable"):
        check(altered(film, tmp_path, whole))


def test_half_a_film_is_as_long_as_what_is_there_or_refused(film: Path, tmp_path: Path) -> None:
    whole = film.read_bytes()
    path = altered(film, tmp_path, whole[: len(whole) // 2])
    try:
        assert check(path).seconds <= SECONDS + 0.1
    except FileRefusedError as refused:
        assert str(refused) in ("file-unreadable", "file-without-media")


def test_times_that_jump_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "jump.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for number in range(30):
            frame = VideoFrame(64, 64, "yuv420p")
            frame.pts = number + (0 if number < 15 else 600)
            frame.time_base = Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    with pytest.raises(FileRefusedError, match="file-clock-jumps"):
        check(path)


async def test_the_checking_process_tells(film: Path, tmp_path: Path) -> None:
    assert (await check_file(film)).seconds == pytest.approx(SECONDS, abs=0.1)
    with pytest.raises(UserError, match="file-unreadable"):
        await check_file(altered(film, tmp_path, b"no film"))
    with pytest.raises(UserError, match="file-missing"):
        await check_file(tmp_path / "nowhere.mp4")


def test_the_process_bounds_itself(film: Path) -> None:
    """One line, and nothing else, whatever FFmpeg has to say."""
    told = subprocess.run(
        [sys.executable, "-m", "relay.ingest.file_check", str(film)],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(told.stdout)["picture_codec"] == "h264"
    assert told.stdout.count(b"\n") == 1
