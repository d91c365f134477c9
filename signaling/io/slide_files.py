"""Slides' files as answers: kept in memory, since a thousand rooms ask for the same one."""

import asyncio
from collections import OrderedDict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from signaling.io.parts import part_answer
from streamsvc.base.errors import UserError

KEPT_BYTES = 64_000_000
"""The lesson at hand, all sizes, and some more; the longest unused fall out."""
_FOR_EVER = "private, max-age=31536000, immutable"
_PRIORITY = "u=6, i"
"""RFC 9218: after everything a lesson needs now; each file is of use by itself."""


class SlideFiles:
    """Files that never change, by their checksum."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    async def read(self, sha256: str, path: Path) -> bytes:
        """Its content. Raises UserError `slide-unknown` when it is gone."""
        if sha256 in self._kept:
            self._kept.move_to_end(sha256)
            return self._kept[sha256]
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise UserError("slide-unknown") from error
        self._keep(sha256, data)
        return data

    def _keep(self, sha256: str, data: bytes) -> None:
        if sha256 in self._kept:  # read twice at a time
            return
        self._kept[sha256] = data
        self._bytes += len(data)
        while self._bytes > self._kept_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def slide_answer(request: Request, sha256: str, data: bytes) -> Response:
    """All of it, the rest of it (one range, RFC 9110 §14), or that it is known already."""
    etag = f'"{sha256}"'
    headers = {"ETag": etag, "Cache-Control": _FOR_EVER, "Priority": _PRIORITY}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if request.headers.get("if-range", etag) != etag:
        return Response(data, media_type="image/webp", headers=headers)
    return part_answer(request, data, "image/webp", headers)


def is_known(request: Request, etag: str) -> bool:
    """The client has it (If-None-Match)."""
    named = request.headers.get("if-none-match", "")
    return etag in (part.strip().removeprefix("W/") for part in named.split(","))
