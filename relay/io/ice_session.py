"""One peer's ICE session, our side: ICE-lite, so it only answers (RFC 8445 §2.5)."""

import asyncio
import secrets
import time
from collections.abc import Callable

from relay.ports import Address, ProvedCheck
from relay.sdp.negotiated import IceCredentials

OLD_ADDRESS_SILENT_SECONDS = 3.0
"""A check without nomination moves the peer only when its old address was silent this long."""

Send = Callable[[bytes, Address], None]


def new_credentials() -> IceCredentials:
    """Random name and password: 48 and 144 bits (RFC 8839 §5.4 asks for 24 and 128)."""
    return IceCredentials(ufrag=secrets.token_hex(6), pwd=secrets.token_hex(18))


class IceSession:
    """Where a peer is, proved by its checks; and the pipe its handshake uses."""

    def __init__(
        self, number: int, send: Send, now: float, credentials: IceCredentials | None = None
    ) -> None:
        self.number = number
        self.credentials = self.first_credentials = credentials or new_credentials()
        self.former_credentials: IceCredentials | None = None
        """Still answered after a restart, until the peer uses the new ones."""
        self.address: Address | None = None
        self.heard_at = now
        self.has_address = asyncio.Event()
        self.on_moved: Callable[[Address], None] | None = None
        self.on_handshake: Callable[[bytes], None] = lambda datagram: None
        self._send = send
        self._asked_at: float | None = None
        self.round_trip: float | None = None
        """Of the handshake, in seconds: from our first flight to the answer."""

    def restart(self) -> IceCredentials:
        """New credentials (RFC 8445 §9); the handshake's keys stay."""
        self.former_credentials = self.credentials
        self.credentials = new_credentials()
        return self.credentials

    def checked(self, check: ProvedCheck) -> None:
        """A proved check came."""
        self.heard_at = check.at
        if not self._is_moving(check):
            return
        self.address = check.address
        self.has_address.set()
        if self.on_moved is not None:
            self.on_moved(check.address)

    def forget_address(self) -> None:
        """As if no check had come: the next one moves it, wherever it is from."""
        self.address = None
        self.has_address.clear()

    def _is_moving(self, check: ProvedCheck) -> bool:
        if self.address is None or check.address == self.address:
            return self.address is None
        silent = check.at - check.elsewhere_at
        return check.nominates or silent > OLD_ADDRESS_SILENT_SECONDS

    # ---- the pipe of its handshake

    def deliver(self, datagram: bytes, at: float) -> None:
        """A handshake datagram came then."""
        if self._asked_at is not None and self.round_trip is None and not _is_hello(datagram):
            self.round_trip = at - self._asked_at
        self.on_handshake(datagram)

    def send(self, datagram: bytes) -> None:
        """To where the peer is; dropped while that is not known."""
        if self.address is not None:
            self._asked_at = self._asked_at or time.monotonic()
            self._send(datagram, self.address)


def _is_hello(datagram: bytes) -> bool:
    """A ClientHello (RFC 6347 §4.2.2): on a far link it comes again before our answer is there."""
    return datagram[13:14] == b"\x01"
