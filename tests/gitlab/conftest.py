"""A connection whose answers a test registers, and stages of a GitLab for the contract of the ports."""

from collections.abc import Iterator, Mapping

import pytest
import responses

from psbot.core.model.labels import LabelSpec
from psbot.gitlab.connection import Connection
from psbot.gitlab.server import Server
from psbot.gitlab.wait_budget import WaitBudget
from tests.gitlab.answers import BASE, TOKEN, Answers
from tests.gitlab.contract_steps import CALL_KIND, DOING, DONE, EPIC_KIND, TODO, gid
from tests.gitlab.stages import STAGES, Stage
from tests.support.builders import LABEL_GROUP


@pytest.fixture
def answers() -> Iterator[Answers]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def connection(waited: list[float]) -> Iterator[Connection]:
    connection = Connection(Server(BASE, TOKEN, connections=2), WaitBudget(120, waited.append))
    yield connection
    connection.close()


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with STAGES[request.param]() as made:
        yield made


@pytest.fixture
def labels(stage: Stage) -> Mapping[str, str]:
    """Global ids of some labels, made through the port."""
    titles = (TODO, DOING, DONE, EPIC_KIND, CALL_KIND, "plain")
    specs = [LabelSpec(title, "#1f75cb", f"means {title}") for title in titles]
    return dict(zip(titles, map(gid, stage.writer.create_labels(LABEL_GROUP, specs)), strict=True))
