"""STUN and TURN servers for those in a lesson, with passwords that end as their grants do.

TURN passwords are coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the name says
until when it is good and whose it is, the password is an HMAC of the name, and coturn has the same
secret. So nothing is asked of coturn, and no password is kept anywhere.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

from signaling.protocol.grants import Claims
from signaling.protocol.wire import Wire


class IceServerView(Wire):
    """Goes into `RTCConfiguration.iceServers` as it is; name and password are empty for STUN."""

    urls: list[str]
    username: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class IceServers:
    """Those of this node."""

    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)

    def of(self, claims: Claims) -> list[IceServerView]:
        """For the bearer of a grant, as long as it lives."""
        found = []
        if self.stun_urls:
            found.append(IceServerView(urls=list(self.stun_urls)))
        if self.turn_urls:
            username = f"{claims.expires_at_ms // 1000}:{claims.participant_id}"
            found.append(
                IceServerView(
                    urls=list(self.turn_urls),
                    username=username,
                    credential=password(username, self.turn_secret),
                )
            )
        return found


def password(username: str, secret: str) -> str:
    """Base64 of HMAC-SHA1: what coturn computes."""
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
