"""The relay's settings, checked once at start."""

from pydantic import BaseModel, ConfigDict, Field


class RelaySettings(BaseModel):
    """Where media enters and leaves, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    media_host: str = "0.0.0.0"
    """Address to bind the media port to; `::` takes IPv6 and IPv4."""
    media_port: int = Field(default=0, ge=0, le=65535)
    """UDP port of all media; 0 takes any free one (tests)."""
    media_by_tcp: bool = True
    """Whether to take the same media by TCP, too."""
    media_tcp_port: int = Field(default=0, ge=0, le=65535)
    """TCP port of the same media, for networks that pass nothing else; 0: the same number as the
    UDP port, or any if that is taken."""
    outer_tcp_port: int = Field(default=0, ge=0, le=65535)
    """Of the candidates, where something before us passes it on; 0: the bound one."""
    other_tcp_ports: tuple[int, ...] = ()
    """Where this process will listen for something else: not to be taken."""
    advertise: tuple[str, ...] = ()
    """Addresses that go into ICE candidates, best first; empty: this machine's own."""
    max_peers: int = Field(default=2000, ge=1)
    """Media sessions on this node at once; more are refused with `relay-full`."""
    socket_buffer_bytes: int = Field(default=4 << 20, ge=1 << 16)
    """Asked for in both directions; the kernel may give less (net.core.rmem_max, wmem_max)."""
    handshake_seconds: float = Field(default=20.0, gt=0)
    """From the answer to a finished DTLS handshake, ICE included."""
    ghost_seconds: float = Field(default=2.0, gt=0)
    """A slot's holder that was silent for longer gives way to a new session of the same
    participant; any other publisher must take over in so many words."""
    silence_seconds: float = Field(default=30.0, gt=0)
    """Without an authenticated packet a peer has withdrawn its consent (RFC 7675 §5.1)."""
