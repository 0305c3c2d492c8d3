from collections.abc import Callable, Iterator

import pytest

from psbot.core.model.process import Process
from psbot.sandbox.server.serve import running_sandbox
from psbot.sandbox.state.seed import sandbox_world
from tests.scenarios.driver import Story
from tests.scenarios.people import Person

_OTHERS = ("globex", "initech", "umbrella")
_STAFF = {"maria": "MAINTAINER", "paul": "DEVELOPER", "petra": "DEVELOPER", "dora": "OWNER"}


@pytest.fixture
def story(process: Process) -> Iterator[Story]:
    """A sandbox with the groups of all examples, and nothing in them."""
    with running_sandbox(sandbox_world()) as sandbox:
        told = Story(sandbox, process)
        told.control(
            "POST",
            "/data",
            groups=[f"services/{name}" for name in _OTHERS],
            projects=[
                f"services/{name}/{project}" for name in _OTHERS for project in ("project", "internal")
            ],
            members=[
                {"place": f"services/{name}", "username": person, "role": role}
                for name in _OTHERS
                for person, role in _STAFF.items()
            ]
            + [{"place": "services", "username": "psbot-bot", "role": "MAINTAINER"}],
        )
        yield told


@pytest.fixture
def given(story: Story) -> Story:
    return story


@pytest.fixture
def when(story: Story) -> Story:
    return story


@pytest.fixture
def then(story: Story) -> Story:
    return story


@pytest.fixture
def person(story: Story) -> Callable[[str], Person]:
    return lambda username: Person(story, username)
