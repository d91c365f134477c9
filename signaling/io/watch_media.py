"""The live lesson's files for a large audience, where no nginx serves them (deploy/nginx.conf).

    GET /live/{expires}-{signature}/{lesson_id}/{path}

The address itself is the permission: it opens one lesson until a moment. No cookie is read, and the
answer is the same for everybody, so that a proxy may keep it.
"""

import asyncio
import gzip
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signaling.io.context import context
from signaling.io.parts import part_answer
from streamsvc.base.errors import ProtocolError
from streamsvc.base.ids import LessonId

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
_TYPES = {"m4s": "video/iso.segment", "mp4": "video/mp4", "json": "application/json"}
_TYPES |= {"webp": "image/webp"}
_FOR_EVER = "public, max-age=86400, immutable"
"""A name is never used for anything else while its lesson's files are there."""
_SHORT = "public, max-age=1"
"""Of a playlist that was asked for without a wish."""
_KEYED = "public, max-age=10"
"""Of one that was waited for: its address names what is in it."""
_MOST_DIGITS = 8
_LARGE = 64_000
"""Playlists of a long lesson take milliseconds to compress: not in the loop."""


async def live_file(request: Request) -> Response:
    """One file of the lesson. Raises UserError `live-address-wrong`, `live-file-unknown`,
    ProtocolError `live-reload-wrong`, Overload `live-busy`, `live-not-yet`."""
    words = request.path_params
    path = str(words["path"])
    audience = context(request).services.audience
    origin = audience.origin(LessonId(words["lesson_id"]), str(words["signed"]), path)
    kind = path.rpartition(".")[2]
    if kind == "m3u8":
        number, part = _number(request, "_HLS_msn"), _number(request, "_HLS_part")
        skip = request.query_params.get("_HLS_skip", "")
        data = await origin.playlist(path, number, part, skip)
        kept = _SHORT if number is None else _KEYED
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            data = await asyncio.to_thread(_packed, data) if len(data) > _LARGE else _packed(data)
        return Response(data, media_type=PLAYLIST_TYPE, headers=headers)
    data = await origin.file(path)
    return part_answer(request, data, _TYPES[kind], {"Cache-Control": _FOR_EVER})


@lru_cache(maxsize=32)
def _packed(data: bytes) -> bytes:
    """Once for all who are told the same: a playlist comes twice a second."""
    return gzip.compress(data, compresslevel=6, mtime=0)


def _number(request: Request, name: str) -> int | None:
    """A delivery directive (§6.2.5). Raises ProtocolError `live-reload-wrong`."""
    word = request.query_params.get(name)
    if word is None:
        return None
    if not (word.isascii() and word.isdigit()) or len(word) > _MOST_DIGITS:
        raise ProtocolError("live-reload-wrong")
    return int(word)


ROUTE = Route("/live/{signed}/{lesson_id}/{path:path}", live_file, methods=["GET", "HEAD"])
