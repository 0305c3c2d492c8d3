"""Stands beside python-gitlab's functional tests as their conftest: the sandbox instead of a container."""

from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import yaml

from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import ADMIN_TOKEN, empty_world

EXCEPTIONS = Path(__file__).with_name("exceptions.yml")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """An instance with its administrator and nothing else."""
    with running_sandbox(empty_world()) as started:
        yield started


@pytest.fixture(scope="session")
def gitlab_url(sandbox: Sandbox) -> str:
    """Where it is."""
    return sandbox.url


@pytest.fixture(scope="session")
def gitlab_token() -> str:
    """The administrator's token."""
    return ADMIN_TOKEN


@pytest.fixture(scope="session")
def gl(gitlab_url: str, gitlab_token: str) -> gitlab.Gitlab:
    """The client; a new instance needs no cleaning first."""
    instance = gitlab.Gitlab(gitlab_url, private_token=gitlab_token)
    instance.auth()
    return instance


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The only event loop that is installed."""
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the listed tests to fail, each for its reason; one that passes, or is not there, is an error."""
    listed: dict[str, str] = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")) or {}
    names = {f"{item.path.name}::{item.name}": item for item in items}
    if gone := sorted(set(listed) - set(names)):
        raise pytest.UsageError(f"exceptions.yml lists tests that do not exist: {', '.join(gone)}")
    for name, reason in listed.items():
        names[name].add_marker(pytest.mark.xfail(reason=reason, strict=True))
