"""What the tests of commands share."""

from collections.abc import Iterator

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The ready-made world, served."""
    with running_sandbox(sandbox_world()) as started:
        yield started
