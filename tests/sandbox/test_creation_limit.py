"""GitLab's limit on creating issues."""

from datetime import timedelta

import pytest

from psbot.sandbox.rules.creation_limit import limit_creations
from psbot.sandbox.server.app import Sandbox
from psbot.sandbox.state.seed import PROJECT
from tests.sandbox.client import ISSUE, Client

TWO = """mutation($input: WorkItemCreateInput!) {
  a: workItemCreate(input: $input) { errors workItem { id } }
  b: workItemCreate(input: $input) { errors workItem { id } }
}"""
BODY = {
    "query": TWO,
    "variables": {"input": {"namespacePath": PROJECT, "workItemTypeId": ISSUE, "title": "x"}},
}


@pytest.mark.parametrize("status", [429, 500])
def test_creation_above_the_limit_loses_the_whole_answer_and_keeps_what_came_before(
    sandbox: Sandbox, bot: Client, status: int
) -> None:
    limit_creations(sandbox.world, 1, status)
    answer = bot.post(BODY)
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    assert set(answer.json()) == {"errors"}
    assert len(sandbox.world.items) == 1
    sandbox.world.clock.advance(timedelta(minutes=1))
    bot.create("y")
    assert len(sandbox.world.items) == 2


def test_epics_of_all_groups_and_issues_of_each_project_are_counted_apart(
    sandbox: Sandbox, bot: Client
) -> None:
    limit_creations(sandbox.world, 1)
    bot.epic("epic")
    bot.create("shared")
    bot.internal("internal")
    assert bot.post(BODY).status_code == 429
