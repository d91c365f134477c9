"""`streamsvc doctor`: what this machine lacks, and what to do about it."""

import typer

from streamsvc.commands.options import (
    Config,
    Data,
    MediaPort,
    MediaTcpPort,
    Port,
    TlsMode,
    settings_or_exit,
)

_MARK = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


def doctor(
    config: Config = None,
    data: Data = None,
    port: Port = None,
    media_port: MediaPort = None,
    media_tcp_port: MediaTcpPort = None,
    tls: TlsMode = None,
) -> None:
    """Look at ports, disk, clock, certificates, compiler and codecs; exit 1 if one is at fault."""
    settings = settings_or_exit(
        config,
        {
            "data": data,
            "http.port": port,
            "media.port": media_port,
            "media.tcp_port": media_tcp_port,
            "tls.mode": tls,
        },
    )
    from streamsvc.doctor import Grade, examine  # late: the other commands start sooner

    findings = examine(settings)
    for finding in findings:
        typer.echo(f"{_MARK[finding.grade.value]}  {finding.name:<15} {finding.words}")
        if finding.advice:
            typer.echo(f"       {'':<15} -> {finding.advice}")
    faults = sum(finding.grade is Grade.FAULT for finding in findings)
    typer.echo(f"{len(findings)} checks, {faults} at fault")
    raise typer.Exit(1 if faults else 0)
