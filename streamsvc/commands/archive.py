"""`streamsvc archive`: make the playable files of a recording again from its journal."""

from pathlib import Path
from typing import Annotated

import typer

from streamsvc.base.errors import StreamsvcError
from streamsvc.commands.options import tell_and_exit


def archive(
    recording: Annotated[Path, typer.Argument(help="Folder of one recording.", exists=True)],
) -> None:
    """Rebuild the HLS of a recording from its RTP journal; the journal is not changed."""
    from recorder.io.remux import rebuild  # late: the other commands start sooner

    try:
        rebuild(recording)
    except StreamsvcError as error:
        tell_and_exit(error)
    typer.echo(f"rebuilt {recording}")
