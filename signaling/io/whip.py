"""The publishers' door: WHIP (RFC 9725)."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from signaling.io.media_http import SDP, IceServer, bearer_token, created, read_body
from signaling.ports import MediaAuthorizer, RelayPort
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.base.media import Slot

ENDPOINT = "/whip/{lesson_id}/{slot}"
SESSIONS = "/whip/sessions"


class WhipEndpoint:
    """`POST /whip/{lesson_id}/{slot}`; `?take_over=1` ends whoever fills the slot now."""

    def __init__(
        self, relay: RelayPort, authorize: MediaAuthorizer, ice_servers: Sequence[IceServer]
    ) -> None:
        self._relay = relay
        self._authorize = authorize
        self._ice_servers = ice_servers

    async def post(self, request: Request) -> Response:
        """201 with the answer. The grant is checked before the body is read, and again after it: a
        slow body is time enough to be sent away."""
        slot = _slot(request.path_params["slot"])
        lesson_id = LessonId(request.path_params["lesson_id"])
        await self._authorize.publisher(bearer_token(request), lesson_id, slot)
        offer = await read_body(request, SDP)
        party = await self._authorize.publisher(bearer_token(request), lesson_id, slot)
        take_over = request.query_params.get("take_over") == "1"
        answer = await self._relay.publish(party, slot, offer, take_over=take_over)
        return created(answer, SESSIONS, self._ice_servers)


def _slot(name: str) -> Slot:
    """Raises UserError `slot-unknown`."""
    if name not in tuple(Slot):
        raise UserError("slot-unknown")
    return Slot(name)
