"""The command line. One file per subcommand under `commands/`."""

from typing import Annotated

import typer

from streamsvc.commands import (
    administrator,
    archive,
    camera,
    check_settings,
    doctor,
    export_schema,
    serve,
    swarm,
    teach,
)

cli = typer.Typer(
    name="streamsvc",
    help="The live dual-teacher classroom: one lead teacher, many receiving rooms, on any link.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command("serve")(serve.serve)
cli.command("teach")(teach.teach)
cli.command("camera")(camera.camera)
cli.command("swarm")(swarm.swarm)
cli.command("doctor")(doctor.doctor)
cli.command("administrator")(administrator.administrator)
cli.command("archive")(archive.archive)
cli.command("check-settings")(check_settings.check_settings)
cli.command("export-schema")(export_schema.export_schema)


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # it takes a tenth of a second

        typer.echo(f"streamsvc {version('streamsvc')}")
        raise typer.Exit


@cli.callback()
def _any_command(
    is_version_wanted: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version, and end."
        ),
    ] = False,
) -> None:
    """What holds for every command."""


def main() -> None:
    """Entry point of the `streamsvc` script."""
    cli()
