"""A running WHIP or WHEP session as an HTTP resource: trickle, ICE restart, end."""

from starlette.requests import Request
from starlette.responses import Response

from signaling.io.media_http import FRAGMENT, bearer_token, read_body
from signaling.ports import MediaAuthorizer, RelayPort
from streamsvc.base.ids import MediaSessionId


class MediaSessionResource:
    """Both doors' sessions behave alike (RFC 9725 §4.3, draft-ietf-wish-whep §4.4)."""

    def __init__(self, relay: RelayPort, authorize: MediaAuthorizer) -> None:
        self._relay = relay
        self._authorize = authorize

    async def patch(self, request: Request) -> Response:
        """204 for candidates; 200 with our new half and a new tag for an ICE restart."""
        await self._owned_session(request)
        fragment = await read_body(request, FRAGMENT)
        session_id = await self._owned_session(request)  # the grant may have ended meanwhile
        answer = await self._relay.trickle(session_id, fragment, request.headers.get("if-match"))
        if answer.fragment is None:
            return Response(status_code=204)
        return Response(
            answer.fragment, media_type=FRAGMENT, headers={"ETag": answer.etag}, status_code=200
        )

    async def delete(self, request: Request) -> Response:
        """End the session."""
        await self._relay.close(await self._owned_session(request))
        return Response(status_code=200)

    async def _owned_session(self, request: Request) -> MediaSessionId:
        session_id = MediaSessionId(request.path_params["session_id"])
        party = self._relay.session_party(session_id)
        await self._authorize.session(bearer_token(request), party)
        return session_id
