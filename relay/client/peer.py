"""One aiortc connection and its session resource: what publisher and viewer have in common."""

import asyncio
import re
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from relay.client.http_session import GrantSource, HttpSession
from streamsvc.base.errors import PeerGone, StreamsvcError
from streamsvc.base.tasks import TaskScope

_CANDIDATE = re.compile(r"^(a=candidate:1 1 udp \d+) \S+ ")
"""Our server's first, up to its address (RFC 8839 §5.1)."""
_OTHER_CANDIDATE = re.compile(r"a=candidate:(?!1 1 udp )")
CONNECT_SECONDS = 15.0
CHECK_SECONDS = 5.0
"""aiortc notices a silent server after half a minute; asking the session resource is quicker."""
END_SECONDS = 3.0
FAILED_CHECKS = 2


class MediaPeer:
    """Opens, watches and ends one connection. Used once; closing twice is harmless."""

    def __init__(self, http: httpx.AsyncClient, grant: GrantSource, near: str = "") -> None:
        """`near`: the server is on this machine, and its media is reached by this address whatever
        it tells others (it may be behind NAT)."""
        self._near = near
        # aiortc would ask a public STUN server if it were not told that there is none.
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.session = HttpSession(http, grant)
        self._connected = asyncio.Event()
        self._broken = asyncio.Event()
        self.connection.on("connectionstatechange", self._state_changed)

    @property
    def is_connected(self) -> bool:
        """ICE and DTLS are up."""
        return self._connected.is_set() and not self._broken.is_set()

    async def open(self, url: str) -> None:
        """Offer what the connection has and wait until media can flow.

        Raises UserError with the server's error id, PeerGone `media-server-unreachable` or
        `media-not-connected`.
        """
        await self._gather()
        answer = await self.session.open(url, self.connection.localDescription.sdp)
        described = RTCSessionDescription(_reached_by(self._near, answer), "answer")
        await _whole(self.connection.setRemoteDescription(described))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connected.wait()
        except TimeoutError as error:
            raise PeerGone("media-not-connected") from error

    async def _gather(self) -> None:
        """Make the offer."""
        offer = await self.connection.createOffer()
        await _whole(self.connection.setLocalDescription(offer))

    async def wait_broken(self) -> None:
        """Return when the connection is lost or the server has ended the session."""
        failed = 0
        while failed < FAILED_CHECKS:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._broken.wait()
                return
            except TimeoutError:
                failed = 0 if await self._is_answered() else failed + 1

    async def close(self) -> None:
        """Hang up; the server is told, but not waited for longer than a moment."""
        try:
            with suppress(StreamsvcError, TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await self.session.end()
        finally:
            await _whole(self.connection.close())

    async def _is_answered(self) -> bool:
        try:
            is_open = await self.session.is_open()
        except PeerGone:
            return False
        if not is_open:
            self._broken.set()
        return True

    def _state_changed(self) -> None:
        match self.connection.connectionState:
            case "connected":
                self._connected.set()
            case "failed" | "closed":
                self._broken.set()
                self._connected.set()


def _reached_by(address: str, sdp: str) -> str:
    """The answer with this address in the only candidate of each medium; as it is without one."""
    if not address:
        return sdp
    found = [line for line in sdp.splitlines() if not _OTHER_CANDIDATE.match(line)]
    near = rf"\g<1> {address} "
    return "\r\n".join([_CANDIDATE.sub(near, line) for line in found] + [""])


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do this to its end, also when canceled meanwhile: aiortc forgets the sockets of what it is
    stopped in the middle of, as of transports that an answer bundles with another."""
    task = TaskScope("peer").start("to its end", work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
