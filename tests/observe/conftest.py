"""A GitLab in memory with the labels of the catalogue."""

import pytest

from tests.support.builders import PROCESS
from tests.support.fakes import FakeGitLab


@pytest.fixture
def gitlab() -> FakeGitLab:
    gitlab = FakeGitLab()
    for spec in PROCESS.catalogue.specs():
        gitlab.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(gitlab.labels) + 1}"
    return gitlab
