from enum import Enum

import pytest

from streamsvc.base.errors import InvariantBroken
from streamsvc.base.state import StateVar


class Light(Enum):
    RED = 1
    GREEN = 2


def test_only_written_transitions() -> None:
    state = StateVar("light", Light.RED, {Light.RED: [Light.GREEN]})
    assert state.to(Light.GREEN)
    assert not state.to(Light.GREEN)
    with pytest.raises(InvariantBroken, match="GREEN to RED"):
        state.to(Light.RED)
