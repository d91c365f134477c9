"""QR codes of this site's own addresses."""

import io
import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError

router = APIRouter()

_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.?=&%~-]{0,300}")


@router.get("/api/qr.svg")
async def qr(
    path: Annotated[str, Query(max_length=300)],
    request: Request,
    caller: Caller = Depends(require(Action.MAKE_QR)),
    ctx: Context = Depends(context),
) -> Response:
    """An SVG that holds this origin and `path`."""
    if not _PATH.fullmatch(path):
        raise UserError("path-refused")
    origin = origin_for(request.url.scheme, request.url.netloc, ctx.services.settings.public_url)
    drawn = io.BytesIO()
    segno.make(origin + path, error="m").save(
        drawn, kind="svg", border=2, scale=8, xmldecl=False, svgns=True
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


def origin_for(scheme: str, netloc: str, public_url: str) -> str:
    """What another device can open: the address this page was opened by, unless that is this very
    machine."""
    host = urlsplit(f"//{netloc}").hostname or ""
    if public_url and _is_loopback(host):
        return public_url.rstrip("/")
    return f"{scheme}://{netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
