"""STUN as an ICE-lite server needs it (RFC 8489, RFC 8445): read a check, prove it, answer it."""

import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

from relay.ports import Address
from streamsvc.base.errors import ProtocolError

BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
MAGIC_COOKIE = 0x2112A442
USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
XOR_MAPPED_ADDRESS = 0x0020
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
_HEAD = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_HEAD_BYTES = 20
_FINGERPRINT_MASK = 0x5354554E
_INTEGRITY_BYTES = 20


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A connectivity check."""

    transaction_id: bytes
    local_ufrag: str
    """Ours: the part of USERNAME before the colon (RFC 8445 §7.2.2)."""
    nominates: bool
    integrity_at: int
    """Where MESSAGE-INTEGRITY begins."""
    datagram: bytes

    def is_proved_by(self, password: str) -> bool:
        """Whether its sender knows our password."""
        start = self.integrity_at + _ATTRIBUTE.size
        claimed = self.datagram[start : start + _INTEGRITY_BYTES]
        return hmac.compare_digest(
            claimed, _integrity(self.datagram[: self.integrity_at], password)
        )


def read_request(datagram: bytes) -> BindingRequest:
    """Raises ProtocolError `stun-malformed` for anything but a well-formed, signed check."""
    if len(datagram) < _HEAD_BYTES:
        raise ProtocolError("stun-malformed", size=len(datagram))
    kind, length, cookie, transaction_id = _HEAD.unpack_from(datagram)
    if kind != BINDING_REQUEST or cookie != MAGIC_COOKIE or length + _HEAD_BYTES != len(datagram):
        raise ProtocolError("stun-malformed", kind=kind)
    attributes = _attributes(datagram)
    if USERNAME not in attributes or MESSAGE_INTEGRITY not in attributes:
        raise ProtocolError("stun-malformed", kind=kind)
    integrity_at, integrity_length = attributes[MESSAGE_INTEGRITY]
    if integrity_length != _INTEGRITY_BYTES:
        raise ProtocolError("stun-malformed", kind=kind)
    start, size = attributes[USERNAME]
    username = datagram[start + 4 : start + 4 + size].decode("ascii", "replace")
    return BindingRequest(
        transaction_id=transaction_id,
        local_ufrag=username.partition(":")[0],
        nominates=USE_CANDIDATE in attributes,
        integrity_at=integrity_at,
        datagram=datagram,
    )


def _attributes(datagram: bytes) -> dict[int, tuple[int, int]]:
    """Start and value length by type, up to the integrity: what follows it is not protected."""
    found: dict[int, tuple[int, int]] = {}
    position = _HEAD_BYTES
    while position + _ATTRIBUTE.size <= len(datagram) and MESSAGE_INTEGRITY not in found:
        kind, length = _ATTRIBUTE.unpack_from(datagram, position)
        if position + _ATTRIBUTE.size + length > len(datagram):
            raise ProtocolError("stun-malformed", size=len(datagram))
        found.setdefault(kind, (position, length))
        position += _ATTRIBUTE.size + (length + 3) // 4 * 4
    return found


def write_success(transaction_id: bytes, address: Address, password: str) -> bytes:
    """The answer to a check from `address`, signed and with a fingerprint."""
    body = _attribute(XOR_MAPPED_ADDRESS, _xor_address(transaction_id, address))
    message = _HEAD.pack(BINDING_SUCCESS, len(body), MAGIC_COOKIE, transaction_id) + body
    return signed(message, password)


def signed(message: bytes, password: str) -> bytes:
    """`message` with MESSAGE-INTEGRITY and FINGERPRINT, its length made right."""
    message += _attribute(MESSAGE_INTEGRITY, _integrity(message, password))
    covered = _with_length(message, len(message) - _HEAD_BYTES + 8)
    return covered + _attribute(
        FINGERPRINT, struct.pack("!I", zlib.crc32(covered) ^ _FINGERPRINT_MASK)
    )


def _integrity(before: bytes, password: str) -> bytes:
    """HMAC-SHA1 over the message before the attribute, with the length as if it ended after it
    (RFC 8489 §14.5)."""
    covered = _with_length(before, len(before) - _HEAD_BYTES + _ATTRIBUTE.size + _INTEGRITY_BYTES)
    return hmac.digest(password.encode(), covered, "sha1")


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + length.to_bytes(2, "big") + message[4:]


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _xor_address(transaction_id: bytes, address: Address) -> bytes:
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    mask = (struct.pack("!I", MAGIC_COOKIE) + transaction_id)[: len(ip.packed)]
    masked = bytes(a ^ b for a, b in zip(ip.packed, mask, strict=True))
    family = 1 if ip.version == 4 else 2
    return struct.pack("!BBH", 0, family, address[1] ^ MAGIC_COOKIE >> 16) + masked
