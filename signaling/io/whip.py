"""The publishers' door: WHIP (RFC 9725)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from signaling.io.media_http import SDP, IceServersOf, bearer_token, created, read_body
from signaling.ports import MediaAuthorizer, RelayPort
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, MediaSessionId
from streamsvc.base.media import Slot

ENDPOINT = "/whip/{lesson_id}/{slot}"
SESSIONS = "/whip/sessions"


@dataclass(frozen=True, slots=True)
class WhipEndpoint:
    """`POST /whip/{lesson_id}/{slot}`; `?take_over=1` ends whoever fills the slot now,
    `?replaces=<session>` the caller's own session, if it is that."""

    relay: RelayPort
    authorize: MediaAuthorizer
    ice_servers: IceServersOf

    async def post(self, request: Request) -> Response:
        """201 with the answer. The grant is checked before the body is read, and again after: a
        body may come slowly, and the stage belong to another room by then."""
        slot = _slot(request.path_params["slot"])
        lesson_id = LessonId(request.path_params["lesson_id"])
        await self.authorize.publisher(bearer_token(request), lesson_id, slot)
        offer = await read_body(request, SDP)
        party = await self.authorize.publisher(bearer_token(request), lesson_id, slot)
        take_over = request.query_params.get("take_over") == "1"
        broken = request.query_params.get("replaces")
        replaces = MediaSessionId(broken) if broken else None
        answer = await self.relay.publish(
            party, slot, offer, take_over=take_over, replaces=replaces
        )
        servers = self.ice_servers(bearer_token(request), party)
        return created(answer, SESSIONS, servers)


def _slot(name: str) -> Slot:
    """Raises UserError `slot-unknown`."""
    if name not in tuple(Slot):
        raise UserError("slot-unknown")
    return Slot(name)
