"""Options that several commands share, and how an operator is told of a fault."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from streamsvc.base.errors import EnvironmentFault, StreamsvcError
from streamsvc.run import EXIT_ENVIRONMENT, EXIT_SETTINGS
from streamsvc.settings import Settings, load

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of database and recordings.")]
Port = Annotated[int | None, typer.Option("--port", help="TCP port of plain HTTP.")]
MediaPort = Annotated[int | None, typer.Option("--media-port", help="UDP port of all media.")]
MediaTcpPort = Annotated[
    int | None,
    typer.Option(
        "--media-tcp-port", help="TCP port of the same media, for networks that block UDP."
    ),
]
TlsMode = Annotated[str | None, typer.Option("--tls", help="off, local (own authority) or files.")]


def settings_or_exit(config: Path | None, flags: dict[str, Any]) -> Settings:
    """Settings, or one sentence and exit code 2."""
    try:
        return load(config, flags)
    except EnvironmentFault as fault:
        tell_and_exit(fault)


def tell_and_exit(error: StreamsvcError) -> NoReturn:
    """One sentence on standard error and the exit code of its kind."""
    typer.echo(f"streamsvc: {english(error)}", err=True)
    is_settings = error.error_id == "settings-wrong"
    raise typer.Exit(EXIT_SETTINGS if is_settings else EXIT_ENVIRONMENT)


def english(error: StreamsvcError) -> str:
    """The sentence with its stable id."""
    from signaling.protocol.catalogue import sentence  # late: the other commands start sooner

    return f"{sentence(error.error_id, error.details).en} ({error.error_id})"
