"""One peer's DTLS: a handshake that gives SRTP keys (RFC 5764) or carries data, and the goodbye.

Datagrams are pushed in and go out at once; nothing waits here but the timer that sends a lost
flight again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from OpenSSL import SSL
from pylibsrtp import Policy, Session

from relay.io.certificate import NodeCertificate, digest
from relay.io.srtp_library import without_buffers
from relay.ports import PeerKeys
from relay.sdp.negotiated import DtlsRole, Fingerprint
from streamsvc.base.errors import PeerGone

MAX_DATAGRAM_BYTES = 1200
INBOUND_WINDOW = 1024
OUTBOUND_WINDOW = 256
"""Packets of voice that can be sent again, and more than any repair of a picture is late: libsrtp
shifts the whole window for each packet it sends."""
AGAIN_SECONDS = 1.0
"""A flight that is not answered goes out again after this, each time. OpenSSL by itself waits
longer and longer, and where two of five packets are lost the session is given up meanwhile."""
AGAIN_SOONER_SECONDS = 0.3
UNANSWERED_SECONDS = 5.0
"""A check may have a false source address: nobody there asked for more of our flights than these.
Where two of five packets are lost each way, none of fifteen is answered once in eight hundred."""
_READ_BYTES = 1500
_RECORD_HEAD_BYTES = 13
_HANDSHAKE_TYPES = (20, 22)
"""ChangeCipherSpec and Handshake (RFC 5246 §6.2.1)."""
_ALERT_TYPE = 21
_DATA_TYPE = 23
GOODBYE_AGAIN_SECONDS = 1.0
"""Who goes on sending data did not get our goodbye: it has it again, this often at most."""
_EXPORTER = b"EXTRACTOR-dtls_srtp"


@dataclass(frozen=True, slots=True)
class SrtpProfile:
    """RFC 5764 §4.1.2, RFC 7714 §14.2."""

    name: bytes
    """OpenSSL's."""
    number: int
    """libsrtp's."""
    key_bytes: int
    salt_bytes: int

    def half(self, material: bytes, side: int) -> bytes:
        """Key and salt of one side: 0 is the client's (RFC 5764 §4.2)."""
        key, salt = side * self.key_bytes, 2 * self.key_bytes + side * self.salt_bytes
        return material[key : key + self.key_bytes] + material[salt : salt + self.salt_bytes]


PROFILES = (
    SrtpProfile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    SrtpProfile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    SrtpProfile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)
"""In our order of preference: GCM-128 is a third of the cost of CM-SHA1 and offered by all."""


def new_certificate() -> NodeCertificate:
    """For handshakes that agree on one of our profiles."""
    return NodeCertificate(b":".join(profile.name for profile in PROFILES))


class Dtls:
    """`handshake` or `agree` once, while `take` gets what comes; `close` at the end."""

    def __init__(
        self, certificate: NodeCertificate, role: DtlsRole, send: Callable[[bytes], None]
    ) -> None:
        self._role = role
        self._send = send
        self._ssl: SSL.Connection | None = SSL.Connection(certificate.context)
        if role is DtlsRole.SERVER:
            self._ssl.set_accept_state()
        else:
            self._ssl.set_connect_state()
        self._is_done = False
        self._ended: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._again_seconds = AGAIN_SECONDS
        self._unanswered_until: float | None = None
        self.was_answered = False
        """Anything came."""
        self._last_flight: list[bytes] = []
        self._goodbye: list[bytes] = []
        self._said_goodbye_at: float | None = None
        self.on_closed: Callable[[], None] = lambda: None
        """Called when the peer ends the connection (close_notify)."""
        self.on_hint: Callable[[], None] = lambda: None
        """Called when somebody says so after `let_go`: it can't be checked any more."""
        self.on_data: Callable[[bytes], None] = lambda data: None
        """Called with what the peer sends through it: data channels, no media."""
        self.profile = ""
        """Name of the SRTP profile agreed on."""

    async def handshake(self, fingerprints: Sequence[Fingerprint]) -> PeerKeys:
        """Keys agreed with the peer that has one of these certificates.
        Raises PeerGone `handshake-failed`."""
        return self._keys(await self._agreed(fingerprints))

    async def agree(self, fingerprints: Sequence[Fingerprint]) -> None:
        """The same for a peer without media, whose data go through here (`send_data`). Its link
        loses much, or it would not be here: flights go out again sooner, as long as anything is
        answered at first. Raises PeerGone `handshake-failed`."""
        self._again_seconds = AGAIN_SOONER_SECONDS
        self._unanswered_until = time.monotonic() + UNANSWERED_SECONDS
        await self._agreed(fingerprints)

    async def _agreed(self, fingerprints: Sequence[Fingerprint]) -> SSL.Connection:
        self._ended = asyncio.get_running_loop().create_future()
        self._go_on()
        await self._ended
        self._ended = None
        if self._ssl is None or not _is_its(self._ssl, fingerprints):
            raise PeerGone("handshake-failed")
        return self._ssl

    def take(self, datagram: bytes) -> None:
        """A datagram of the peer."""
        self.was_answered = True
        if self._ssl is not None:
            self._ssl.bio_write(datagram)
            self._go_on()
        elif datagram[0] in _HANDSHAKE_TYPES:
            self._send_all(self._last_flight)
        elif datagram[0] == _ALERT_TYPE:
            self.on_hint()
        elif datagram[0] == _DATA_TYPE:
            self._say_goodbye_again()

    def send_data(self, data: bytes) -> None:
        """To the peer, as one record. Dropped before the handshake and after the end."""
        if self._ssl is None or not self._is_done:
            return
        with suppress(SSL.Error):
            self._ssl.send(data)
        self._send_all(_written(self._ssl))

    def say_again(self) -> None:
        """The last flight, which the peer may not have got: it waits for it longer and longer."""
        self._send_all(self._last_flight)

    def let_go(self) -> None:
        """Free what OpenSSL holds, 90 KB. What may still be sent is kept as it will be: our last
        flight, should the peer say its own again, and our goodbye."""
        if self._ssl is None or self._ssl.get_protocol_version_name() != "DTLSv1.2":
            return  # later versions answer with more than one flight
        self._stop_timer()
        self._goodbye = self._said_goodbye(self._ssl)
        self._ssl = None

    def close(self) -> None:
        """Say goodbye to the peer; again to one that goes on sending data, as long as it is brought
        here. Harmless to repeat."""
        if self._said_goodbye_at is not None:
            return
        self._stop_timer()
        if self._ssl is not None:
            self._goodbye, self._ssl = self._said_goodbye(self._ssl), None
        self._said_goodbye_at = time.monotonic()
        self._send_all(self._goodbye)
        self._last_flight = []

    def _say_goodbye_again(self) -> None:
        now = time.monotonic()
        if (
            self._said_goodbye_at is not None
            and now - self._said_goodbye_at >= GOODBYE_AGAIN_SECONDS
        ):
            self._said_goodbye_at = now
            self._send_all(self._goodbye)

    @staticmethod
    def _said_goodbye(connection: SSL.Connection) -> list[bytes]:
        with suppress(SSL.Error):
            connection.shutdown()
        return _written(connection)

    # ---- step by step

    def _go_on(self) -> None:
        connection = self._ssl
        if connection is None:
            return
        was_done = self._is_done
        try:
            if not was_done:
                connection.do_handshake()
                self._is_done = True
            while True:  # a datagram may have many records, and none may stay behind
                self.on_data(connection.recv(_READ_BYTES))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.on_closed()
        except SSL.Error:
            if not self._is_done:  # later it is somebody's noise
                self._end()
                return
        flight = _written(connection)
        self._send_all(flight)
        self._wind_timer(connection)
        if not was_done and (flight or self._is_done):
            self._last_flight = flight
        if self._is_done:
            self._end()

    def _end(self) -> None:
        """The handshake is over, for better or worse."""
        if self._ended is not None and not self._ended.done():
            if self._is_done:
                self._ended.set_result(None)
            else:
                self._ended.set_exception(PeerGone("handshake-failed"))

    def _send_all(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self._send(datagram)

    # ---- lost flights

    def _wind_timer(self, connection: SSL.Connection) -> None:
        self._stop_timer()
        seconds = connection.DTLSv1_get_timeout()
        if seconds is not None:
            soon = min(seconds, self._again_seconds)
            self._timer = asyncio.get_running_loop().call_later(soon, self._timed_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed_out(self) -> None:
        if self._ssl is None:
            return
        until = self._unanswered_until
        if until is not None and not self.was_answered and time.monotonic() >= until:
            self._end()
            return
        with suppress(SSL.Error):
            self._ssl.DTLSv1_handle_timeout()
        self._send_all(_written(self._ssl) or self._last_flight)
        self._wind_timer(self._ssl)

    # ---- keys

    def _keys(self, connection: SSL.Connection) -> PeerKeys:
        chosen = connection.get_selected_srtp_profile()
        profile = next((profile for profile in PROFILES if profile.name == chosen), None)
        if profile is None:
            raise PeerGone("handshake-failed")
        self.profile = profile.name.decode()
        size = 2 * (profile.key_bytes + profile.salt_bytes)
        material = connection.export_keying_material(_EXPORTER, size)
        ours = 1 if self._role is DtlsRole.SERVER else 0
        return PeerKeys(
            inbound=_inbound(profile, profile.half(material, 1 - ours)),
            outbound=_outbound(profile, profile.half(material, ours)),
        )


def _inbound(profile: SrtpProfile, key: bytes) -> Session:
    return _session(profile, key, Policy.SSRC_ANY_INBOUND, INBOUND_WINDOW)


def _outbound(profile: SrtpProfile, key: bytes) -> Session:
    return _session(profile, key, Policy.SSRC_ANY_OUTBOUND, OUTBOUND_WINDOW)


def _session(profile: SrtpProfile, key: bytes, kind: int, window: int) -> Session:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile.number)
    policy.allow_repeat_tx = True
    policy.window_size = window
    return without_buffers(Session(policy))


def _is_its(connection: SSL.Connection, fingerprints: Sequence[Fingerprint]) -> bool:
    """The peer's certificate is the one its description speaks of, by all its hashes."""
    certificate = connection.get_peer_certificate(as_cryptography=True)
    if certificate is None:
        return False
    matches = [digest(certificate, told.algorithm) == told.value for told in fingerprints]
    return bool(matches) and all(matches)


def _written(connection: SSL.Connection) -> list[bytes]:
    """What OpenSSL has to say."""
    written = b""
    with suppress(SSL.Error):
        while piece := connection.bio_read(_READ_BYTES):
            written += piece
    return datagrams_of(written)


def datagrams_of(records: bytes) -> list[bytes]:
    """DTLS records put together to datagrams, in their order; none is cut (RFC 6347 §4.1.1)."""
    found: list[bytes] = []
    while records:
        end = _RECORD_HEAD_BYTES + int.from_bytes(records[11:13])
        record, records = records[:end], records[end:]
        if found and len(found[-1]) + len(record) <= MAX_DATAGRAM_BYTES:
            found[-1] += record
        else:
            found.append(record)
    return found
