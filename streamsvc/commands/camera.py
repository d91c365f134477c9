"""`streamsvc camera`: an IP camera or a file as one more camera of a lead room."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamsvc.base import log
from streamsvc.base.errors import StreamsvcError
from streamsvc.commands.options import english, tell_and_exit

if TYPE_CHECKING:
    from relay.ingest.teach import SourceReport


def camera(
    link: Annotated[
        str, typer.Argument(help="The camera's link, from the teacher's page.", metavar="LINK")
    ],
    rtsp: Annotated[
        str, typer.Option(help="An IP camera: rtsp:// or rtsps://.", envvar="STREAMSVC_SOURCE")
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
        bool, typer.Option("--recode", help="Encode its picture again (540p, 600 kbit/s).")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="A video file in its place, over and over.")
    ] = None,
) -> None:
    """Send one picture, without sound, until the lesson ends or the camera is removed."""
    log.configure("info", as_json=False)
    from relay.ingest.address import parse_address, parse_networks
    from streamsvc.camera_time import CameraTime, show_until_over

    if bool(rtsp) == (file is not None):
        raise typer.BadParameter("one source: --rtsp or --file", param_hint="--rtsp")
    try:
        source = file or parse_address(rtsp, rtsp_user, rtsp_password)
        allowed = parse_networks(allow_network or [])
        plan = CameraTime(link, source, allowed, may_pass=not recode, on_report=_tell)
        end = asyncio.run(show_until_over(plan))
    except KeyboardInterrupt:
        return
    except StreamsvcError as error:
        tell_and_exit(error)
    typer.echo(f"ended: {end.value}")


def _tell(report: "SourceReport") -> None:
    """How the camera is, in a sentence."""
    if report.error is not None:
        typer.echo(f"{english(report.error)}; again in {report.wait_seconds:.0f} s")
    else:
        typer.echo("on air" if report.state == "on_air" else "connecting to the camera")
