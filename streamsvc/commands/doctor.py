"""`streamsvc doctor`: what this machine lacks, and what to do about it."""

import typer

from streamsvc.commands.options import Config, Data, MediaPort, Port, TlsMode, settings_or_exit
from streamsvc.doctor import Grade, examine

_MARK = {Grade.OK: "ok   ", Grade.NOTE: "note ", Grade.FAULT: "FAULT"}


def doctor(
    config: Config = None,
    data: Data = None,
    port: Port = None,
    media_port: MediaPort = None,
    tls: TlsMode = None,
) -> None:
    """Look at ports, disk, clock, certificates, compiler and codecs; exit 1 if one is at fault."""
    settings = settings_or_exit(
        config,
        {"data": data, "http.port": port, "media.port": media_port, "tls.mode": tls},
    )
    findings = examine(settings)
    for finding in findings:
        typer.echo(f"{_MARK[finding.grade]}  {finding.name:<15} {finding.words}")
        if finding.advice:
            typer.echo(f"       {'':<15} -> {finding.advice}")
    faults = sum(finding.grade is Grade.FAULT for finding in findings)
    typer.echo(f"{len(findings)} checks, {faults} at fault")
    raise typer.Exit(1 if faults else 0)
