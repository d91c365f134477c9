"""Settings of signaling; the root makes them from its own."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class SignalingSettings(BaseModel):
    """Frozen. Each field is documented in `signaling/README.md`; a test compares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: str = Field(
        default="",
        description="Origin that QR codes carry when a page was opened as localhost, and one more"
        " origin that requests may come from.",
    )
    secure_cookies: bool = Field(
        default=False,
        description="Mark cookies Secure also where the request came over plain HTTP (behind a"
        " proxy that ends TLS and does not say so).",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses whose X-Forwarded-* headers uvicorn believes.",
    )
    web_dist: Path = Field(default=Path("web/dist"), description="Folder of the built web pages.")
    stun_urls: tuple[str, ...] = Field(
        default=(), description="STUN servers that pages and other clients are told of."
    )
    turn_urls: tuple[str, ...] = Field(
        default=(), description="TURN servers that they are told of, with passwords of their own."
    )
    turn_secret: str = Field(
        default="",
        repr=False,
        description="What those passwords are made with; the TURN server has the same one.",
    )
    metrics_token: str = Field(
        default="",
        description="Bearer token for /metrics from other machines; empty: this machine only.",
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=1_000, description="Largest request body accepted."
    )
    max_connections: int = Field(
        default=4_000, ge=1, description="WebSocket connections this node accepts."
    )
    max_still_bytes: int = Field(
        default=8_192, ge=256, description="Largest still picture of a room."
    )
