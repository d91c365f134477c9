"""What an RTMP client may say before its stream key, and what is held back."""

import random

import pytest

from relay.ingest.rtmp_words import (
    HANDSHAKE_BYTES,
    LARGEST_MESSAGE,
    MOST_BYTES,
    RtmpScreen,
    published,
    refusal,
)
from streamsvc.base.errors import ProtocolError

HELLO = b"\x03" + bytes(HANDSHAKE_BYTES - 1)


def text(value: str) -> bytes:
    return b"\x02" + len(value.encode()).to_bytes(2, "big") + value.encode()


def number(value: int) -> bytes:
    return b"\x00" + {0: bytes(8), 1: b"\x3f\xf0" + bytes(6), 5: b"\x40\x14" + bytes(6)}[value]


def chunks(payload: bytes, kind: int = 20, stream: int = 3, size: int = 128) -> bytes:
    """One message of type 0, and what follows of it as type 3."""
    head = bytes([stream]) + bytes(3) + len(payload).to_bytes(3, "big") + bytes([kind]) + bytes(4)
    parts = [payload[at : at + size] for at in range(0, len(payload), size)]
    return head + bytes([0xC0 | stream]).join(parts)


CONNECT = chunks(text("connect") + number(1) + b"\x03" + b"x" * 300 + b"\x00\x00\x09")
CREATE = chunks(text("createStream") + number(1) + b"\x05")
PUBLISH = chunks(text("publish") + number(5) + b"\x05" + text("k-1?a=b") + text("live"), stream=8)


def test_all_but_the_push_passes_and_its_key_is_read() -> None:
    screen = RtmpScreen()
    assert screen.receive(HELLO + CONNECT + CREATE) == HELLO + CONNECT + CREATE
    assert screen.receive(PUBLISH + b"media") == b""
    assert screen.key == "k-1"
    assert screen.rest() == PUBLISH + b"media"


def test_it_makes_no_difference_how_the_bytes_come() -> None:
    said = HELLO + CONNECT + CREATE + PUBLISH
    screen = RtmpScreen()
    passed = b"".join(screen.receive(bytes([byte])) for byte in said)
    assert passed == HELLO + CONNECT + CREATE
    assert (screen.key, screen.rest()) == ("k-1", PUBLISH)


def test_the_push_is_held_from_its_first_byte() -> None:
    screen = RtmpScreen()
    assert screen.receive(HELLO + CREATE + PUBLISH[:20]) == HELLO + CREATE
    assert screen.receive(PUBLISH[20:]) == b""
    assert screen.rest() == PUBLISH


def test_a_larger_chunk_size_counts_from_there_on() -> None:
    larger = chunks((4096).to_bytes(4, "big"), kind=1, stream=2)
    connect = chunks(text("connect") + number(1) + bytes(600), size=4096)
    screen = RtmpScreen()
    assert screen.receive(HELLO + larger + connect) == HELLO + larger + connect
    screen.receive(PUBLISH)
    assert screen.key == "k-1"


def test_forms_of_chunk_headers() -> None:
    """Wide stream numbers, late times, and headers that repeat what the last one said."""
    body = text("x") + number(1) + b"\x05"
    wide = b"\x00\x05" + b"\xff\xff\xff" + len(body).to_bytes(3, "big") + b"\x14" + bytes(8) + body
    again = b"\x40\x05" + bytes(3) + len(body).to_bytes(3, "big") + b"\x14" + body
    short = b"\x80\x05" + bytes(3) + body
    bare = b"\xc0\x05" + body
    screen = RtmpScreen()
    assert (
        screen.receive(HELLO + wide + again + short + bare) == HELLO + wide + again + short + bare
    )


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x06" + bytes(100),
        HELLO + chunks(b"picture", kind=9),
        HELLO + chunks(b"", kind=77),
        HELLO
        + bytes([3])
        + bytes(3)
        + (LARGEST_MESSAGE + 1).to_bytes(3, "big")
        + b"\x14"
        + bytes(4),
        HELLO + chunks(bytes(4), kind=1, stream=2),
        HELLO + b"\xc3" + bytes(20),
        HELLO + b"".join(chunks(CREATE[12:], stream=number) for number in range(3, 12)),
        HELLO + chunks(text("play") + number(1) + b"\x05" + text("k")),
        HELLO + chunks(text("publish") + b"\x05" + text("k")),
        HELLO + chunks(b"\x02\xff\xffx"),
        HELLO + chunks(b"\x02\x00\x02\xff\xfe"),
        HELLO + CREATE * (MOST_BYTES // len(CREATE) + 1),
    ],
    ids=[
        *("http", "encrypted", "media before the key", "unknown kind", "too long"),
        *("chunks of nothing", "a stream that never began", "too many streams", "play"),
        *("malformed push", "string beyond its end", "no text", "no end of words"),
    ],
)
def test_what_is_refused(said: bytes) -> None:
    screen = RtmpScreen()
    with pytest.raises(ProtocolError, match="source-unreadable"):
        screen.receive(said)


def test_garbage_never_names_a_key_or_goes_on_for_ever() -> None:
    for seed in range(200):
        screen, noise = RtmpScreen(), random.Random(seed).randbytes(64) * (MOST_BYTES // 32)
        with pytest.raises(ProtocolError):
            screen.receive(HELLO + bytes([seed % 256]) + noise)
        assert screen.key is None


def test_a_refusal_is_a_message_in_chunks_of_128() -> None:
    said = refusal("x" * 200)
    body = said[12:140] + said[141:269] + said[270:]
    assert said[140] == said[269] == 0xC5
    assert int.from_bytes(said[4:7], "big") == len(body)
    assert b"NetStream.Publish.BadName" in body
    assert b"x" * 200 in body
    assert published(body) is None
