"""libsrtp's functions by address, out of the `pylibsrtp` wheel, for the engine.

The wheel's libsrtp stands on an OpenSSL with AES-NI; a distribution's may be thirty times slower.
Its C signature is checked and a packet is encrypted both ways before the first peer is served: with
another major version of libsrtp the same call would write over foreign memory.
"""

import ctypes
import struct

import pylibsrtp
from pylibsrtp._binding import ffi, lib

from streamsvc.base.errors import EnvironmentFault

SIGNATURE = "int(*)(struct srtp_ctx_t_ *, void *, int *)"
NAMES = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
_SLACK_BYTES = 160


def srtp_calls() -> tuple[int, int, int, int]:
    """Addresses of protect and unprotect, for RTP and RTCP, after a test of them.
    Raises EnvironmentFault `srtp-library`."""
    for name in NAMES:
        found = _signature(name)
        if found != SIGNATURE:
            raise EnvironmentFault("srtp-library", reason=f"{name} is {found}")
    protect, unprotect, protect_rtcp, unprotect_rtcp = (_address(name) for name in NAMES)
    _check(protect, unprotect)
    return protect, unprotect, protect_rtcp, unprotect_rtcp


def session_address(session: object) -> int:
    """Where a `pylibsrtp.Session` keeps its state; valid while the session object lives."""
    if not isinstance(session, pylibsrtp.Session):
        raise EnvironmentFault("srtp-library", reason="not a session of pylibsrtp")
    return int(ffi.cast("uintptr_t", session._srtp[0]))


def without_buffers(session: pylibsrtp.Session) -> pylibsrtp.Session:
    """For the engine, which has its own: frees 3 KB. The session's methods are of no use then."""
    session._cdata = session._buffer = None
    return session


def _signature(name: str) -> str:
    pointer = str(ffi.typeof(ffi.addressof(lib, name)).cname)
    return pointer.replace("srtp_err_status_t", "int").replace("enum ", "")


def _address(name: str) -> int:
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))


def _check(protect: int, unprotect: int) -> None:
    """The same packet by address and by the wheel's own Python, byte for byte, and back."""
    packet = struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + bytes(range(64))
    for profile, key_bytes in (
        (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
        (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
        (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    ):
        key = bytes(range(key_bytes))
        ours, theirs, back = (_session(profile, key, inbound=n == 2) for n in range(3))
        encrypted = _call(protect, ours, packet)
        if encrypted != theirs.protect(packet) or _call(unprotect, back, encrypted) != packet:
            raise EnvironmentFault("srtp-library", reason=f"profile {profile} failed its test")


def _session(profile: int, key: bytes, *, inbound: bool) -> pylibsrtp.Session:
    kind = pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    policy = pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=profile)
    return pylibsrtp.Session(policy=policy)


def _call(function: int, session: pylibsrtp.Session, packet: bytes) -> bytes:
    buffer = ctypes.create_string_buffer(packet, len(packet) + _SLACK_BYTES)
    length = ctypes.c_int(len(packet))
    prototype = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)
    )
    status = prototype(function)(session_address(session), buffer, ctypes.byref(length))
    if status != 0:
        raise EnvironmentFault("srtp-library", reason=f"status {status}")
    return buffer.raw[: length.value]
