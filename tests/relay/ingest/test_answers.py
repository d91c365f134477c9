"""What passes from an RTSP server to FFmpeg."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.ingest.answers import AnswerScreen
from streamsvc.base.errors import ProtocolError

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
DESCRIBED = OK + b"Content-Length: 5\r\n\r\nv=0\r\n"
MEDIA = b"$\x00\x00\x06abcdef"
PLAIN = OK + b"\r\n" + DESCRIBED + MEDIA + MEDIA + b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 9\r\n\r\n"


@given(st.lists(st.integers(1, 40), max_size=20))
def test_passes_unchanged_in_whatever_pieces(sizes: list[int]) -> None:
    screen, rest, passed = AnswerScreen(), PLAIN, b""
    for size in [*sizes, len(PLAIN)]:
        passed += screen.receive(rest[:size])
        rest = rest[size:]
    assert passed == PLAIN
    assert (screen.last_status, screen.media_bytes) == (200, 2 * len(MEDIA))


def test_tells_the_latest_status() -> None:
    screen = AnswerScreen()
    screen.receive(b"RTSP/1.0 401 Unauthorized\r\n\r\n")
    assert screen.last_status == 401


@pytest.mark.parametrize(
    "answer",
    [
        b"RTSP/1.0 302 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n",
        b"RTSP/1.0 305 Use Proxy\r\n\r\n",
        b"REDIRECT rtsp://x/ RTSP/1.0\r\nLocation: rtsp://127.0.0.1/\r\n\r\n",
    ],
)
def test_redirections_never_pass(answer: bytes) -> None:
    screen = AnswerScreen()
    passed = screen.receive(answer[:10])
    with pytest.raises(ProtocolError, match="source-redirects"):
        screen.receive(answer[10:])
    assert passed == b""


def test_redirection_behind_media_does_not_pass() -> None:
    screen = AnswerScreen()
    with pytest.raises(ProtocolError, match="source-redirects"):
        screen.receive(OK + b"\r\n" + MEDIA + b"RTSP/1.0 301 Moved\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 300,
        b"RTSP/1.0 200 OK\r\nX: " + b"a" * 20_000,
        OK + b"Content-Length: 99999999\r\n\r\n",
    ],
)
def test_garbage_is_noticed(answer: bytes) -> None:
    with pytest.raises(ProtocolError, match="source-unreadable"):
        AnswerScreen().receive(answer)


@given(st.binary(max_size=400))
def test_anything_is_passed_held_or_refused(data: bytes) -> None:
    screen = AnswerScreen()
    try:
        assert data.startswith(screen.receive(data))
    except ProtocolError as error:
        assert error.error_id in ("source-unreadable", "source-redirects")
