"""Members of the discriminated unions on the wire."""

from typing import Any, get_args

from pydantic import BaseModel


def members(union: Any) -> tuple[type[BaseModel], ...]:
    """The message classes of an `Annotated[A | B | ..., Field(discriminator=...)]`."""
    return get_args(get_args(union)[0])


def type_names(union: Any) -> frozenset[str]:
    """The values of `type` in it."""
    return frozenset(str(model.model_fields["type"].default) for model in members(union))
