"""Health for machines: alive, ready, and figures."""

import hmac
import ipaddress

from fastapi import APIRouter, Depends, WebSocket
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signaling.io.auth import public
from signaling.io.context import Context, context
from signaling.io.services import READY
from streamsvc.base.errors import UserError
from streamsvc.base.metrics import REGISTRY

router = APIRouter()

_BEARABLE = frozenset({"disk-full", "transcoders-full"})
"""Lessons go on without these: traffic sent elsewhere would not be served better."""
_OPTIONAL = frozenset({"courseware-needs-office"})
"""Told, and nothing ails: PDF is taken without it."""


@router.api_route(
    "/healthz",
    methods=["GET", "HEAD"],  # pages that were cut off ask by HEAD
    dependencies=[Depends(public("says only that the process answers"))],
)
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": READY}


@router.websocket("/healthz")
async def knocked(socket: WebSocket) -> None:
    """The same to a page that was cut off, whose requests wait for TCP: a socket is a new one."""
    await socket.accept()
    await socket.close()


@router.get("/readyz", dependencies=[Depends(public("names parts, no people"))])
async def readyz(ctx: Context = Depends(context)) -> Response:
    """Whether requests can be taken now: 200, also where a part is ailing without being needed for
    them (`degraded`); else 503. Each part says `ok` or its error id."""
    parts = dict(await ctx.services.readiness())
    status = _status(set(parts.values()) - _OPTIONAL - {READY})
    return JSONResponse({"status": status, "parts": parts}, 503 if status == "not-ready" else 200)


def _status(faults: set[str]) -> str:
    if not faults:
        return READY
    return "degraded" if faults <= _BEARABLE else "not-ready"


@router.get("/metrics", dependencies=[Depends(public("this machine, or the metrics token"))])
async def figures(request: Request, ctx: Context = Depends(context)) -> Response:
    """Prometheus text format."""
    if not _may_read(request, ctx.services.settings.metrics_token):
        raise UserError("metrics-refused")
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _may_read(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    try:
        host = request.client.host if request.client else ""
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
