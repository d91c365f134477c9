"""The manual names every message, field, endpoint, body, setting, action and error."""

import re
from pathlib import Path

import pytest

from signaling.protocol.catalogue import CATALOGUE
from signaling.protocol.roles import TABLE, Action
from signaling.protocol.schema import schema, wire_models
from signaling.settings import SignalingSettings
from streamsvc.school.records import Role
from tests.signaling.endpoint_cases import MEDIA_DOORS, SOCKETS
from tests.signaling.house import House
from tests.signaling.test_permissions import routes

README = (Path(__file__).resolve().parents[2] / "signaling" / "README.md").read_text("utf-8")


def rows(*sections: str) -> dict[str, list[str]]:
    """Table rows of these sections, by their first cell."""
    found = {}
    for section in sections:
        text = README.partition(f"\n## {section}")[2].partition("\n## ")[0]
        for line in text.splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells:
                found[cells[0].strip("`")] = cells
    return found


WIRE = rows("The events channel", "The waiting screen's channel", "HTTP")
ERRORS, ROLES, SETTINGS = rows("Errors"), rows("Roles and actions"), rows("Settings")
DEFINITIONS = schema()["$defs"]


@pytest.mark.parametrize("model", wire_models(), ids=lambda model: model.__name__)
def test_every_message_and_body_with_its_fields(model: type) -> None:
    definition = DEFINITIONS[model.__name__]
    constant = definition["properties"].get("type", {}).get("const")
    row = WIRE.get(constant or model.__name__)
    assert row is not None, f"{model.__name__} is not documented"
    for name in definition["properties"]:
        if name not in ("type", "version"):
            assert f"`{name}`" in row[1], f"{model.__name__}.{name}"


@pytest.mark.parametrize("error_id", sorted(CATALOGUE))
def test_every_error(error_id: str) -> None:
    entry, row = CATALOGUE[error_id], ERRORS[error_id]
    assert row[1] == str(entry.status)
    assert row[2] == str(entry.close_code or "")
    assert row[3] == entry.en


@pytest.mark.parametrize("action", list(Action))
def test_every_action_and_role(action: Action) -> None:
    expected = ["yes" if action in TABLE[role] else "" for role in Role]
    assert ROLES[action.value][1:] == expected


@pytest.mark.parametrize("name", sorted(SignalingSettings.model_fields))
def test_every_setting(name: str) -> None:
    assert SETTINGS[name][2] == SignalingSettings.model_fields[name].description


async def test_every_endpoint(house: House) -> None:
    named = set(re.findall(r"`(/[^`]*)`", README))
    paths = {path for _, path, _ in routes(house)} | SOCKETS | MEDIA_DOORS
    assert paths <= named


def test_nothing_of_the_past_is_described() -> None:
    described = {row for row in ERRORS if re.fullmatch(r"[a-z0-9-]+", row)} - {"id", "---"}
    assert described == set(CATALOGUE)
