"""`streamsvc serve`: the whole product on one machine."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from streamsvc import run
from streamsvc.base import log
from streamsvc.commands.options import (
    Config,
    Data,
    MediaPort,
    MediaTcpPort,
    Port,
    TlsMode,
    english,
    settings_or_exit,
)


def serve(
    config: Config = None,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on for HTTP.")] = None,
    port: Port = None,
    media_port: MediaPort = None,
    media_tcp_port: MediaTcpPort = None,
    rtmp_port: Annotated[
        int | None,
        typer.Option(help="TCP port for RTMP pushes, open once there is a stream key; 0: never."),
    ] = None,
    advertise: Annotated[
        list[str] | None,
        typer.Option(help="Address for ICE candidates; repeat for several. Behind NAT: the outer."),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Address people type and QR codes carry.")
    ] = None,
    tls: TlsMode = None,
    tls_port: Annotated[int | None, typer.Option(help="TCP port of HTTPS.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM chain, for --tls files.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM private key, for --tls files.")] = None,
    demo: Annotated[
        bool | None, typer.Option("--demo", help="Seed a demo county and teach its lesson.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    json_logs: Annotated[
        bool | None, typer.Option("--json-logs", help="One JSON object a line.")
    ] = None,
) -> None:
    """Serve lessons until Ctrl-C or SIGTERM."""
    settings = settings_or_exit(
        config,
        {
            "data": data,
            "demo": demo,
            "http.host": host,
            "http.port": port,
            "http.public_url": public_url,
            "media.port": media_port,
            "media.tcp_port": media_tcp_port,
            "media.rtmp_port": rtmp_port,
            "media.advertise": advertise or None,
            "tls.mode": tls,
            "tls.port": tls_port,
            "tls.certificate": certificate,
            "tls.key": key,
            "log.level": log_level,
            "log.json_lines": json_logs,
        },
    )
    log.configure(settings.log.level, settings.log.json_lines)
    gc.disable()  # what the imports make stays anyway; `serve_until_told` enables it again
    from streamsvc.app import serve_until_told  # late: the other commands start sooner

    raise typer.Exit(run.run(lambda: serve_until_told(settings), english))
