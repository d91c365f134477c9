"""The address of a source, and which networks a source may be in; no I/O.

An address is typed by a person: it must not lead this machine to itself, or to what only this
machine can reach (a cloud's metadata). Networks of a school are where cameras are: they may.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import quote, unquote, urlsplit

from streamsvc.base.errors import UserError

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

LONGEST_ADDRESS = 1024
_PORTS = {"rtsp": 554, "rtsps": 322}

_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "100.100.100.200/32",  # metadata: Alibaba
        "168.63.129.16/32",  # metadata: Azure
        "192.0.0.192/32",  # metadata: Oracle
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/127",
        "fe80::/10",
        "fd00:ec2::254/128",  # metadata: AWS
        "ff00::/8",
        # These carry an IPv4 address inside, which would go around the lines above.
        "64:ff9b::/96",
        "2001::/32",
        "2002::/16",
    )
)


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a source is, and how to sign in there."""

    host: str
    port: int
    is_tls: bool
    target: str = field(repr=False)
    """Path and query as typed; cameras have passwords there too, so it is never shown."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """What may be shown and logged."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rtsps' if self.is_tls else 'rtsp'}://{host}:{self.port}"

    def through(self, port: int) -> str:
        """The same stream by a door on this machine; holds the password: never log it."""
        sign_in = ""
        if self.user or self.password:
            sign_in = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        return f"rtsp://{sign_in}127.0.0.1:{port}{self.target}"


def parse_address(text: str, user: str = "", password: str = "") -> SourceAddress:
    """`rtsp://` or `rtsps://`; a sign-in in the address counts where none is given beside it.

    Raises UserError `source-address-malformed`.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise UserError("source-address-malformed") from error
    is_clean = all(" " < sign < "\x7f" for sign in text.strip())
    if parts.scheme not in _PORTS or not host or not is_clean or len(text) > LONGEST_ADDRESS:
        raise UserError("source-address-malformed")
    if port == 0:
        raise UserError("source-address-malformed")
    return SourceAddress(
        host=host,
        port=port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "rtsps",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        user=user or unquote(parts.username or ""),
        password=password or unquote(parts.password or ""),
    )


def parse_networks(texts: Sequence[str]) -> tuple[IpNetwork, ...]:
    """Networks that are allowed all the same. Raises UserError `source-network-malformed`."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise UserError("source-network-malformed") from error


def is_allowed(text: str, allowed: Sequence[IpNetwork] = ()) -> bool:
    """Whether a source may be at this numeric address."""
    return is_listed(text, allowed) or not is_listed(text, _REFUSED)


def is_listed(text: str, networks: Sequence[IpNetwork]) -> bool:
    """Whether a numeric address is in one of them, in whichever form it is written."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
