"""Real offers, and our half of the transport."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from relay.sdp.negotiated import Fingerprint, IceCredentials, LocalTransport

OFFERS = Path(__file__).parent / "offers"


@pytest.fixture
def local() -> LocalTransport:
    return LocalTransport(
        IceCredentials("abcd1234", "p" * 24),
        Fingerprint("sha-256", ":".join(["AB"] * 32)),
        ("1 1 udp 2130706431 192.0.2.1 8444 typ host",),
    )


@pytest.fixture
def new_ssrc() -> Callable[[], int]:
    """Numbers that are easy to recognize: 1000, 1001, ..."""
    numbers = count(1000)
    return lambda: next(numbers)


@pytest.fixture
def offer() -> Callable[[str], str]:
    """Text of a captured offer by name."""
    return lambda name: (OFFERS / f"{name}.sdp").read_bytes().decode()
