"""`streamsvc check-settings`: what the program would run with."""

import typer

from streamsvc.commands.options import Config, settings_or_exit

_SECRET = {"metrics_token", "database_url"}


def check_settings(config: Config = None) -> None:
    """Check the settings file and environment, and print the result (secrets left out)."""
    settings = settings_or_exit(config, {})
    typer.echo(settings.model_dump_json(indent=2, exclude=_SECRET))
