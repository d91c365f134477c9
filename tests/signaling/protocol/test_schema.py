"""The schema names everything on the wire and stays the same from run to run."""

import json
import re
from typing import Any

from signaling.protocol.schema import client_messages, schema, server_messages, wire_models


def test_every_reference_is_defined() -> None:
    document = schema()
    named = set(re.findall(r'#/\$defs/([^"]+)', json.dumps(document)))
    assert named <= set(document["$defs"])


def test_every_model_is_in_the_document() -> None:
    assert {model.__name__ for model in wire_models()} <= set(schema()["$defs"])


def test_a_message_always_carries_its_type() -> None:
    definitions: dict[str, Any] = schema()["$defs"]
    for model in client_messages() + server_messages():
        definition = definitions[model.__name__]
        assert "type" in definition["required"]
        assert "const" in definition["properties"]["type"]


def test_what_the_server_sends_is_whole_and_what_a_client_sends_may_be_short() -> None:
    definitions = schema()["$defs"]
    assert set(definitions["ErrorBody"]["required"]) == {"id", "message", "details"}
    assert definitions["NewLesson"]["required"] == ["title"]


def test_the_document_is_the_same_each_time() -> None:
    assert json.dumps(schema()) == json.dumps(schema())
