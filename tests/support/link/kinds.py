"""What an IPv4 packet on the emulated link is, by its headers: SRTP hides payloads only.

So a trace can say who filled a queue: voice, pictures, repairs, reports, checks or pages.
"""

_TCP, _UDP = 6, 17


def protocol_of(packet: bytes) -> str:
    """`tcp`, `udp`, or the number of another."""
    return {_TCP: "tcp", _UDP: "udp"}.get(packet[9], str(packet[9]))


def ports_of(packet: bytes) -> tuple[int, int]:
    """Of sender and receiver; zeros where there are none."""
    start = 4 * (packet[0] & 15)
    if packet[9] not in (_TCP, _UDP) or len(packet) < start + 4:
        return 0, 0
    return int.from_bytes(packet[start : start + 2]), int.from_bytes(packet[start + 2 : start + 4])


def kind_of(packet: bytes) -> str:
    """`rtp-PT`, `rtcp`, `stun`, `dtls`, `udp`, `tcp`, or an IP protocol's number."""
    if packet[9] != _UDP:
        return protocol_of(packet)
    start = 4 * (packet[0] & 15) + 8
    if len(packet) < start + 2:
        return "udp"
    first, second = packet[start], packet[start + 1]
    if first < 4:
        return "stun"
    if 20 <= first < 64:
        return "dtls"
    if not 128 <= first < 192:
        return "udp"
    return "rtcp" if 192 <= second < 224 else f"rtp-{second & 127}"
