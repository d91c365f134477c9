"""Which network an address belongs to, for limits: who has one IPv6 address has 2^64 of them."""

import ipaddress


def network_of(address: str) -> str:
    """The IPv4 address itself (also when mapped into IPv6), or the /64 of an IPv6 address. What is
    no address (a test client, a Unix socket) is its own network."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))
