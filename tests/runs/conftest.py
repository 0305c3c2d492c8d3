"""A GitLab in memory for every test that asks for one."""

import pytest

from tests.support.fakes import FakeGitLab


@pytest.fixture
def gitlab() -> FakeGitLab:
    return FakeGitLab()
