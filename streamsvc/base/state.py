"""A state that changes by written transitions only."""

import logging
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Generic, TypeVar

from streamsvc.base.errors import InvariantBroken

S = TypeVar("S", bound=Enum)
log = logging.getLogger("streamsvc.state")


class StateVar(Generic[S]):
    """Holds one value of an enum; `to()` raises InvariantBroken for a transition not listed."""

    def __init__(self, name: str, start: S, allowed: Mapping[S, Collection[S]]) -> None:
        self.name = name
        self.value = start
        self._allowed = allowed

    def to(self, value: S) -> bool:
        """Change; False if it already was `value`."""
        if value is self.value:
            return False
        if value not in self._allowed.get(self.value, ()):
            raise InvariantBroken(f"{self.name}: {self.value.name} to {value.name}")
        log.debug("= %s %s to %s", self.name, self.value.name.lower(), value.name.lower())
        self.value = value
        return True
