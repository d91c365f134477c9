"""`streamsvc teach`: teach a lesson with a clip or a file, for a demo, a rehearsal or a load test."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import httpx
import typer

from relay.client.teach import TeachEnd, teach as teach_lesson
from streamsvc.base import log
from streamsvc.base.errors import PeerGone, StreamsvcError
from streamsvc.base.tasks import TaskScope
from streamsvc.commands.options import tell_and_exit
from streamsvc.desk import TeacherDesk

SIGN_IN_TRIES = 50
SIGN_IN_PAUSE_SECONDS = 0.2


def teach(
    server: Annotated[str, typer.Option(help="Address of the service.")] = "http://localhost:8080",
    login: Annotated[str, typer.Option(envvar="STREAMSVC_LOGIN", prompt=True)] = "",
    password: Annotated[
        str, typer.Option(envvar="STREAMSVC_PASSWORD", prompt=True, hide_input=True)
    ] = "",
    lesson: Annotated[
        str, typer.Option(help="Lesson id; empty: the one that is live or due next.")
    ] = "",
    file: Annotated[
        str, typer.Option(help="'clip' (a moving clock with beeps) or a video file.")
    ] = "clip",
    screen: Annotated[bool, typer.Option(help="Share generated slides too.")] = True,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End whoever teaches it now.")
    ] = False,
    cache: Annotated[
        Path, typer.Option(help="Folder for the encoded clip.", envvar="STREAMSVC_CACHE")
    ] = Path(tempfile.gettempdir()) / "streamsvc-clips",
) -> None:
    """Teach until the lesson ends, somebody takes over, or Ctrl-C."""
    log.configure("info", as_json=False)
    source: Path | Literal["clip"] = "clip" if file == "clip" else Path(file)
    try:
        end = asyncio.run(
            _teach(server, login, password, lesson, source, screen, take_over, cache)
        )
    except KeyboardInterrupt:
        return
    except StreamsvcError as error:
        tell_and_exit(error)
    typer.echo(f"ended: {end.value}")
    raise typer.Exit(0 if end in (TeachEnd.TAKEN_OVER, TeachEnd.LESSON_ENDED) else 1)


async def _teach(
    server: str,
    login: str,
    password: str,
    lesson_id: str,
    source: Path | Literal["clip"],
    screen: bool,
    take_over: bool,
    cache: Path,
) -> TeachEnd:
    async with httpx.AsyncClient(timeout=15) as http:
        desk = TeacherDesk(server, http)
        await _sign_in(desk, login, password)
        lesson_id = lesson_id or await desk.lesson_now()
        paths = (await desk.grant(lesson_id))["whip"]

        async def fresh_grant() -> str:
            return str((await desk.grant(lesson_id))["grant"])

        scope = TaskScope("teach")
        try:
            on_air = scope.start(
                "media",
                teach_lesson(
                    desk.url(paths["lead"]),
                    fresh_grant,
                    source,
                    cache=cache,
                    screen_url=desk.url(paths["screen"]) if screen else None,
                    take_over=take_over,
                ),
            )
            ended = scope.start("desk", desk.keep_started(lesson_id))
            await asyncio.wait([on_air, ended], return_when=asyncio.FIRST_COMPLETED)
            return on_air.result() if on_air.done() else TeachEnd.LESSON_ENDED
        finally:
            await scope.close()


async def _sign_in(desk: TeacherDesk, login: str, password: str) -> None:
    """A service that has just been started answers in a moment."""
    for attempt in range(SIGN_IN_TRIES):
        try:
            return await desk.sign_in(login, password)
        except PeerGone:
            if attempt == SIGN_IN_TRIES - 1:
                raise
            await asyncio.sleep(SIGN_IN_PAUSE_SECONDS)
