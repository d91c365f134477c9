"""`streamsvc archive`: make the playable files of a recording again from its journal."""

from pathlib import Path
from typing import Annotated

import typer


def archive(
    recording: Annotated[Path, typer.Argument(help="Folder of one recording.", exists=True)],
) -> None:
    """Rebuild the HLS of a recording from its RTP journal; the journal is not changed."""
    from recorder.io.remux import remux  # late: the other commands start sooner

    remux(recording)
    typer.echo(f"rebuilt {recording}")
