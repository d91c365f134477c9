"""Two ends of our SCTP with nothing but a lossy pipe between them: what of aiortc's private parts
is relied on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiortc.rtcsctptransport import DataChunk, tsn_plus_one

from relay.io.sctp import LEAST_WINDOW_BYTES, MOST_KEPT_BYTES, Association, Message
from relay.sdp.data_channel import SCTP_PORT
from relay.sdp.negotiated import DtlsRole
from streamsvc.base.errors import ProtocolError
from tests.support.waiting import SECOND, until

pytestmark = pytest.mark.timeout(30 * SECOND)


class End:
    """One side; `is_deaf` loses all that comes to it."""

    def __init__(self, role: DtlsRole) -> None:
        self.heard: list[Message] = []
        self.is_deaf = False
        self.error: ProtocolError | None = None
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.other: End | None = None
        self.association = Association(role, self._send, self.heard.append)

    def _send(self, datagram: bytes) -> None:
        assert self.other is not None
        if not self.other.is_deaf:
            self.other.came.put_nowait(datagram)

    async def run(self) -> None:
        await self.association.start(SCTP_PORT)
        while True:
            try:
                await self.association.take(await self.came.get())
            except ProtocolError as error:
                self.error = error
                return


@asynccontextmanager
async def ends() -> AsyncIterator[tuple[End, End]]:
    ours, theirs = End(DtlsRole.SERVER), End(DtlsRole.CLIENT)
    ours.other, theirs.other = theirs, ours
    tasks = [asyncio.create_task(end.run()) for end in (ours, theirs)]
    try:
        yield ours, theirs
    finally:
        for end in (ours, theirs):
            await end.association.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def are_open(*both: End) -> bool:
    return all(end.association.is_open for end in both)


async def test_a_handshake_whose_steps_are_lost_goes_on() -> None:
    async with ends() as (ours, theirs):
        ours.is_deaf = theirs.is_deaf = True
        # aiortc gives up after eight tries, which are 4 s here
        await asyncio.sleep(6)
        ours.is_deaf = theirs.is_deaf = False
        await until(lambda: are_open(ours, theirs), 5)
        assert not ours.association.is_over


async def test_after_a_silence_all_that_is_said_goes_out_at_once() -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        theirs.is_deaf = True
        for _ in range(20):
            ours.association.send("x" * 1_000)
            await asyncio.sleep(0.1)
        assert ours.association._sctp._cwnd >= LEAST_WINDOW_BYTES  # noqa: SLF001
        theirs.is_deaf = False
        for number in range(4):
            ours.association.send(f"{number}")
        await until(lambda: theirs.heard[-4:] == ["0", "1", "2", "3"], 1)


async def test_a_message_that_never_ends_is_not_kept() -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        abusing = theirs.association._sctp  # noqa: SLF001
        for number in range(2 + MOST_KEPT_BYTES // 1_000):
            part = DataChunk()
            part.tsn = (tsn_plus_one(abusing._local_tsn) + number) % 2**32  # noqa: SLF001
            part.stream_id, part.protocol, part.user_data = 0, 51, bytes(1_000)
            await abusing._send_chunk(part)  # noqa: SLF001
        await until(lambda: ours.error is not None, 5)
        assert ours.error is not None
        assert ours.error.error_id == "sctp-malformed"
        assert ours.heard == []


async def test_noise_changes_nothing() -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        for noise in (b"", bytes(7), bytes(12), bytes(range(256))):
            await ours.association.take(noise)
        theirs.association.send("still here")
        await until(lambda: ours.heard == ["still here"], 2)
