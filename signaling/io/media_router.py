"""Both media doors as one router.

POST   /whip/{lesson_id}/{slot}     publish          POST   /whep/{lesson_id}           view
PATCH  /whip/sessions/{session_id}  trickle, restart PATCH  /whep/sessions/{session_id}
DELETE /whip/sessions/{session_id}  end              DELETE /whep/sessions/{session_id}
"""

from fastapi import APIRouter

from signaling.io import whep, whip
from signaling.io.media_http import FRAGMENT, SDP, Handler, IceServersOf, Problem, door, not_here
from signaling.io.media_http import preflight as preflight_of
from signaling.io.media_session import MediaSessionResource
from signaling.ports import MediaAuthorizer, RelayPort


def media_router(
    relay: RelayPort,
    authorize: MediaAuthorizer,
    problem: Problem,
    *,
    ice_servers: IceServersOf,
) -> APIRouter:
    """Routes of WHIP and WHEP. `problem` turns an error into its response; answers name
    `ice_servers`."""
    session = MediaSessionResource(relay, authorize)
    session_methods: dict[str, Handler] = {"PATCH": session.patch, "DELETE": session.delete}
    publish = whip.WhipEndpoint(relay, authorize, ice_servers)
    view = whep.WhepEndpoint(relay, authorize, ice_servers)
    router = APIRouter()
    # Sessions first: `/whip/{lesson_id}/{slot}` would match their path too.
    for path in (whip.SESSIONS, whep.SESSIONS):
        _add(router, path + "/{session_id}", session_methods, {"Accept-Patch": FRAGMENT}, problem)
    for path, post in ((whip.ENDPOINT, publish.post), (whep.ENDPOINT, view.post)):
        _add(router, path, {"POST": post}, {"Accept-Post": SDP}, problem)
    return router


def _add(
    router: APIRouter,
    path: str,
    handlers: dict[str, Handler],
    options: dict[str, str],
    problem: Problem,
) -> None:
    methods = ", ".join(handlers)
    all_handlers = {"OPTIONS": preflight_of(methods, options), **handlers}
    reserved = {"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} - set(handlers)
    for method, handler in all_handlers.items():
        router.add_route(path, door(handler, problem), methods=[method])
    router.add_route(path, door(not_here(methods), problem), methods=sorted(reserved))
