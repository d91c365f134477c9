"""All settings, loaded once: defaults, a TOML file, the environment, the command line.

The result is frozen. A message about a wrong setting names its key. `deploy/streamsvc.example.toml`
documents every key; a test loads it and compares.
Environment: `STREAMSVC_` + section + `__` + key, e.g. `STREAMSVC_HTTP__PORT=9000`.
"""

import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from streamsvc.base.errors import EnvironmentFault

_INSTALLED_PAGES = Path(__file__).resolve().parent / "pages"
"""In a wheel (setup.py puts them there)."""
_BUILT_PAGES = Path(__file__).resolve().parent.parent / "web" / "dist"
"""In a source tree."""


class Section(BaseModel):
    """Frozen, and a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class HttpSettings(Section):
    """Where pages, API and WebSockets are served."""

    host: str = Field(default="0.0.0.0", description="Address to listen on.")
    port: int = Field(default=8080, ge=1, le=65535, description="TCP port of plain HTTP.")
    public_url: str = Field(
        default="",
        description="Address people type and QR codes carry; empty: worked out from this machine's"
        " addresses.",
    )
    trusted_proxies: list[str] = Field(
        default=["127.0.0.1", "::1"],
        description="Addresses whose X-Forwarded-* headers are believed.",
    )


class TlsSettings(Section):
    """HTTPS. Without it a browser gives camera and microphone only on localhost."""

    mode: Literal["off", "local", "files"] = Field(
        default="off",
        description="off; local: own small certificate authority for this machine's names and"
        " addresses; files: certificate and key below.",
    )
    port: int = Field(default=8443, ge=1, le=65535, description="TCP port of HTTPS.")
    names: list[str] = Field(
        default=[], description="More names and addresses the local certificate must hold."
    )
    certificate: Path | None = Field(default=None, description="PEM chain, for mode files.")
    key: Path | None = Field(default=None, description="PEM private key, for mode files.")


class MediaSettings(Section):
    """The one UDP port through which all sound and picture travels; TCP where UDP is blocked."""

    host: str = Field(default="0.0.0.0", description="Address to listen on.")
    port: int = Field(default=8081, ge=1, le=65535, description="UDP port.")
    tcp: bool = Field(
        default=True, description="Take the same media by TCP, too, for networks that block UDP."
    )
    tcp_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Its TCP port; 0: the number of the UDP port, or any if that is taken.",
    )
    outer_tcp_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="TCP port browsers are told, where a proxy shares 443; 0: tcp_port itself.",
    )
    rtmp_port: int = Field(
        default=1935,
        ge=0,
        le=65535,
        description="TCP port where recorder hosts, OBS and phones push a lesson by RTMP with a"
        " stream key; it is open once there is a key. 0: never.",
    )
    rtmp_processes: int = Field(
        default=1, ge=1, le=32, description="Processes that take those pushes."
    )
    source_networks: list[str] = Field(
        default=[],
        description="Networks (CIDR) where a lead room's recorder host may be though they are this"
        " machine's own, loopback or link-local, which are refused else.",
    )
    advertise: list[str] = Field(
        default=[],
        description="Addresses put into ICE candidates; empty: this machine's own. Behind NAT: the"
        " outer address.",
    )
    max_peers: int = Field(default=2000, ge=2, description="Media sessions this node accepts.")
    transcode: bool = Field(
        default=True,
        description="Make smaller pictures for rooms that a publisher's smallest is too large for,"
        " in processes of their own; and H.264 of VP8 for those who watch by HTTP, VP8 of H.264 for"
        " browsers without that. None is started before somebody needs one.",
    )
    most_transcoders: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Pictures that are made smaller at once; 0: three for each core but one.",
    )
    stun_urls: list[str] = Field(
        default=[], description="STUN servers browsers are told of, e.g. stun:stun.example.org."
    )
    turn_urls: list[str] = Field(
        default=[],
        description="TURN servers for networks that pass nothing else, e.g."
        " turns:turn.example.org:443?transport=tcp.",
    )
    turn_secret: SecretStr = Field(
        default=SecretStr(""),
        description="coturn's static-auth-secret: browsers get passwords made with it, good for ten"
        " minutes, never the secret itself.",
    )

    @field_validator("source_networks")
    @classmethod
    def _are_networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            ip_network(network)  # raises ValueError in words
        return networks

    @field_validator("stun_urls")
    @classmethod
    def _are_stun(cls, urls: list[str]) -> list[str]:
        return _with_scheme(urls, "stun:", "stuns:")

    @field_validator("turn_urls")
    @classmethod
    def _are_turn(cls, urls: list[str]) -> list[str]:
        return _with_scheme(urls, "turn:", "turns:")

    @field_validator("turn_secret")
    @classmethod
    def _goes_with_servers(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("turn_urls") and not secret.get_secret_value():
            raise ValueError("turn_urls need the secret of their server")
        return secret


def _with_scheme(urls: list[str], *schemes: str) -> list[str]:
    if all(url.startswith(schemes) for url in urls):
        return urls
    raise ValueError(f"each begins with {' or '.join(schemes)}")


class RecordingSettings(Section):
    """What is written to disk."""

    min_free_bytes: int = Field(
        default=500_000_000,
        ge=0,
        description="Recording stops, and says so, when less than this is free.",
    )
    keep_journal_days: int = Field(
        default=30, ge=0, description="Days the raw journal stays beside a finished recording."
    )


class CoursewareSettings(Section):
    """Files that become slides, in a process of their own with bounded means."""

    max_bytes: int = Field(default=300_000_000, ge=1_000, description="Largest file taken.")
    max_slides: int = Field(default=500, ge=1, description="Pages a file may have.")
    max_seconds: int = Field(
        default=900, ge=10, description="Converting a file is stopped after this long."
    )
    max_memory_bytes: int = Field(
        default=1_000_000_000,
        ge=300_000_000,
        description="Address space of the converting process; LibreOffice gets four times as much.",
    )
    office: str = Field(
        default="",
        description="Path of LibreOffice's soffice, for PPTX, PPT and ODP; empty: looked for; off:"
        " not used.",
    )
    office_online: bool = Field(
        default=False,
        description="Read presentations also where the kernel does not let LibreOffice's network be"
        " taken away; it may then fetch the pictures they link to.",
    )


class AudienceSettings(Section):
    """Who watches a live lesson by HTTP (LL-HLS): parents, observers, thousands of phones."""

    mode: Literal["asked", "always", "off"] = Field(
        default="asked",
        description="asked: a lesson is packed from when somebody asks for its address; always:"
        " from its beginning, so that who comes late can go back to it; off: nobody watches by"
        " HTTP.",
    )
    folder: Path | None = Field(
        default=None,
        description="Where the live lessons' files are made, for nginx to read; unset: live in the"
        " data folder.",
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs the addresses; nginx must know the same one. Empty: one of this data"
        " folder's own.",
    )
    part_seconds: float = Field(
        default=0.4,
        ge=0.2,
        le=1.0,
        description="Longest part. Who watches is three parts and some tenths of a second behind; a"
        " shorter one costs more requests.",
    )
    keep_minutes: int = Field(
        default=30, ge=1, description="A lesson's files stay so long after its end."
    )
    max_held: int = Field(
        default=2500,
        ge=1,
        description="Requests that may wait for the next part at once, without nginx; more are told"
        " to come again.",
    )


class LogSettings(Section):
    """Logs go to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level written."
    )
    json_lines: bool = Field(default=False, description="One JSON object a line, for collectors.")


class Settings(BaseSettings):
    """The whole program's settings."""

    model_config = SettingsConfigDict(
        env_prefix="STREAMSVC_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data: Path = Field(default=Path("data"), description="Folder of database and recordings.")
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL; empty: SQLite in the data folder.",
    )
    web_dist: Path = Field(
        default=_INSTALLED_PAGES if _INSTALLED_PAGES.is_dir() else _BUILT_PAGES,
        description="Folder of the built web pages.",
    )
    metrics_token: str = Field(
        default="",
        description="Bearer token for /metrics from other machines; empty: loopback only.",
    )
    demo: bool = Field(default=False, description="Seed a demo county and teach its lesson.")
    demo_teacher: bool = Field(
        default=True, description="With demo: a generated clip teaches the demo lesson."
    )
    http: HttpSettings = HttpSettings()
    tls: TlsSettings = TlsSettings()
    media: MediaSettings = MediaSettings()
    recording: RecordingSettings = RecordingSettings()
    courseware: CoursewareSettings = CoursewareSettings()
    audience: AudienceSettings = AudienceSettings()
    log: LogSettings = LogSettings()

    @field_validator("media")
    @classmethod
    def _has_its_own_port(cls, media: MediaSettings, info: ValidationInfo) -> MediaSettings:
        http, tls = info.data.get("http"), info.data.get("tls")
        if media.tcp_port and media.tcp_port in {part.port for part in (http, tls) if part}:
            raise ValueError("tcp_port is the port of HTTP or HTTPS")
        return media

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)


def load(file: Path | None, flags: dict[str, Any]) -> Settings:
    """Settings from `file`, the environment and `flags` (dotted keys; None is "not given").

    Raises EnvironmentFault `settings-wrong` naming the first wrong key.
    """
    try:
        values = tomllib.loads(file.read_text("utf-8")) if file else {}
        settings = Settings(**values)
        return _with_flags(settings, flags)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise EnvironmentFault("settings-wrong", key=key, problem=first["msg"]) from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise EnvironmentFault("settings-wrong", key=str(file), problem=str(error)) from error


def _with_flags(settings: Settings, flags: dict[str, Any]) -> Settings:
    """A copy with the command line's words on top, checked again."""
    values = settings.model_dump()
    for key, value in flags.items():
        if value is None:
            continue
        *sections, name = key.split(".")
        target = values
        for section in sections:
            target = target[section]
        target[name] = value
    return _Checked.model_validate(values)


class _Checked(Settings):
    """Settings from values alone: the environment was already read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
