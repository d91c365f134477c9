"""Asks the looking process about an RTSP source, and makes its answer an error of ours."""

import asyncio
import json
import sys
from collections.abc import Sequence

from relay.ingest.address import parse_address
from streamsvc.base.errors import PeerGone, UserError
from streamsvc.base.room_sources import SourceLook

PATIENCE_SECONDS = 35.0
"""8 s to connect, 12 s to open, and a busy machine that starts Python."""
MOST_ANSWER_BYTES = 10_000
_ASKED_FOR = ("source-address-refused", "source-password-wrong", "source-stream-unknown")


async def look_at(
    address: str, user: str, password: str, networks: Sequence[str] = ()
) -> SourceLook:
    """What it sends. Raises UserError `source-address-malformed`, `source-address-refused`,
    `source-password-wrong`, `source-stream-unknown`, PeerGone `source-*`."""
    place = str(parse_address(address, user, password))
    told = {"address": address, "user": user, "password": password, "networks": list(networks)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "relay.ingest.look",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(
            process.communicate(json.dumps(told).encode()), PATIENCE_SECONDS
        )
    except TimeoutError as error:
        raise PeerGone("source-silent") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _look(said[:MOST_ANSWER_BYTES], place)


def _look(said: bytes, place: str) -> SourceLook:
    """A process that ended without a word was ended by its limits, or by the source."""
    try:
        told = json.loads(said)
    except ValueError as error:
        raise PeerGone("source-unreadable") from error
    if "error" in told:
        kind = UserError if told["error"] in _ASKED_FOR else PeerGone
        raise kind(str(told["error"]), source=place)
    return SourceLook(**told)
