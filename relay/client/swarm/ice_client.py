"""The client's half of ICE (RFC 8445), as much as a load generator needs. Takes time, has none.

Every candidate is checked at once; the first that answers is nominated, and checked for consent
every 2.5 s from then on (RFC 7675). The server's own checks are answered.
"""

import secrets
import struct
from collections.abc import Sequence

from relay.io.stun import (
    BINDING_SUCCESS,
    MAGIC_COOKIE,
    USE_CANDIDATE,
    USERNAME,
    read_request,
    signed,
    write_success,
)
from relay.ports import Address
from relay.sdp.negotiated import IceCredentials
from streamsvc.base.errors import ProtocolError

FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 0.8
CONSENT_SECONDS = 2.5
CONSENT_LOST_SECONDS = 15.0
_PRIORITY, _CONTROLLED, _CONTROLLING = 0x0024, 0x8029, 0x802A
_BINDING_REQUEST = 0x0001
_PEER_REFLEXIVE_PRIORITY = 0x6E7F1EFF
_HEAD = struct.Struct("!HHI12s")


def new_credentials() -> IceCredentials:
    """Fresh name and password, of hex digits."""
    return IceCredentials(secrets.token_hex(4), secrets.token_hex(12))


class IceClient:
    """One peer's checks."""

    def __init__(self, local: IceCredentials) -> None:
        self.local = local
        self.selected: Address | None = None
        self.answered_at = 0.0
        """Last answer to a check of ours."""
        self.next_at = float("inf")
        """When `due` has something again."""
        self._candidates: Sequence[Address] = ()
        self._attributes = b""
        self._controls = True
        self._remote = local
        self._transaction = b""
        self._retry = FIRST_RETRY_SECONDS

    def begin(
        self, remote: IceCredentials, candidates: Sequence[Address], now: float, *, controls: bool
    ) -> None:
        """The other side is known: check it."""
        self._remote = remote
        self._candidates = candidates
        self._attributes = _attribute(USERNAME, f"{remote.ufrag}:{self.local.ufrag}".encode())
        tie_breaker = secrets.token_bytes(8)
        self._attributes += _attribute(_CONTROLLING if controls else _CONTROLLED, tie_breaker)
        self._controls = controls
        self._attributes += _attribute(_PRIORITY, _PEER_REFLEXIVE_PRIORITY.to_bytes(4, "big"))
        self._transaction = secrets.token_bytes(12)
        self.answered_at = self.next_at = now

    def due(self, now: float) -> list[tuple[bytes, Address]]:
        """Checks to send now."""
        if now < self.next_at:
            return []
        if self.selected is not None:
            self.next_at = now + CONSENT_SECONDS
            self._transaction = secrets.token_bytes(12)
            return [(self._check(), self.selected)]
        self.next_at = now + self._retry
        self._retry = min(2 * self._retry, LONGEST_RETRY_SECONDS)
        return [(self._check(), address) for address in self._candidates]

    def received(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        """A STUN message; what to send back. Raises ProtocolError `stun-malformed`."""
        if len(datagram) >= _HEAD.size and datagram[:2] == BINDING_SUCCESS.to_bytes(2, "big"):
            self._answered(datagram, address, now)
            return None
        request = read_request(datagram)
        if not request.is_proved_by(self.local.pwd):
            raise ProtocolError("stun-malformed", size=len(datagram))
        return write_success(request.transaction_id, address, self.local.pwd)

    def has_consent(self, now: float) -> bool:
        """Whether the server still answers (RFC 7675 §5.1)."""
        return self.selected is not None and now - self.answered_at < CONSENT_LOST_SECONDS

    def _answered(self, datagram: bytes, address: Address, now: float) -> None:
        """A transaction id is 96 random bits: who knows it got our check."""
        if datagram[8:20] != self._transaction:
            return
        self.answered_at = now
        if self.selected is None:
            self.selected = address
            self.next_at = now  # nominate it at once

    def _check(self) -> bytes:
        head = _HEAD.pack(_BINDING_REQUEST, 0, MAGIC_COOKIE, self._transaction)
        nominates = self._controls and self.selected is not None
        nomination = _attribute(USE_CANDIDATE, b"") if nominates else b""
        return signed(head + self._attributes + nomination, self._remote.pwd)


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
