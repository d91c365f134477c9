"""A child that says what it should not is cut off, and the next one is fed. No process here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from relay.rtp.packet import write_packet
from relay.transcode.io.transcoder import Transcoder
from relay.transcode.ports import TranscoderState
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Codec
from streamsvc.base.tap import encode_control, encode_packet
from tests.support.transcoding import Returned
from tests.support.waiting import until

PACKET = write_packet(b"\x61" * 40, payload_type=102, seq=7, ts=1, ssrc=2)


class NoChild:
    """Nobody is started: the test connects instead."""

    pid: int | None = None

    def __init__(self, name: str, command: Sequence[str], on_end: Callable[[], None]) -> None:
        self.command = command

    def start(self) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Nothing."""


@pytest.fixture
async def transcoder(tmp_path: Path) -> AsyncIterator[tuple[Transcoder, Returned, Path]]:
    returned, path = Returned(), tmp_path / "t.sock"
    settings = TranscodeSettings()
    made = Transcoder(
        path,
        source=(Codec.H264, 102),
        settings=settings,
        clock=SystemClock(),
        supervise=NoChild,
        sink=returned,
    )
    made.make(settings.ladder())
    await made.start()
    yield made, returned, path
    await made.close()


async def test_a_packet_comes_back_as_it_was_sent(
    transcoder: tuple[Transcoder, Returned, Path],
) -> None:
    made, returned, path = transcoder
    _, writer = await asyncio.open_unix_connection(str(path))
    writer.write(encode_control("rendition", number=2, width=320, height=180))
    writer.write(encode_packet(2, 0, PACKET))
    await until(lambda: made.state is TranscoderState.RUNNING)
    assert returned.sizes == [("+180", 320, 180)]
    assert [packet.seq for packet in returned.packets["+180"]] == [7]
    writer.close()


async def test_what_was_made_for_a_former_life_is_nobodys(
    transcoder: tuple[Transcoder, Returned, Path],
) -> None:
    made, returned, path = transcoder
    _, writer = await asyncio.open_unix_connection(str(path))
    writer.write(encode_packet(2, 0, PACKET))
    await until(lambda: "+180" in returned.packets)
    ladder = {one.rid: one for one in TranscodeSettings().ladder()}
    made.make([ladder["+360"]])
    made.make([ladder["+360"], ladder["+180"]])  # at once again: 4 on the line
    writer.write(encode_packet(2, 0, PACKET[:2] + b"\0\x08" + PACKET[4:]))
    writer.write(encode_control("rendition", number=2, width=2, height=2))
    writer.write(encode_packet(4, 0, PACKET[:2] + b"\0\x08" + PACKET[4:]))
    await until(lambda: len(returned.packets["+180"]) > 1)
    assert [packet.seq for packet in returned.packets["+180"]] == [7, 8]
    assert returned.sizes == []
    writer.close()


@pytest.mark.parametrize(
    "said",
    [
        encode_packet(9, 0, PACKET),
        encode_packet(1, 0, b"short"),
        encode_packet(1, 0, bytes(1_501)),
        encode_control("rendition", number=77, width=1, height=1),
        encode_control("rendition", number=1, width="wide"),
        encode_control("beat", nonsense=True),
        b"\x00\x02\x07?",
    ],
)
async def test_nonsense_ends_the_line_and_the_next_child_is_welcome(
    transcoder: tuple[Transcoder, Returned, Path], said: bytes
) -> None:
    made, returned, path = transcoder
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(said)
    async with asyncio.timeout(5):
        while await reader.read(1 << 16):
            pass
    assert returned.packets == {} and returned.sizes == []
    writer.close()
    made.packet(PACKET)
    assert made.dropped == 1
    _, again = await asyncio.open_unix_connection(str(path))
    again.write(encode_packet(1, 0, PACKET))
    await until(lambda: "+360" in returned.packets)
    again.close()


async def test_what_nobody_reads_is_dropped_and_counted(
    transcoder: tuple[Transcoder, Returned, Path],
) -> None:
    made, _, path = transcoder
    _, writer = await asyncio.open_unix_connection(str(path))
    await until(lambda: made.state is TranscoderState.WAITING)
    for _ in range(2_000):
        made.packet(bytes(1_200))
        await asyncio.sleep(0)
    assert 1_000 < made.dropped < 2_000
    writer.close()
