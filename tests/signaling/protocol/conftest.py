"""A board to draw on."""

import pytest

from tests.support.boards import ONE, Teacher


@pytest.fixture
def teacher() -> Teacher:
    teacher = Teacher()
    teacher.turn(ONE)
    return teacher
