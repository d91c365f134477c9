import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from streamsvc.base.errors import EnvironmentFault
from streamsvc.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "deploy" / "streamsvc.example.toml"
NOT_IN_EXAMPLE = {"web_dist", "audience.folder", "tls.certificate", "tls.key"}
"""Paths without a sensible default: shown as comments."""


def keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= keys(kind, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
            assert field.description, f"{prefix}{name} has no description"
    return found


def test_the_example_names_every_key_and_holds_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = tomllib.loads(EXAMPLE.read_text("utf-8"))
    named = {
        f"{name}.{key}" if isinstance(value, dict) else name
        for name, value in values.items()
        for key in (value if isinstance(value, dict) else [""])
    }
    assert named == keys(Settings) - NOT_IN_EXAMPLE
    assert load(EXAMPLE, {}) == load(None, {})
    for key in NOT_IN_EXAMPLE:
        assert re.search(rf"^# {key.split('.')[-1]} = ", EXAMPLE.read_text("utf-8"), re.M)


def test_file_then_environment_then_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s.toml"
    file.write_text("[http]\nport = 1001\nhost = '127.0.0.1'\n[media]\nport = 1002\n")
    monkeypatch.setenv("STREAMSVC_HTTP__PORT", "2001")
    settings = load(file, {"media.port": 3002, "demo": None})
    assert (settings.http.port, settings.http.host, settings.media.port, settings.demo) == (
        2001,
        "127.0.0.1",
        3002,
        False,
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[http]\nport = 0", "http.port"),
        ("[http]\nprot = 1", "http.prot"),
        ("colour = 1", "colour"),
        ("[tls]\nmode = 'maybe'", "tls.mode"),
        ("[media]\nstun_urls = ['turn:t.example']", "media.stun_urls"),
        ("[media]\nsource_networks = ['10.0.0.0/40']", "media.source_networks"),
        ("[media]\nturn_urls = ['t.example']", "media.turn_urls"),
        ("[media]\nturn_urls = ['turn:t.example']", "media.turn_secret"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(EnvironmentFault) as caught:
        load(file, {})
    assert (caught.value.error_id, caught.value.details["key"]) == ("settings-wrong", key)


def test_a_wrong_flag_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="media.port"):
        load(None, {"media.port": 99999})
    with pytest.raises(EnvironmentFault, match="settings-wrong"):
        load(tmp_path / "none.toml", {})


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(None, {}).demo = True  # type: ignore[misc]


def test_media_by_tcp_has_a_port_of_its_own() -> None:
    assert load(None, {"media.tcp_port": 443}).media.tcp_port == 443
    for taken in ("http.port", "tls.port"):
        with pytest.raises(EnvironmentFault, match="media"):
            load(None, {taken: 9443, "media.tcp_port": 9443})


def test_the_secret_of_turn_is_shown_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("[media]\nturn_urls = ['turn:t.example']\nturn_secret = 'north-wind'\n")
    settings = load(file, {"media.port": 3002})
    assert settings.media.turn_secret.get_secret_value() == "north-wind"
    assert "north-wind" not in repr(settings) + settings.model_dump_json()
