"""`streamsvc swarm`: many receivers at once, to see what a server can take before term starts."""

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from relay.client.swarm.plan import Estimate, Feedback, Joins, SwarmPlan
from relay.client.swarm.report import HEADINGS, SwarmReport, line
from streamsvc.base import log
from streamsvc.base.errors import EnvironmentFault, StreamsvcError
from streamsvc.commands.options import tell_and_exit


def _option(panel: str, words: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=words, rich_help_panel=panel, show_default=False, **more)


_ANY, _OWN, _LOAD, _REPORT = "Any WHIP/WHEP server", "A streamsvc server", "Load", "Report"
Whep = Annotated[str, _option(_ANY, "Where receivers watch.")]
Whip = Annotated[str, _option(_ANY, "Where to publish; empty: watch what is there.")]
Token = Annotated[str, _option(_ANY, "Bearer token of both.")]
PublisherToken = Annotated[str, _option(_ANY, "Bearer token to publish with.")]
ViewerToken = Annotated[str, _option(_ANY, "Bearer token to watch with.")]
Server = Annotated[str, _option(_OWN, "Address of the service.")]
ViewerLogin = Annotated[
    str, _option(_OWN, "Who watches: administrator or observer.", envvar="STREAMSVC_VIEWER_LOGIN")
]
ViewerPassword = Annotated[
    str, _option(_OWN, "Of who watches.", envvar="STREAMSVC_VIEWER_PASSWORD")
]
Login = Annotated[
    str, _option(_OWN, "Lead teacher, publishes; empty: watch.", envvar="STREAMSVC_LOGIN")
]
Password = Annotated[str, _option(_OWN, "Of the lead teacher.", envvar="STREAMSVC_PASSWORD")]
LessonId = Annotated[str, _option(_OWN, "Lesson id; empty: live, or due next.")]
TakeOver = Annotated[bool, _option(_OWN, "End whoever teaches it now.", "--take-over")]
Receivers = Annotated[int, _option(_LOAD, "How many (50).", min=1)]
JoinsOption = Annotated[Joins, _option(_LOAD, "spread evenly, or all at the bell (spread).")]
Rate = Annotated[float, _option(_LOAD, "Spread joins a second (10).", min=0.1)]
Seconds = Annotated[float, _option(_LOAD, "Length of the run (60).", min=1)]
Bitrate = Annotated[int, _option(_LOAD, "Of the picture, kbit/s (1000).", min=50, max=20_000)]
Layers = Annotated[int, _option(_LOAD, "Layers of the picture, 1 to 3 (1).", min=1, max=3)]
Workers = Annotated[int, _option(_LOAD, "Receiving processes (1).", min=1, max=64)]
FeedbackOption = Annotated[bool, _option(_LOAD, "Tell the server what Chrome tells (yes).")]
EstimateOption = Annotated[Estimate, _option(_LOAD, "Receivers tell remb or transport-cc (remb).")]
Nacks = Annotated[float, _option(_LOAD, "Share of packets asked for again (0.01).", min=0, max=1)]
Stamps = Annotated[bool, _option(_LOAD, "Mark packets, to measure delay (yes).")]
Sample = Annotated[int, _option(_REPORT, "Check one packet in so many (64).", min=1, max=64)]
IntervalOption = Annotated[float, _option(_REPORT, "Seconds a line (5).", min=0.5)]
Pids = Annotated[list[int] | None, _option(_REPORT, "Server process on this machine.", "--pid")]
JsonFile = Annotated[Path | None, _option(_REPORT, "Write all figures.", "--json")]
PlotFile = Annotated[Path | None, _option(_REPORT, "Draw them into a PNG file.", "--plot")]
Cache = Annotated[
    Path | None, _option(_REPORT, "Folder of the encoded clip.", envvar="STREAMSVC_CACHE")
]


@dataclass(frozen=True, slots=True)
class Target:
    """Where the swarm goes, as the options say."""

    whip: str
    whep: str
    publisher_token: str
    viewer_token: str
    server: str
    teacher: tuple[str, str]
    viewer: tuple[str, str]
    lesson_id: str
    takes_over: bool

    def check(self) -> None:
        """Raises typer.BadParameter with what to do instead."""
        if bool(self.server) == bool(self.whep):
            raise typer.BadParameter("Give --whep (and --whip), or --server with its logins.")
        if self.server and not all(self.viewer):
            raise typer.BadParameter(
                "Give --viewer-login and --viewer-password: a lead teacher is never sent her own"
                " picture, so somebody else has to watch."
            )


@dataclass(frozen=True, slots=True)
class Output:
    """Files to write at the end."""

    json_file: Path | None
    plot_file: Path | None


def swarm(
    whep: Whep = "",
    whip: Whip = "",
    token: Token = "",
    publisher_token: PublisherToken = "",
    viewer_token: ViewerToken = "",
    server: Server = "",
    viewer_login: ViewerLogin = "",
    viewer_password: ViewerPassword = "",
    login: Login = "",
    password: Password = "",
    lesson: LessonId = "",
    take_over: TakeOver = False,
    receivers: Receivers = 50,
    joins: JoinsOption = Joins.SPREAD,
    rate: Rate = 10.0,
    seconds: Seconds = 60.0,
    bitrate: Bitrate = 1000,
    layers: Layers = 1,
    workers: Workers = 1,
    feedback: FeedbackOption = True,
    estimate: EstimateOption = Estimate.REMB,
    nacks: Nacks = 0.01,
    stamps: Stamps = True,
    sample: Sample = 64,
    interval: IntervalOption = 5.0,
    pid: Pids = None,
    json_file: JsonFile = None,
    plot: PlotFile = None,
    cache: Cache = None,
) -> None:
    """Watch a lesson many times over, and tell what came of it: losses, delay, time to join.

    Ctrl-C ends it early; all receivers leave in order, and the figures so far are told.
    """
    target = Target(
        whip=whip,
        whep=whep,
        publisher_token=publisher_token or token,
        viewer_token=viewer_token or token,
        server=server,
        teacher=(login, password),
        viewer=(viewer_login, viewer_password),
        lesson_id=lesson,
        takes_over=take_over,
    )
    target.check()
    plan = SwarmPlan(
        watch=None,
        receivers=receivers,
        joins=joins,
        joins_per_second=rate,
        seconds=seconds,
        interval_seconds=interval,
        workers=workers,
        bitrate_bps=1000 * bitrate,
        layers=layers,
        cache=cache or Path(tempfile.gettempdir()) / "streamsvc-clips",
        sampled_one_in=sample,
        feedback=Feedback(is_on=feedback, estimate=estimate, nack_share=nacks),
        is_stamped=stamps,
        server_pids=tuple(pid or ()),
    )
    log.configure("warning", as_json=False)
    try:
        _carry_out(plan, target, Output(json_file, plot))
    except StreamsvcError as error:
        tell_and_exit(error)


def _carry_out(plan: SwarmPlan, target: Target, output: Output) -> None:
    if output.plot_file is not None:
        from relay.client.swarm.plot import check_can_draw

        check_can_draw()
    report = asyncio.run(_run(plan, target))
    _tell_end(report)
    try:
        _write(report, output)
    except OSError as error:
        raise EnvironmentFault("report-unwritable", reason=str(error)) from error


async def _run(plan: SwarmPlan, target: Target) -> SwarmReport:
    from relay.client.swarm.swarm import run  # late: the other commands start sooner

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _with_doors(plan, target) as whole:
        typer.echo(HEADINGS)
        return await run(
            whole,
            on_interval=lambda one: typer.echo(line(one, plan.receivers)),
            stop=stop,
        )


@asynccontextmanager
async def _with_doors(plan: SwarmPlan, target: Target) -> AsyncIterator[SwarmPlan]:
    from relay.client.swarm.http_door import FixedGrant, HttpDoor
    from streamsvc.rehearsal import Account, rehearsal

    if target.whep:
        watch = HttpDoor(target.whep, FixedGrant(target.viewer_token))
        publish = HttpDoor(target.whip, FixedGrant(target.publisher_token))
        yield replace(plan, watch=watch, publish=publish if target.whip else None)
        return
    teacher = Account(*target.teacher) if all(target.teacher) else None
    async with rehearsal(
        target.server,
        Account(*target.viewer),
        teacher,
        target.lesson_id,
        takes_over=target.takes_over,
    ) as doors:
        yield replace(plan, watch=doors.watch, publish=doors.publish)


def _tell_end(report: SwarmReport) -> None:
    if not report.intervals:
        return
    typer.echo("whole:")
    typer.echo(line(report.whole(), report.receivers))
    steady = report.steady()
    if steady is not None:
        typer.echo("after everybody had come:")
        typer.echo(line(steady, report.receivers))


def _write(report: SwarmReport, output: Output) -> None:
    if output.json_file is not None:
        words = json.dumps(report.as_json(), indent=2)
        output.json_file.write_text(words + "\n", "utf-8")
    if output.plot_file is not None:
        from relay.client.swarm.plot import draw

        draw(report, output.plot_file)
