"""Where browsers can reach the media ports: the host candidates of our answers."""

from aioice.ice import get_host_addresses

from relay.settings import RelaySettings

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Wildcard to loopback: a browser on this very machine must reach us without a network, too."""
_HOST_TYPE_PREFERENCE = 126
"""RFC 8445 §5.1.2.2."""
_TCP_TYPE_PREFERENCE = 90
"""Less than any candidate by UDP (RFC 6544 §4.2); what browsers give to theirs."""
_PASSIVE = 4
"""Direction preference of a host's passive candidate (RFC 6544 §4.2)."""
_TCP_FOUNDATION = 1000
"""UDP's are counted from 1, and two candidates of one foundation have one transport."""
_MAX_TCP_CANDIDATES = 4
"""A browser opens a connection from each of its own addresses to each of these."""


def advertised_addresses(settings: RelaySettings) -> list[str]:
    """Those set; else the one bound to; else every address of this machine, loopback last."""
    if settings.advertise:
        return list(settings.advertise)
    if settings.media_host not in _ANY:
        return [settings.media_host]
    has_v6 = settings.media_host == "::"
    found: list[str] = get_host_addresses(use_ipv4=True, use_ipv6=has_v6)
    return found + ["127.0.0.1"] + (["::1"] if has_v6 else [])


def host_candidates(addresses: list[str], port: int) -> tuple[str, ...]:
    """Values of `a=candidate` (RFC 8839 §5.1), the first address preferred."""
    return tuple(
        f"{index + 1} 1 udp {_priority(index)} {address} {port} typ host"
        for index, address in enumerate(addresses)
    )


def tcp_candidates(addresses: list[str], port: int) -> tuple[str, ...]:
    """The same for connections that we accept (RFC 6544 §4.5), all of them after those of UDP."""
    return tuple(
        f"{_TCP_FOUNDATION + index} 1 tcp {_tcp_priority(index)} {address} {port}"
        " typ host tcptype passive"
        for index, address in enumerate(addresses[:_MAX_TCP_CANDIDATES])
    )


def _priority(index: int) -> int:
    return _HOST_TYPE_PREFERENCE << 24 | (65535 - index) << 8 | 255


def _tcp_priority(index: int) -> int:
    local_preference = _PASSIVE << 13 | (8191 - index)
    return _TCP_TYPE_PREFERENCE << 24 | local_preference << 8 | 255
