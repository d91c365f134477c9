"""The rooms' door to data channels: `POST /channel/{lesson_id}`, an offer in, its answer out."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.event_channel import EventChannel
from signaling.io.grants import Grants
from signaling.io.media_gate import party_of
from signaling.io.media_http import SDP, Problem, bearer_token, door, preflight, read_body
from signaling.io.registry import LessonRegistry
from signaling.io.services import Services
from signaling.protocol.grants import Claims
from signaling.protocol.inputs import Participant
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.base.tasks import TaskScope
from streamsvc.school.records import Role

LEAST_LOST = 0.28
"""TCP and a second strand are enough where a link loses less, also 10 % in bursts, which are more
for a while; and a thin link has no room for a channel beside its picture. A page can't tell: what a
full queue drops it counts over and over."""
ENDPOINT = "/channel/{lesson_id}"


class ChannelDoor:
    """`router` once; `close` at the end."""

    def __init__(self, services: Services, registry: LessonRegistry, grants: Grants) -> None:
        self._services = services
        self._registry = registry
        self._grants = grants
        self._scope = TaskScope("channels")

    def router(self, problem: Problem) -> APIRouter:
        """`problem` turns an error into its response."""
        router = APIRouter()
        router.add_route(ENDPOINT, door(self.post, problem), methods=["POST"])
        options = preflight("POST", {"Accept-Post": SDP})
        router.add_route(ENDPOINT, door(options, problem), methods=["OPTIONS"])
        return router

    async def post(self, request: Request) -> Response:
        """201 with the answer. The grant is checked before the body is read, and again after."""
        lesson_id, bearer = LessonId(request.path_params["lesson_id"]), bearer_token(request)
        claims = await self._let_in(bearer, lesson_id)
        lost = self._services.relay.fraction_lost(lesson_id, claims.participant_id)
        if lost < LEAST_LOST:
            raise UserError("channel-not-needed")
        offer = await read_body(request, SDP)
        claims = await self._let_in(bearer, lesson_id)
        participant = Participant.of(claims)
        channel = EventChannel(lesson_id, participant, self._registry, self._services, self._scope)
        answer = await self._services.relay.open_channel(party_of(claims), offer, channel)
        channel.opened(answer.session_id)
        headers = {"Cache-Control": "no-store"}
        return Response(answer.sdp, status_code=201, media_type=SDP, headers=headers)

    async def _let_in(self, bearer: str, lesson_id: LessonId) -> Claims:
        """Rooms that may watch now. Raises like `MediaAuthorizer`."""
        claims = self._grants.verify(bearer, lesson_id)
        if claims.role is not Role.ROOM:
            raise UserError("not-allowed")
        runner = await self._registry.open(lesson_id)
        claims = self._grants.verify(bearer, lesson_id)  # sent away meanwhile?
        runner.machine.check_subscribe(claims)
        return claims

    async def close(self) -> None:
        """Nothing more is sent."""
        await self._scope.close()
