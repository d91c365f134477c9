import base64
import hashlib

import pytest

from recorder.broadcast.plan import naming, signed

SECRET, LESSON, UNTIL = "s3cret", "les_z9vgu627nj8k", 1_900_000_000


def test_the_signature_is_what_nginx_computes() -> None:
    told = hashlib.md5(f"{UNTIL}{LESSON} {SECRET}".encode()).digest()
    expected = base64.b64encode(told).decode().replace("+", "-").replace("/", "_").rstrip("=")
    address = signed.address(SECRET, LESSON, UNTIL, "main.m3u8")
    assert address == f"/live/{UNTIL}-{expected}/{LESSON}/main.m3u8"


def test_an_address_opens_its_lesson_until_its_end() -> None:
    word = signed.address(SECRET, LESSON, UNTIL, "main.m3u8").split("/")[2]
    assert signed.is_good(SECRET, LESSON, word, UNTIL)
    assert not signed.is_good(SECRET, LESSON, word, UNTIL + 1)
    assert not signed.is_good(SECRET, "les_other", word, UNTIL)
    assert not signed.is_good("another", LESSON, word, UNTIL)


@pytest.mark.parametrize(
    "word",
    ["", "-", "1", "x-y", f"{UNTIL}-", f"-{'a' * 22}", f"{10**13}-{'a' * 22}", "é-" + "b" * 22],
)
def test_what_is_no_signature_opens_nothing(word: str) -> None:
    assert not signed.is_good(SECRET, LESSON, word, 0)


def test_a_later_end_needs_another_signature() -> None:
    word = signed.address(SECRET, LESSON, UNTIL, "").split("/")[2]
    assert not signed.is_good(SECRET, LESSON, word.replace(str(UNTIL), str(UNTIL + 1)), 0)


@pytest.mark.parametrize(
    "path",
    [
        "main.m3u8", "main-opus.m3u8", "voice.m3u8",
        "low-aac/live.m3u8", "high-opus/12.m4s", "low-aac/12.3.m4s",
        "screen-aac/init-1-2.mp4", "board/000012.json", "board/state-000000.json",
        "board/captions-000003.json",
        "slides/cw_a2b3/12-large.webp", "low-aac/delta.m3u8",
    ],
)  # fmt: skip
def test_files_of_a_lesson(path: str) -> None:
    assert naming.is_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "", ".zero", "board/.dates", "low-aac/.live.m3u8.new", "../other/main.m3u8",
        "low-aac/../../x/main.m3u8", "/etc/passwd", "low-aac//live.m3u8", "main.m3u8\n",
        "slides/../board/000012.json", "low-aac/1.m4s/x", "x" * 300 + ".m3u8", "stage-aac/0.m4s",
    ],
)  # fmt: skip
def test_nothing_else(path: str) -> None:
    assert not naming.is_file(path)
