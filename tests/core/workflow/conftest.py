"""Shared by the tests of the workflow."""

import pytest

from tests.support.board import Desk


@pytest.fixture
def desk() -> Desk:
    """The AWS example in setup, one week before its kick-off."""
    desk = Desk()
    desk.apply()
    return desk
