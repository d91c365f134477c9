"""The reference of `glass_to_glass.py`: aiortc's own MediaRelay, in a process of its own.

Reads one JSON a line, `{"kind": "publish" | "watch", "sdp": offer}`, and writes the answer's SDP as
one JSON string a line. A watcher gets the newest publisher's picture, as decoded and encoded anew.
Ends when its input does.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

LINE_BYTES = 1 << 20


class Forwarder:
    """One picture, in and out."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._connections: list[RTCPeerConnection] = []
        self._picture: asyncio.Future[MediaStreamTrack] | None = None

    async def answer(self, kind: str, sdp: str) -> str:
        """The SDP for an offer."""
        connection = RTCPeerConnection()
        self._connections.append(connection)
        if kind == "publish":
            await self._forget_former()
            self._picture = asyncio.get_running_loop().create_future()
            connection.on("track", self._picture.set_result)
        elif self._picture is not None:
            picture = await self._picture
            connection.addTrack(self._relay.subscribe(picture, buffered=False))
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return connection.localDescription.sdp

    async def _forget_former(self) -> None:
        for connection in self._connections[:-1]:
            await connection.close()
        del self._connections[:-1]


async def _serve() -> None:
    forwarder = Forwarder()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await forwarder.answer(**json.loads(line))), flush=True)


class MediaRelayProcess:
    """The program above, for who runs it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input, self._output = process.stdin, process.stdout
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: dict[str, Any]) -> str:
        """The SDP for `{"kind", "sdp"}`."""
        async with self._one_at_a_time:
            self._input.write(json.dumps(request).encode() + b"\n")
            return str(json.loads(await self._output.readline()))


@asynccontextmanager
async def media_relay() -> AsyncIterator[MediaRelayProcess]:
    """Runs it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __spec__.name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    try:
        yield MediaRelayProcess(process)
    finally:
        process.kill()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
