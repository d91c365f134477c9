"""`/trust`: how another machine comes to trust the local certificate authority.

Served over plain HTTP too, since a browser that does not trust it yet can't read it otherwise; on
other machines everything else there is sent on to HTTPS.
"""

import hashlib
import html
from pathlib import Path
from string import Template
from urllib.parse import quote

import segno
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN_PATHS = ("/trust", "/healthz", "/readyz", "/metrics")

_PAGES = Path(__file__).parent / "trust_pages"
_TITLES = {"zh-CN": "信任同堂服务器", "en": "Trust the classroom server"}


def trust_router(authority: Path, http_port: int, https_port: int) -> APIRouter:
    """Routes of the page and of the authority's certificate (never of its key)."""
    router = APIRouter()
    certificate = x509.load_pem_x509_certificate(authority.read_bytes())
    der = certificate.public_bytes(Encoding.DER)
    digest = hashlib.sha256(der).hexdigest().upper()
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))

    @router.get("/trust", include_in_schema=False)
    async def page(request: Request, lang: str = "") -> HTMLResponse:
        host = request.url.hostname or "localhost"
        in_url = f"[{host}]" if ":" in host else host
        code = segno.make(f"http://{in_url}:{http_port}/trust", micro=False)
        accepted = request.headers.get("accept-language", "zh")
        is_english = lang == "en" or (not lang and accepted.lower().startswith("en"))
        language = "en" if is_english else "zh-CN"
        body = _template(language).substitute(
            https=html.escape(f"https://{in_url}:{https_port}/"),
            fingerprint=fingerprint,
            qr=code.svg_inline(border=2, omitsize=True),
        )
        page = _template("page").substitute(lang=language, title=_TITLES[language], body=body)
        return HTMLResponse(page)

    @router.get("/trust/ca.crt", include_in_schema=False)
    async def authority_certificate() -> Response:
        return Response(
            der,
            media_type="application/x-x509-ca-cert",
            headers={"Content-Disposition": 'attachment; filename="streamsvc-ca.crt"'},
        )

    return router


def _template(name: str) -> Template:
    return Template((_PAGES / f"{name}.html").read_text("utf-8"))


class ToHttps:
    """ASGI wrapper of the plain-HTTP listener while HTTPS is on: this machine itself and the open
    paths pass, everybody else is sent to HTTPS, WebSockets are refused."""

    def __init__(self, app: ASGIApp, https_port: int) -> None:
        self._app = app
        self._https_port = https_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._passes(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._redirect(scope)(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        host = _hostname(scope)
        return host in ("localhost", "127.0.0.1", "::1") or scope["path"].startswith(_OPEN_PATHS)

    def _redirect(self, scope: Scope) -> Response:
        host = _hostname(scope)
        in_url = f"[{host}]" if ":" in host else host
        query = scope["query_string"].decode("latin-1")
        # the path was decoded: what was %0D%0A in it must not become a header of its own
        target = f"https://{in_url}:{self._https_port}{quote(scope['path'])}"
        location = target + (f"?{query}" if query else "")
        # 307 and not 308: a browser keeps a 308 for ever, also after HTTPS is turned off again
        return Response(status_code=307, headers={"Location": location})


def _hostname(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "localhost")
    if host.startswith("["):
        return host[1 : host.find("]")]
    return host.split(":")[0]
