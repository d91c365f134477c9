"""Teaching from a clip, a file or an RTSP source: the desk (sign in, grant, start) and the media,
side by side.

A file that is played once (a premiere) goes on air at the lesson's planned time, not before: its
first second is the lesson's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from relay.client.teach import TeachEnd, teach
from relay.ingest.address import IpNetwork, SourceAddress
from relay.ingest.file_teach import FileProgress, FileTeacher
from relay.ingest.teach import Door, SourceReport, SourceState, SourceTeacher
from streamsvc.base.errors import PeerGone, StreamsvcError
from streamsvc.base.tasks import TaskScope
from streamsvc.desk import TeacherDesk
from streamsvc.source_news import SourceNews

SIGN_IN_TRIES = 50
SIGN_IN_PAUSE_SECONDS = 0.2


PUSHED: Literal["pushed"] = "pushed"


@dataclass(frozen=True, slots=True)
class AirTime:
    """What is taught, by whom and where."""

    server: str
    login: str
    password: str
    lesson_id: str
    """Empty: the lesson that is live or due next."""
    source: Path | Literal["clip", "pushed"] | SourceAddress
    shares_screen: bool
    """Not beside an RTSP source: its lesson has slides of its own."""
    takes_over: bool
    cache: Path
    allowed: tuple[IpNetwork, ...] = ()
    """Networks where an RTSP source may be though they are refused else."""
    may_pass: bool = True
    """An RTSP source's picture goes to the rooms as it is where browsers take it."""
    on_report: Callable[[SourceReport], None] = lambda _: None
    """Hears how an RTSP source is."""
    plays_once: bool = False
    """A file, from its first second at the planned time to its last; not over and over."""
    ends_lesson: bool = False
    """With a file that was played once; else the lesson goes on, without anybody who teaches."""
    session: str = ""
    """A sign-in that the service lent to this process, in place of login and password."""
    begin_seconds: float = 0.0
    """Of a file that is played once: it was played so far before."""
    on_progress: Callable[[FileProgress], None] = lambda _: None
    """Hears how far a file is that is played once."""
    note: Path | None = None
    """See `Door`."""
    near: str = ""
    """The service is on this machine: where its media is reached, whatever it tells others."""
    on_key: Callable[[str, str], None] = lambda _address, _key: None
    """Hears server address and stream key for a push."""


async def teach_until_over(plan: AirTime) -> TeachEnd:
    """Teach until the lesson ends or somebody takes over.

    Raises UserError with the server's error id, `source-address-refused` or `file-*`, PeerGone
    `server-unreachable`, EnvironmentFault `media-file-unreadable`.
    """
    is_here = bool(plan.session)
    # By this name the service answers plain HTTP also where it sends everybody else to HTTPS.
    headers = {"Host": "localhost"} if is_here else {}
    async with httpx.AsyncClient(timeout=15, headers=headers) as http:
        # A recorder host is on before the bell; a rehearsal can't begin too soon.
        is_recorder_host = isinstance(plan.source, SourceAddress) or plan.source == PUSHED
        desk = TeacherDesk(plan.server, http, starts_on_time=is_recorder_host, is_here=is_here)
        if plan.session:
            desk.use_session(plan.session)
        else:
            await _sign_in(desk, plan)
        lesson_id = plan.lesson_id or await desk.lesson_now()
        if plan.source == PUSHED:
            plan.on_key(*await desk.stream_key(lesson_id))
            await desk.keep_started(lesson_id)
            return TeachEnd.LESSON_ENDED
        scope = TaskScope("teach")
        try:
            on_air = scope.start("media", _media(desk, lesson_id, plan, http))
            ended = scope.start("desk", desk.keep_started(lesson_id))
            await asyncio.wait([on_air, ended], return_when=asyncio.FIRST_COMPLETED)
            if not on_air.done():
                return TeachEnd.LESSON_ENDED
            end: TeachEnd = on_air.result()
            if end is TeachEnd.FILE_OVER and plan.ends_lesson:
                await desk.end_lesson(lesson_id)
            return end
        finally:
            await scope.close()


async def _media(
    desk: TeacherDesk, lesson_id: str, plan: AirTime, http: httpx.AsyncClient
) -> TeachEnd:
    paths = (await desk.grant(lesson_id))["whip"]

    async def fresh_grant() -> str:
        return str((await desk.grant(lesson_id))["grant"])

    if isinstance(plan.source, SourceAddress):
        url = desk.url(f"/api/lessons/{lesson_id}/source")
        news = SourceNews(url, str(plan.source), fresh_grant, http)
        door = Door(desk.url(paths["lead"]), fresh_grant, http, near=plan.near, note=plan.note)
        return await _pulled(plan, plan.source, door, news)
    if plan.plays_once and isinstance(plan.source, Path):
        door = Door(desk.url(paths["lead"]), fresh_grant, http, near=plan.near, note=plan.note)
        player = FileTeacher(
            plan.source, door, begin_seconds=plan.begin_seconds, on_progress=plan.on_progress
        )
        await player.prepare()
        await desk.wait_planned(lesson_id)
        return await player.keep(take_over=plan.takes_over)
    return await teach(
        desk.url(paths["lead"]),
        fresh_grant,
        plan.source if isinstance(plan.source, Path) else "clip",
        cache=plan.cache,
        screen_url=desk.url(paths["screen"]) if plan.shares_screen else None,
        take_over=plan.takes_over,
        http=http,
        near=plan.near,
    )


async def _pulled(plan: AirTime, address: SourceAddress, door: Door, news: SourceNews) -> TeachEnd:
    """The source's media; the operator and the lesson hear how it is."""

    def told(report: SourceReport) -> None:
        plan.on_report(report)
        news.tell(report)

    teacher = SourceTeacher(
        address, door, allowed=plan.allowed, may_pass=plan.may_pass, on_report=told
    )
    scope = TaskScope("pulled")
    scope.start("news", news.run())
    try:
        return await teacher.keep(take_over=plan.takes_over)
    except StreamsvcError as error:  # it will not be tried again
        await news.say_once(SourceReport(SourceState.WAITING, error))
        raise
    finally:
        await scope.close()


async def _sign_in(desk: TeacherDesk, plan: AirTime) -> None:
    """A service that has just been started answers in a moment."""
    for attempt in range(SIGN_IN_TRIES):
        try:
            return await desk.sign_in(plan.login, plan.password)
        except PeerGone:
            if attempt == SIGN_IN_TRIES - 1:
                raise
            await asyncio.sleep(SIGN_IN_PAUSE_SECONDS)
