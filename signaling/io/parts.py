"""Bytes in memory as an answer: all of them, or the rest that a broken transfer lacks."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


def part_answer(
    request: Request, data: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """One range is answered (RFC 9110 §14); anything else that is asked gets all."""
    known = {**headers, "Accept-Ranges": "bytes"}
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None:
        return Response(data, headers=known, media_type=media_type)
    first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
    if first > last:
        known["Content-Range"] = f"bytes */{len(data)}"
        return Response(status_code=416, headers=known)
    known["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, known, media_type=media_type)
