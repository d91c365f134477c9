"""What every message on the wire is made from."""

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """Unknown fields are refused, so that a misspelt one is an error and not a silence."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


class Event(Wire):
    """Numbered; `seq` grows by one."""

    seq: int
    at_ms: int


class Request(Wire):
    """Something asked; answered by `done` or `failed` with the same id."""

    request_id: str = Field(min_length=1, max_length=40)
