from collections.abc import Iterator

import pytest

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world
from tests.sandbox.client import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(sandbox_world()) as started:
        yield started


@pytest.fixture
def bot(sandbox: Sandbox) -> Client:
    return Client(sandbox)
