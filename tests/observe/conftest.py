"""A GitLab in memory with the labels of the catalogue."""

import pytest

from tests.support.builders import PROCESS
from tests.support.fakes import FakeGitLab


@pytest.fixture
def forge() -> FakeGitLab:
    forge = FakeGitLab()
    for spec in PROCESS.catalogue.specs():
        forge.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(forge.labels) + 1}"
    return forge
