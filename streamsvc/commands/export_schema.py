"""`streamsvc export-schema`: the wire as JSON schema, from which the web pages' types are made."""

import json

import typer


def export_schema() -> None:
    """Print the JSON schema of every message and body."""
    from signaling.protocol.schema import schema  # late: the other commands start sooner

    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))
