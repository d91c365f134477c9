"""How processes of this machine reach the service, whatever it tells others."""

from dataclasses import dataclass

from streamsvc.addresses import machine_addresses, url_host
from streamsvc.settings import Settings

_ANY = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Near:
    """What our own child processes are told."""

    server: str
    """Base URL."""
    media: str = ""
    """Where its media is reached; empty: what it tells others is right for us, too."""

    @classmethod
    def of(cls, settings: Settings) -> "Near":
        """Of the service with these settings."""
        host = settings.http.host
        near = "127.0.0.1" if host in _ANY else url_host(host)
        return cls(f"http://{near}:{settings.http.port}", _media(settings))


def _media(settings: Settings) -> str:
    """An address of this machine where it tells others another one, which may be a router's."""
    if not settings.media.advertise:
        return ""
    host = settings.media.host
    return next(iter(machine_addresses()), "") if host in _ANY else host
