"""This machine's names and addresses: for candidates, certificates and the lines we print."""

import ipaddress
import socket

import ifaddr


def machine_addresses() -> list[str]:
    """Addresses other machines may reach, IPv4 first; loopback and link-local left out."""
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text)
            if not (address.is_loopback or address.is_link_local or address.is_multicast):
                found.append(text)
    return sorted(dict.fromkeys(found), key=lambda text: ":" in text)


def machine_names() -> list[str]:
    """`localhost`, the host name and its `.local` form."""
    host = socket.gethostname()
    short = host.split(".")[0]
    return list(dict.fromkeys(["localhost", host, short, f"{short}.local"]))


def url_host(address: str) -> str:
    """The address as it stands in a URL (IPv6 in brackets)."""
    return f"[{address}]" if ":" in address else address
