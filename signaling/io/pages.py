"""The web pages: HTML by address, hashed assets for ever, everything else revalidated."""

import base64
import hashlib
import json
import mimetypes
import re
from pathlib import Path

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from signaling.io.auth import caller, public
from signaling.io.context import Context, context
from signaling.io.guard import content_policy
from signaling.protocol.resources import RoomBootstrap
from signaling.protocol.room_channel import RoomHome
from streamsvc.base.errors import UserError
from streamsvc.school.records import SignInKind

router = APIRouter()

_OPEN = [Depends(public("pages hold nothing; what they show comes from the API"))]
_BOOTSTRAP = "<!--bootstrap-->"
_INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", re.S
)
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_IMMUTABLE = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>streamsvc</title>
<body style="font:16px/1.7 sans-serif;max-width:36em;margin:15vh auto;padding:0 1em">
<p>服务在运行，网页还没有生成。在项目目录运行：</p>
<p lang="en">The service is running, but the web pages are not built. In the project folder run:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre></body></html>"""


@router.get("/", dependencies=_OPEN)
async def home(request: Request, ctx: Context = Depends(context)) -> Response:
    """Where this browser belongs."""
    if await caller(request, ctx, SignInKind.ROOM):
        return RedirectResponse("/room", 303)
    if await caller(request, ctx, SignInKind.STAFF):
        return RedirectResponse("/today", 303)
    return RedirectResponse("/join", 303)


@router.get("/room", dependencies=_OPEN)
@router.get("/room/live", dependencies=_OPEN)
async def room_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """The classroom's screen, with what it needs already inside."""
    found = await caller(request, ctx, SignInKind.ROOM)
    room_home = await ctx.waiting.room_home(found.principal) if found else None
    return _page(request, ctx, "room.html", bootstrap(room_home, _locale(request)))


@router.get("/join", dependencies=_OPEN)
async def join_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """Enter a classroom code."""
    return _page(request, ctx, "join.html")


@router.get("/p", dependencies=_OPEN)
@router.get("/p/{pair}", dependencies=_OPEN)
async def phone_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """The helper's phone."""
    return _page(request, ctx, "phone.html")


@router.get("/watch", dependencies=_OPEN)
@router.get("/watch/{key}", dependencies=_OPEN)
async def watch_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """A class's parents. The address is the key: nobody is told it as the referrer."""
    answer = _page(request, ctx, "watch.html")
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


@router.get("/camera", dependencies=_OPEN)
async def camera_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """A phone as a camera of a lead room; its link is behind the #, which no server sees."""
    return _page(request, ctx, "camera.html")


@router.get("/captions", dependencies=_OPEN)
async def captions_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """Who writes captions. The key is behind the mark of the address, which no server is told."""
    return _page(request, ctx, "captions.html")


@router.get("/login", dependencies=_OPEN)
@router.get("/today", dependencies=_OPEN)
@router.get("/teach/{rest:path}", dependencies=_OPEN)
@router.get("/library", dependencies=_OPEN)
@router.get("/library/{rest:path}", dependencies=_OPEN)
@router.get("/admin", dependencies=_OPEN)
@router.get("/admin/{rest:path}", dependencies=_OPEN)
async def staff_page(request: Request, ctx: Context = Depends(context)) -> Response:
    """Teachers' and administrators' pages; the page itself finds its view by the address."""
    return _page(request, ctx, "staff.html")


@router.get("/{path:path}", dependencies=_OPEN)
async def built_file(path: str, request: Request, ctx: Context = Depends(context)) -> Response:
    """A file of the web build, compressed where the build made a compressed copy."""
    file = _file_of_build(ctx.services.settings.web_dist.resolve(), path)
    chosen, encoding = _variant(file, request.headers.get("accept-encoding", ""))
    headers = {
        "Cache-Control": _IMMUTABLE if path.startswith("assets/") else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return FileResponse(chosen, media_type=media_type, headers=headers)


def _file_of_build(root: Path, path: str) -> Path:
    """Raises UserError `path-unknown` for a page, and for what is no file inside `root`."""
    try:
        file = (root / path).resolve()
        is_served = file.is_relative_to(root) and file.is_file() and file.suffix != ".html"
    except (OSError, ValueError):  # a name too long for the disk, or with a zero byte
        is_served = False
    if not is_served:
        raise UserError("path-unknown")
    return file


def bootstrap(room_home: RoomHome | None, locale: str) -> str:
    """JSON as a data block that no value can break out of (HTML §4.12.1.3)."""
    value = RoomBootstrap.model_validate({"room_home": room_home, "locale": locale})
    text = json.dumps(value.model_dump(mode="json", by_alias=True), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="application/json" id="bootstrap">{text}</script>'


def _page(request: Request, ctx: Context, name: str, inside: str = "") -> Response:
    file = ctx.services.settings.web_dist / name
    try:
        text = file.read_text("utf-8")
    except OSError:
        return HTMLResponse(NOT_BUILT, 503)
    headers = {
        "Content-Security-Policy": content_policy(
            request.headers.get("host", ""), inline_script_hashes(text)
        ),
        "Cache-Control": "no-store" if inside else "no-cache",
        "Vary": "Cookie, Accept-Language",
    }
    return HTMLResponse(text.replace(_BOOTSTRAP, inside), headers=headers)


def inline_script_hashes(page: str) -> tuple[str, ...]:
    """Hashes that let the build's own inline scripts (polyfills) run under our policy."""
    digests = (hashlib.sha256(code.encode()).digest() for code in _INLINE_SCRIPT.findall(page))
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


def _variant(file: Path, accepted: str) -> tuple[Path, str]:
    names = {part.partition(";")[0].strip() for part in accepted.split(",")}
    for encoding, ending in _ENCODINGS:
        compressed = file.with_name(file.name + ending)
        if encoding in names and compressed.is_file():
            return compressed, encoding
    return file, ""


def _locale(request: Request) -> str:
    """The first language of the browser that the product speaks."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        language = part.partition(";")[0].strip().partition("-")[0]
        if language in ("zh", "en"):
            return "zh-CN" if language == "zh" else "en"
    return "zh-CN"
