"""What the tests of commands share."""

from collections.abc import Iterator

import pytest

from psbot.sandbox.application import Sandbox
from psbot.sandbox.ready import sandbox_world
from psbot.sandbox.running import running


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The ready-made world, served."""
    with running(sandbox_world()) as started:
        yield started
