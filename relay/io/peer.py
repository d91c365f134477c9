"""The life of one media session: found by ICE, handshake, media, end.

new ─► (first proved check) ─► handshake ─► connected ─► ended, for exactly one reason
"""

import asyncio
import logging
from collections.abc import Callable

from relay.io.certificate import NodeCertificate
from relay.io.dtls import Dtls
from relay.io.ice_session import IceSession
from relay.metrics import HANDSHAKES
from relay.ports import Address, Engine
from relay.sdp.negotiated import Negotiated
from streamsvc.base.errors import PeerGone
from streamsvc.base.log import IdAdapter
from streamsvc.base.sessions import ClosedBecause

log = logging.getLogger("relay.peer")

UNDER_WAY_SECONDS = 1.5
"""What comes so soon after a goodbye was sent before it, and is on the board by then."""
GONE_SECONDS = 6.5
"""Whoever is here is heard within this time: checks come every 5 s at least (RFC 7675 §5.1)."""


class Peer:
    """`run` returns why it ended; `close` is always called after it, once."""

    def __init__(
        self,
        number: int,
        ice: IceSession,
        certificate: NodeCertificate,
        negotiated: Negotiated,
        engine: Engine,
        *,
        is_viewer: bool,
    ) -> None:
        self.number = number
        self.ice = ice
        self.media = negotiated.media
        self.fingerprints = negotiated.remote_fingerprints
        self.remote_ufrag = negotiated.remote_ice.ufrag
        self.is_connected = False
        self._dtls = Dtls(certificate, negotiated.dtls_role, ice.send)
        ice.on_handshake = self._dtls.take
        self._engine = engine
        self._is_viewer = is_viewer
        self._is_sure = False
        self._is_over = asyncio.Event()
        self._log = IdAdapter(log, {"peer": number})

    async def run(
        self, handshake_seconds: float, on_connected: Callable[[], None]
    ) -> ClosedBecause:
        """Connect within the deadline, then stay until the peer says goodbye."""
        try:
            async with asyncio.timeout(handshake_seconds):
                await self._connect()
        except (TimeoutError, PeerGone) as error:
            HANDSHAKES.labels("failed").inc()
            self._log.info("x handshake: %s", type(error).__name__)
            return ClosedBecause.HANDSHAKE
        HANDSHAKES.labels("connected").inc()
        self._log.info("= connected, %s", self._dtls.profile)
        on_connected()
        while True:
            await self._is_over.wait()
            if self._is_sure or await self._is_silent():
                return ClosedBecause.ASKED
            self._is_over.clear()

    async def _connect(self) -> None:
        await self.ice.has_address.wait()
        self._dtls.on_closed = self._on_closed
        self._dtls.on_hint = self._is_over.set
        keys = await self._dtls.handshake(self.fingerprints)
        if self.ice.address is None:  # has_address is set only after it
            raise PeerGone("handshake-failed")
        if self.ice.round_trip is not None:
            self._engine.measured_handshake(self.number, self.ice.round_trip)
        self._engine.connect_peer(self.number, self.ice.number, keys, self.ice.address)
        if self._is_viewer:
            self._dtls.let_go()
        self.ice.on_moved = self._on_moved
        self.is_connected = True

    def _on_closed(self) -> None:
        self._is_sure = True
        self._is_over.set()

    async def _is_silent(self) -> bool:
        """Whether nothing more is heard of a peer whose goodbye can't be checked."""
        await asyncio.sleep(UNDER_WAY_SECONDS)
        before = self._engine.signs(self.number)
        await asyncio.sleep(GONE_SECONDS)
        after = self._engine.signs(self.number)
        return before is None or after is None or after.heard_at <= before.heard_at

    def _on_moved(self, address: Address) -> None:
        self._log.info("= moved")
        self._engine.set_address(self.number, address)

    def close(self) -> None:
        """Say goodbye to the peer."""
        self._dtls.close()
