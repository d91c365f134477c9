"""`streamsvc teach`: teach a lesson with a clip or a file, for a demo or a rehearsal; from a
recorder host or IP camera; or with a film that is played once (a premiere)."""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streamsvc.base import log
from streamsvc.base.errors import PeerGone, StreamsvcError
from streamsvc.commands.options import english, tell_and_exit

if TYPE_CHECKING:
    from relay.ingest.teach import SourceReport


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
    play: Annotated[
        Path | None,
        typer.Option(
            help="A video file, or a recording of ours (its hls/lead/index.m3u8): played once, from"
            " the lesson's planned time on."
        ),
    ] = None,
    then: Annotated[
        Literal["end", "wait"],
        typer.Option(help="After --play: end the lesson, or leave it to a teacher."),
    ] = "end",
    rtmp: Annotated[
        bool,
        typer.Option(
            "--rtmp",
            help="Make a stream key for the lesson and say it: a recorder host, OBS or a phone"
            " pushes by RTMP; the lesson starts on time.",
        ),
    ] = False,
    progress: Annotated[
        Path | None,
        typer.Option(help="Where --play writes how far it is, and goes on from.", hidden=True),
    ] = None,
    note: Annotated[
        Path | None,
        typer.Option(help="Where the open session is kept, for the next process.", hidden=True),
    ] = None,
    near: Annotated[
        str, typer.Option(help="Where media of this very machine is reached.", hidden=True)
    ] = "",
    session: Annotated[str, typer.Option(envvar="STREAMSVC_SESSION", hidden=True)] = "",
    rtsp: Annotated[
        str,
        typer.Option(
            help="A recorder host or IP camera in place of a file: rtsp:// or rtsps://.",
            envvar="STREAMSVC_SOURCE",
        ),
    ] = "",
    rtsp_user: Annotated[str, typer.Option(help="Its user.", envvar="STREAMSVC_SOURCE_USER")] = "",
    rtsp_password: Annotated[
        str,
        typer.Option(
            help="Its password; better in the environment, where `ps` does not show it.",
            envvar="STREAMSVC_SOURCE_PASSWORD",
        ),
    ] = "",
    allow_network: Annotated[
        list[str] | None,
        typer.Option(help="A network where it may be though it is this machine's own: CIDR."),
    ] = None,
    recode: Annotated[
        bool,
        typer.Option(
            "--recode",
            help="Encode the source's picture again (540p, 600 kbit/s) though browsers could take"
            " it: for rooms on thin links.",
        ),
    ] = False,
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
    from relay.ingest.address import parse_address, parse_networks
    from streamsvc.air_time import (  # late: other commands start sooner
        PUSHED,
        AirTime,
        teach_until_over,
    )
    from streamsvc.premieres.progress import ProgressFile

    if sum((bool(rtsp), rtmp, file != "clip", play is not None)) > 1:
        raise typer.BadParameter(
            "one source: --file, --play, --rtsp or --rtmp", param_hint="--rtsp"
        )
    try:
        address = parse_address(rtsp, rtsp_user, rtsp_password) if rtsp else None
        allowed = parse_networks(allow_network or [])
    except StreamsvcError as error:
        tell_and_exit(error)
    told = ProgressFile(progress)
    plan = AirTime(
        server=server,
        login=login,
        password=password,
        lesson_id=lesson,
        source=PUSHED if rtmp else address or play or ("clip" if file == "clip" else Path(file)),
        shares_screen=screen,
        takes_over=take_over,
        cache=cache or Path(tempfile.gettempdir()) / "streamsvc-clips",
        allowed=allowed,
        may_pass=not recode,
        on_report=_tell,
        plays_once=play is not None,
        ends_lesson=then == "end",
        on_progress=told.tell,
        session=session,
        near=near,
        note=note,
        begin_seconds=told.begin_seconds,
        on_key=_tell_key,
    )
    try:
        end = asyncio.run(teach_until_over(plan))
    except KeyboardInterrupt:
        return
    except StreamsvcError as error:
        if not isinstance(error, PeerGone):  # that may pass: whoever started us tries again
            told.end(error.error_id)
        tell_and_exit(error)
    told.end(end.value)
    typer.echo(f"ended: {end.value}")
    raise typer.Exit(0 if end in ("taken_over", "lesson_ended", "file_over") else 1)


def _tell(report: "SourceReport") -> None:
    """How an RTSP source is, in a sentence."""
    words = {"connecting": "connecting to the source", "on_air": "on air"}
    if report.error is not None:
        typer.echo(f"{english(report.error)}; again in {report.wait_seconds:.0f} s")
    elif report.is_recoding:
        typer.echo("on air; the picture is encoded again")
    else:
        typer.echo(words[report.state])


def _tell_key(address: str, key: str) -> None:
    """Said once; the server keeps no more than its fingerprint."""
    typer.echo(f"server address: {address}")
    typer.echo(f"stream key:     {key}")
