"""One page's data channel: handshake of DTLS, of SCTP, messages, end.

It shares the media port and its names with media sessions, and nothing else with them: no engine
peer, no place in the ladder.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from relay.io.certificate import NodeCertificate
from relay.io.dtls import AGAIN_SOONER_SECONDS, Dtls
from relay.io.ice_session import IceSession
from relay.sdp.negotiated import DtlsRole, Fingerprint
from streamsvc.base.errors import PeerGone, ProtocolError
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.log import IdAdapter
from streamsvc.base.queues import BoundedQueue, Drop
from streamsvc.base.sessions import ChannelListener, ClosedBecause, MediaParty

if TYPE_CHECKING:
    from relay.io.sctp import Association, Message

log = logging.getLogger("relay.channel")

MOST_WAITING = 64
"""Datagrams of a page that are not looked at yet; newer ones are dropped, as links do."""
SILENT_SECONDS = 20.0
"""A page says something every 2 s."""
ROLE = DtlsRole.CLIENT
"""Of two flights that DTLS waits for either way, three are ours then, or brought again by ours. We
say them again twice a second, browsers after 1 s, 3 s and 7 s."""


class Channel:
    """`run` returns why it ended; `close` is always called after it."""

    def __init__(
        self,
        session_id: MediaSessionId,
        party: MediaParty,
        ice: IceSession,
        certificate: NodeCertificate,
        *,
        fingerprints: tuple[Fingerprint, ...],
        listener: ChannelListener,
    ) -> None:
        self.session_id = session_id
        self.party = party
        self.ice = ice
        self.task: asyncio.Task[None] | None = None
        self.was_heard = False
        """The page said something by it."""
        self._fingerprints = fingerprints
        self._listener = listener
        self._dtls = Dtls(certificate, ROLE, ice.send)
        ice.on_handshake = self._dtls.take
        self._dtls.on_closed = self._wake_to_end
        self._association: Association | None = None
        self._came: BoundedQueue[bytes] = BoundedQueue(MOST_WAITING, Drop.NEWEST)
        self._wake = asyncio.Event()
        self._is_over = False
        ids = {"lesson": party.lesson_id, "session": session_id}
        self._log = IdAdapter(log, ids)

    async def run(
        self, handshake_seconds: float, on_connected: Callable[[], None]
    ) -> ClosedBecause:
        """Connect within the deadline, then bring what the page says until it is gone."""
        try:
            async with asyncio.timeout(handshake_seconds):
                association = await self._connect()
        except (TimeoutError, PeerGone) as error:
            self._log.info("x handshake: %s", type(error).__name__)
            return ClosedBecause.HANDSHAKE
        self._log.info("= channel connected")
        on_connected()
        try:
            return await self._bring(association)
        except ProtocolError as error:
            self._log.info("x channel: %s", error.error_id)
            return ClosedBecause.FAULT
        finally:
            await association.stop()

    async def _connect(self) -> "Association":
        # aiortc takes a moment to import, and nobody else may wait for it
        imported = asyncio.to_thread(import_module, "relay.io.sctp")
        _, module = await asyncio.gather(self._dtls.agree(self._fingerprints), imported)
        association: Association = module.Association(ROLE, self._dtls.send_data, self._heard)
        self._dtls.on_data = self._take
        await association.start(module.SCTP_PORT)
        self._association = association
        return association

    async def _bring(self, association: "Association") -> ClosedBecause:
        if not await self._is_heard():
            return ClosedBecause.SILENT
        while True:
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                return ClosedBecause.SILENT
            self._wake.clear()
            for datagram in self._came.drain():
                await association.take(datagram)
            if self._is_over or association.is_over:
                return ClosedBecause.ASKED

    async def _is_heard(self) -> bool:
        """Whether the page says anything by it: else it lacks our last flight."""
        for _ in range(int(SILENT_SECONDS / AGAIN_SOONER_SECONDS)):
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SOONER_SECONDS):
                    await self._wake.wait()
            if self._wake.is_set():
                return True
            self._dtls.say_again()
        return False

    def _take(self, datagram: bytes) -> None:
        self._came.put(datagram)
        self._wake.set()

    def _heard(self, message: "Message") -> None:
        self.was_heard = True
        self._listener.heard(message)

    def _wake_to_end(self) -> None:
        self._is_over = True
        self._wake.set()

    @property
    def was_answered(self) -> bool:
        """Somebody is at its address, whom our first flight may have reached."""
        return self._dtls.was_answered

    @property
    def is_connected(self) -> bool:
        """Its handshake is done."""
        return self._association is not None

    def send(self, message: "Message") -> None:
        """Once, unordered; dropped before it is connected."""
        if self._association is not None:
            self._association.send(message)

    def close(self) -> None:
        """Say goodbye to the page, and to whom it spoke. `run` ends by it."""
        self._wake_to_end()
        self._dtls.close()
        self._listener.ended()
