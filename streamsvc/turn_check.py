"""Whether a TURN server of the settings takes the passwords that rooms are given: one allocation,
given back at once."""

import asyncio
import re
import ssl
import time
from dataclasses import dataclass

from aioice.stun import TransactionError
from aioice.turn import create_turn_endpoint

from signaling.protocol.ice import password

ANSWER_WITHIN_SECONDS = 5.0
_PASSWORD_SECONDS = 60
_PORTS = {"turn": 3478, "turns": 5349}
_URL = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$")


@dataclass(frozen=True, slots=True)
class TurnAddress:
    """Of a TURN URL (RFC 7065)."""

    host: str
    port: int
    transport: str
    is_secure: bool


def address_of(url: str) -> TurnAddress:
    """ValueError where it is no URL of a TURN server."""
    found = _URL.match(url)
    if found is None:
        raise ValueError(f"{url} is no TURN URL")
    scheme, host, port, transport = found.groups()
    usual = "tcp" if scheme == "turns" else "udp"
    number = int(port or _PORTS[scheme])
    return TurnAddress(host.strip("[]"), number, transport or usual, scheme == "turns")


def why_not(url: str, secret: str) -> str:
    """What is amiss with a server, in words; empty where it serves. ValueError as `address_of`."""
    address = address_of(url)
    if address.is_secure and address.transport == "udp":
        return ""  # DTLS: nothing here speaks it to a TURN server
    try:
        asyncio.run(asyncio.wait_for(_allocate(address, secret), ANSWER_WITHIN_SECONDS))
    except TransactionError as error:
        return str(error)
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    return ""


async def _allocate(address: TurnAddress, secret: str) -> None:
    username = f"{int(time.time()) + _PASSWORD_SECONDS}:doctor"
    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol,
        (address.host, address.port),
        username,
        password(username, secret),
        ssl=ssl.create_default_context() if address.is_secure else None,
        transport=address.transport,
    )
    transport.close()
    await asyncio.sleep(0)  # gives the allocation back
