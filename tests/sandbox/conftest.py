from collections.abc import Iterator

import pytest

from psbot.sandbox.application import Sandbox
from psbot.sandbox.ready import sandbox_world
from psbot.sandbox.running import running
from tests.sandbox.client import Client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(sandbox_world()) as started:
        yield started


@pytest.fixture
def bot(sandbox: Sandbox) -> Client:
    return Client(sandbox)
