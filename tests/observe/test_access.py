"""What the token needs to observe an engagement."""

import pytest

from psbot.errors import ExitCode, GitLabError
from psbot.observe.observe import observe
from tests.observe.items import ENGAGEMENT
from tests.support.builders import GROUP, INTERNAL, PROCESS, SHARED
from tests.support.fakes import FakeGitLab


def test_observe_refuses_an_edition_without_epics(gitlab: FakeGitLab) -> None:
    gitlab.has_epics = False
    with pytest.raises(GitLabError, match="no epics") as caught:
        observe(gitlab, ENGAGEMENT, PROCESS)
    assert caught.value.exit_code is ExitCode.GITLAB


@pytest.mark.parametrize("path", [GROUP, SHARED, INTERNAL, "acme"])
def test_observe_names_the_place_that_the_token_does_not_see(gitlab: FakeGitLab, path: str) -> None:
    gitlab.levels[path] = None
    with pytest.raises(GitLabError, match=path):
        observe(gitlab, ENGAGEMENT, PROCESS)


def test_observe_refuses_a_role_below_planner(gitlab: FakeGitLab) -> None:
    gitlab.levels[INTERNAL] = 10
    with pytest.raises(GitLabError, match="needs at least the Planner role"):
        observe(gitlab, ENGAGEMENT, PROCESS)
