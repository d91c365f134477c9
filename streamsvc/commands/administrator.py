"""`streamsvc administrator`: the first account of a new installation."""

import asyncio
from typing import Annotated

import typer

from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import PersonId
from streamsvc.commands.options import Config, Data, settings_or_exit, tell_and_exit

MIN_PASSWORD_CHARACTERS = 8
"""As in the API (`signaling.protocol.resources`)."""


def administrator(
    login: Annotated[str, typer.Option(help="What she signs in with.", prompt=True)],
    name: Annotated[str, typer.Option(help="Her name.", prompt=True)],
    organisation: Annotated[
        str, typer.Option(help="Name of the county (or school) she looks after.", prompt=True)
    ],
    password: Annotated[
        str,
        typer.Option(
            help=f"At least {MIN_PASSWORD_CHARACTERS} characters.",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
        ),
    ],
    config: Config = None,
    data: Data = None,
) -> None:
    """Add an administrator; makes her organisation if it does not exist yet."""
    from streamsvc.first_account import add_administrator  # late: the other commands start sooner

    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise typer.BadParameter(f"at least {MIN_PASSWORD_CHARACTERS} characters")
    settings = settings_or_exit(config, {"data": data})
    try:
        person: PersonId = asyncio.run(
            add_administrator(
                settings, login=login, name=name, organisation=organisation, password=password
            )
        )
    except StreamsvcError as error:
        tell_and_exit(error)
    typer.echo(f"added {login} ({person})")
