"""One JSON schema document of everything on the wire; the web pages' types are made from it.

What a client sends is described as it is read (defaults may be left out), what the server sends as
it is written (every field present). Names are sorted, so a change shows as a small diff.
"""

import inspect
from types import ModuleType
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from signaling.protocol import (
    behind,
    board_messages,
    camera_messages,
    heard,
    lesson_views,
    messages,
    resources,
    resources_captions,
    resources_checks,
    resources_courseware,
    resources_polls,
    resources_premieres,
    resources_room_sources,
    resources_sources,
    resources_watch,
    resources_window,
    room_channel,
)
from signaling.protocol.messages import PROTOCOL_VERSION
from signaling.protocol.unions import members
from signaling.protocol.wire import Event, Request, Wire

UNIONS: dict[str, tuple[Any, JsonSchemaMode]] = {
    "ClientMessage": (messages.ClientMessage, "validation"),
    "ServerMessage": (messages.ServerMessage, "serialization"),
    "LessonEvent": (messages.LessonEvent, "serialization"),
    "RoomMessage": (room_channel.RoomMessage, "serialization"),
}

INBOUND_BODIES = (
    heard.Heard,
    resources.SignIn,
    resources.JoinRoom,
    resources.PairPhone,
    resources.NewOrganisation,
    resources.NewPerson,
    resources.PersonChange,
    resources.NewRoom,
    resources.NewCourse,
    resources.NewLesson,
    resources.LessonChange,
    resources.RecordingChange,
    resources.NewComment,
    resources.CommentChange,
    resources_captions.NewCaption,
    resources_captions.CaptionChange,
    resources_checks.NewCheck,
    resources_checks.Burst,
    resources_premieres.ChosenPremiere,
    resources_room_sources.NewRoomSource,
    resources_room_sources.ChosenRoomSource,
    resources_sources.NewStreamKey,
    resources_sources.SourceReport,
    resources_sources.NewPush,
    resources_sources.PushNews,
    resources_watch.NewWatchLink,
    resources_watch.WatchLinkChange,
    resources_watch.EnterWatch,
    resources_watch.AskQuestion,
    camera_messages.NewCamera,
)
"""Request bodies; every other model of `resources` is an answer."""


def schema() -> dict[str, Any]:
    """The document: `$defs` holds every message, body and the unions of `UNIONS`."""
    models = [(model, _mode(model)) for model in wire_models()]
    _, document = models_json_schema(models)
    defs = document["$defs"]
    for name, (union, mode) in UNIONS.items():
        defs[name] = _union(union, mode)
    for definition in defs.values():
        _tidy(definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "streamsvc",
        "description": f"Wire protocol, version {PROTOCOL_VERSION}",
        "type": "object",
        "$defs": defs,
    }


def wire_models() -> list[type[BaseModel]]:
    """Every message and body, in the order of the source; bases of messages are left out."""
    channels = (
        *(lesson_views, messages, behind, heard, board_messages, room_channel),
        camera_messages,
    )
    bodies = (
        *(resources, resources_captions, resources_checks, resources_courseware),
        *(resources_polls, resources_premieres, resources_room_sources, resources_sources),
        *(resources_watch, resources_window),
    )
    modules = (*channels, *bodies)
    found = [model for module in modules for model in _declared(module)]
    return [model for model in found if model not in (Wire, Event, Request)]


def client_messages() -> list[type[BaseModel]]:
    """The members of `ClientMessage`."""
    return list(members(messages.ClientMessage))


def server_messages() -> list[type[BaseModel]]:
    """The members of `ServerMessage` and `RoomMessage`."""
    both = members(messages.ServerMessage) + members(room_channel.RoomMessage)
    return list(dict.fromkeys(both))


def _declared(module: ModuleType) -> list[type[BaseModel]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Wire)
        and value.__module__ == module.__name__
    ]


def _mode(model: type[BaseModel]) -> JsonSchemaMode:
    inbound = [*client_messages(), *INBOUND_BODIES]
    return "validation" if model in inbound else "serialization"


def _union(union: Any, mode: JsonSchemaMode) -> dict[str, Any]:
    made = TypeAdapter(union).json_schema(mode=mode)
    made.pop("$defs", None)
    return dict(made)


def _tidy(definition: dict[str, Any]) -> None:
    """Require constants (`type`, `version`: always written) and drop titles that repeat names."""
    properties = definition.get("properties", {})
    required = definition.setdefault("required", []) if properties else []
    for name, value in properties.items():
        value.pop("title", None)
        if "const" in value and name not in required:
            required.append(name)
