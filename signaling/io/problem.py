"""The one way an error leaves over HTTP: application/problem+json (RFC 9457), or a plain page when
a person opened an address in the browser."""

import html
import logging

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from signaling import metrics
from signaling.protocol.catalogue import entry_of, error_body
from signaling.protocol.lesson_views import ErrorBody
from signaling.protocol.resources import Problem
from streamsvc.base.errors import EnvironmentFault, StreamsvcError
from streamsvc.base.ids import new_id

log = logging.getLogger("streamsvc.http")


def problem_response(error: StreamsvcError, request: Request) -> Response:
    """The answer to a request that failed."""
    metrics.ERRORS.labels(error.error_id).inc()
    if isinstance(error, EnvironmentFault):
        log.error("! %s", error.error_id)
    entry, body = entry_of(error.error_id), error_body(error)
    if _is_page_visit(request):
        return HTMLResponse(_page(body), entry.status, _headers(error, entry.status))
    problem = Problem(
        type=f"urn:streamsvc:error:{error.error_id}",
        title=body.message.en,
        status=entry.status,
        error=body,
    )
    return JSONResponse(
        problem.model_dump(mode="json", by_alias=True),
        entry.status,
        _headers(error, entry.status),
        media_type="application/problem+json",
    )


def incident(error: BaseException) -> StreamsvcError:
    """Log a fault of ours under a number; the client gets the number and nothing else."""
    number = new_id("inc", 6)
    metrics.INCIDENTS.inc()
    log.error("! incident %s", number, exc_info=error)
    return EnvironmentFault("internal", incident=number)


def _headers(error: StreamsvcError, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if "retry_after_seconds" in error.details:
        headers["Retry-After"] = str(error.details["retry_after_seconds"])
    elif status == 503:
        headers["Retry-After"] = "5"
    if error.error_id.startswith("grant-"):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _is_page_visit(request: Request) -> bool:
    """A person typed or followed an address, rather than a page asking for data."""
    is_api = request.url.path.startswith(("/api/", "/whip/", "/whep/"))
    return not is_api and "text/html" in request.headers.get("accept", "")


def _page(body: ErrorBody) -> str:
    zh_cn, en = html.escape(body.message.zh_cn), html.escape(body.message.en)
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(body.id)}</title>"
        '<body style="font:16px/1.7 sans-serif;max-width:32em;margin:20vh auto;padding:0 1em">'
        f'<p>{zh_cn}</p><p lang="en">{en}</p><p><a href="/">首页 Home</a></p></body></html>'
    )
