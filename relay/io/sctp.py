"""SCTP for a trickle of messages that may be lost, over one peer's DTLS: aiortc's, with a window
that a bad link does not close.

Import it late: aiortc takes 25 MB and a moment.

aiortc's association keeps the rules of RFC 9260: after a timeout its window is one packet, and
where two of five packets are lost there is a timeout most of the time. What it is given here is
bounded by its owner, and nothing is ever sent twice by it, so its window may stay open. That, and
the bound on what a peer makes it keep, need a look at its private parts; `test_sctp.py` holds them
to what they are in the version that is pinned.
"""

from collections.abc import Callable
from typing import cast

from aiortc import RTCDataChannel, RTCDataChannelParameters, RTCDtlsTransport, RTCSctpTransport

from relay.rtp.sctp_limits import CHANNEL_ID, check_datagram
from relay.sdp.negotiated import DtlsRole
from streamsvc.base.errors import ProtocolError

SCTP_PORT = 5000
"""Of both sides, as all browsers have it."""
LEAST_WINDOW_BYTES = 64_000
"""More than is ever on its way: two seconds of twice what the owner may send."""
FIRST_AGAIN_SECONDS = 0.25
"""A step of its handshake that is not answered is said again after this; aiortc waits 3 s and gives
up after eight. Its owner gives up when it has heard nothing for long."""
MOST_GAPS = 1_000
"""Messages received after one that is missing."""

Message = str | bytes


class Association:
    """`take` what comes by DTLS, in order; `send` messages once `is_open`."""

    def __init__(
        self, role: DtlsRole, send: Callable[[bytes], None], heard: Callable[[Message], None]
    ) -> None:
        self._sctp = _Trickle(cast("RTCDtlsTransport", _Pipe(role, send)), SCTP_PORT)
        how = RTCDataChannelParameters(
            label="events", ordered=False, maxRetransmits=0, negotiated=True, id=CHANNEL_ID
        )
        self._channel = RTCDataChannel(self._sctp, how)
        self._channel.on("message", heard)

    @property
    def is_open(self) -> bool:
        """Messages go through."""
        return self._channel.readyState == "open"

    @property
    def is_over(self) -> bool:
        """Either side gave it up."""
        return self._sctp.state == "closed" or self._channel.readyState == "closed"

    async def start(self, remote_port: int) -> None:
        """Begin the handshake; both sides do."""
        await self._sctp.start(None, remote_port)

    async def take(self, datagram: bytes) -> None:
        """A datagram of the peer. Raises ProtocolError `sctp-malformed` for what no page says, and
        for a peer that would have us keep too much."""
        check_datagram(datagram)
        try:
            await self._sctp.take(datagram)
        except Exception as error:  # aiortc asserts and unpacks; its input is the peer's
            raise ProtocolError("sctp-malformed") from error
        if self._sctp.is_abused:
            raise ProtocolError("sctp-malformed")

    def send(self, message: Message) -> None:
        """One message, once, in no order. Dropped while it is not open."""
        if self.is_open:
            self._channel.send(message)

    async def stop(self) -> None:
        """Say so and end. Harmless to repeat."""
        await self._sctp.stop()


class _Trickle(RTCSctpTransport):
    """The only place that reaches into aiortc."""

    def __init__(self, transport: RTCDtlsTransport, port: int) -> None:
        super().__init__(transport, port)
        self._rto = FIRST_AGAIN_SECONDS

    async def _transmit(self) -> None:
        self._cwnd = max(self._cwnd, LEAST_WINDOW_BYTES)
        await super()._transmit()

    def _t1_expired(self) -> None:
        self._t1_failures = 0
        super()._t1_expired()

    async def take(self, datagram: bytes) -> None:
        await self._handle_data(datagram)

    @property
    def is_abused(self) -> bool:
        return len(self._sack_misordered) > MOST_GAPS


class _Pipe:
    """What the association needs of a DTLS transport."""

    state = "connected"

    def __init__(self, role: DtlsRole, send: Callable[[bytes], None]) -> None:
        self._role = role.value
        self._send = send

    async def _send_data(self, data: bytes) -> None:
        self._send(data)

    def _register_data_receiver(self, receiver: object) -> None:
        """Its owner hands it what comes."""

    def _unregister_data_receiver(self, receiver: object) -> None:
        """It is handed nothing more."""
