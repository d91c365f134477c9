"""The viewers' door: WHEP (draft-ietf-wish-whep), client offers."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from signaling.io.media_http import SDP, IceServersOf, bearer_token, created, read_body
from signaling.ports import MediaAuthorizer, RelayPort
from streamsvc.base.ids import LessonId

ENDPOINT = "/whep/{lesson_id}"
SESSIONS = "/whep/sessions"


@dataclass(frozen=True, slots=True)
class WhepEndpoint:
    """`POST /whep/{lesson_id}`: the n-th audio (video) m-line gets the n-th slot of its kind."""

    relay: RelayPort
    authorize: MediaAuthorizer
    ice_servers: IceServersOf

    async def post(self, request: Request) -> Response:
        """201 with the answer. The grant is checked before the body is read, and again after: a
        body may come slowly, and the lesson be over by then."""
        lesson_id = LessonId(request.path_params["lesson_id"])
        await self.authorize.subscriber(bearer_token(request), lesson_id)
        offer = await read_body(request, SDP)
        party = await self.authorize.subscriber(bearer_token(request), lesson_id)
        answer = await self.relay.subscribe(party, offer)
        servers = self.ice_servers(bearer_token(request), party)
        return created(answer, SESSIONS, servers)
