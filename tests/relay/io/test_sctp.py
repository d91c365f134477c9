"""Two ends of our SCTP with nothing but a lossy pipe between them: what of aiortc's private parts
is relied on."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiortc.rtcsctptransport import DataChunk, tsn_plus_one
from hypothesis import given
from hypothesis import strategies as st

from relay.io.sctp import LEAST_WINDOW_BYTES, MOST_GAPS, SCTP_PORT, Association, Message
from relay.rtp.sctp_limits import check_datagram
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


HEAD = bytes(12)
SACK = struct.pack("!LL", 1, 1_000)
REFUSED = {
    "a parameter of no length": b"\x04\x00\x00\x08" + bytes(4),
    "the same in an INIT": b"\x01\x00\x00\x18" + bytes(20),
    "a SACK of everything": b"\x03\x00\x00\x14" + SACK + struct.pack("!HHHH", 1, 0, 0, 65_535),
    "a SACK with more gaps than bytes": b"\x03\x00\x00\x10" + SACK + struct.pack("!HH", 9, 0),
    "part of a message": b"\x00\x06\x00\x14" + bytes(16),
    "a message of nothing": b"\x00\x07\x00\x10" + bytes(12),
    "one that waits for others": b"\x00\x03\x00\x14" + bytes(16),
    "a message in another stream": b"\x00\x07\x00\x14" + bytes(4) + b"\x00\x01" + bytes(10),
    "two heartbeats": 2 * b"\x04\x00\x00\x04",
    "many chunks": 17 * b"\x0b\x00\x00\x04",
    "a chunk of no length": b"\x0b\x00\x00\x00",
    "a chunk that is longer than its datagram": b"\x0b\x00\x00\x08",
    "no chunk": b"",
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_no_page_says_is_refused_before_it_is_read(what: str) -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        with pytest.raises(ProtocolError, match="sctp-malformed"):
            await ours.association.take(HEAD + REFUSED[what])


@given(st.binary(max_size=64))
def test_a_look_at_noise_ends(noise: bytes) -> None:
    with suppress(ProtocolError):
        check_datagram(HEAD + noise)


async def test_gaps_are_kept_up_to_a_bound() -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        abusing = theirs.association._sctp  # noqa: SLF001
        for number in range(MOST_GAPS + 2):
            part = DataChunk()
            part.flags, part.protocol, part.user_data = 7, 51, b"x"
            after_next = tsn_plus_one(tsn_plus_one(abusing._local_tsn))  # noqa: SLF001
            part.tsn = (after_next + number) % 2**32
            await abusing._send_chunk(part)  # noqa: SLF001
        await until(lambda: ours.error is not None, 5)
        assert ours.error is not None
        assert ours.error.error_id == "sctp-malformed"


async def test_a_message_for_another_association_changes_nothing() -> None:
    async with ends() as (ours, theirs):
        await until(lambda: are_open(ours, theirs), 5)
        await ours.association.take(HEAD + b"\x0b\x00\x00\x04")
        theirs.association.send("still here")
        await until(lambda: ours.heard == ["still here"], 2)
