"""`streamsvc teach`: teach a lesson with a clip or a file, for a demo or a rehearsal."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from streamsvc.base import log
from streamsvc.base.errors import StreamsvcError
from streamsvc.commands.options import tell_and_exit


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
        Path | None, typer.Option(help="Folder for the encoded clip.", envvar="STREAMSVC_CACHE")
    ] = None,
) -> None:
    """Teach until the lesson ends, somebody takes over, or Ctrl-C."""
    log.configure("info", as_json=False)
    from streamsvc.air_time import AirTime, teach_until_over  # late: other commands start sooner

    plan = AirTime(
        server=server,
        login=login,
        password=password,
        lesson_id=lesson,
        source="clip" if file == "clip" else Path(file),
        shares_screen=screen,
        takes_over=take_over,
        cache=cache or Path(tempfile.gettempdir()) / "streamsvc-clips",
    )
    try:
        end = asyncio.run(teach_until_over(plan))
    except KeyboardInterrupt:
        return
    except StreamsvcError as error:
        tell_and_exit(error)
    typer.echo(f"ended: {end.value}")
    raise typer.Exit(0 if end in ("taken_over", "lesson_ended") else 1)
