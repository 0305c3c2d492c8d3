"""Accounts that are deleted, blocked or written in another case: nobody but psbot has changed anything."""

from collections.abc import Callable

import pytest

from psbot.core.model.operations import CreateChild, Reassign
from psbot.errors import ExitCode
from psbot.runs.plans import plan_advance
from psbot.sandbox.rules import accounts
from psbot.sandbox.state.accounts import User
from tests.scenarios.driver import Story
from tests.scenarios.people import Person

Somebody = Callable[[str], Person]


@pytest.fixture
def applied(story: Story) -> Story:
    story.applied("acme-aws", on="2026-11-23")
    return story


def user(story: Story, username: str) -> User:
    found = story.sandbox.world.user(username)
    assert found is not None
    return found


def delete(story: Story, username: str) -> None:
    accounts.delete_user(
        story.sandbox.world, user(story, "root"), user(story, username), with_contributions=False
    )


def leave_out(story: Story, username: str) -> None:
    """Take somebody out of the group, as GitLab does without touching what they are assigned."""
    world = story.sandbox.world
    for key in [key for key in world.memberships if key[1] == user(story, username).id]:
        del world.memberships[key]


def test_deleted_account_stays_as_the_ghost_user_and_is_assigned_nothing(applied: Story) -> None:
    kick_off = applied.item("kick-off")
    assert kick_off.assignees == ["paul"]
    delete(applied, "paul")
    delete(applied, "psbot-bot")
    assert applied.item("kick-off").assignees == []
    assert applied.item("kick-off").author == "ghost"


def test_assignee_whose_account_was_deleted_is_reassigned_from_the_file(applied: Story) -> None:
    delete(applied, "paul")
    plan = applied.applied(people={"engineers": ["petra"]})
    assert plan.kept == ()
    assert applied.item("kick-off").assignees == ["petra"]


def test_assignee_whom_a_person_took_away_stays_away(applied: Story, person: Somebody) -> None:
    person("maria").gives("kick-off")
    applied.applied(people={"engineers": ["petra"]})
    assert applied.item("kick-off").assignees == []
    assert applied.kept == {("kick-off", "assignee")}


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("deleted", "GitLab has no user petra"),
        ("blocked", "petra is blocked or deactivated"),
        ("no member", "petra is not a member of acme/delivery/project"),
    ],
)
def test_everything_that_does_not_need_the_missing_person_is_done_and_the_rest_reported(
    applied: Story, what: str, message: str
) -> None:
    {"deleted": delete, "no member": leave_out}.get(
        what, lambda story, name: setattr(user(story, name), "state", "blocked")
    )(applied, "petra")
    applied.written(on="2026-12-01", kick_off_on="2026-12-02", people={"engineers": ["petra"]})
    done = applied.run()
    assert done.exit_code is ExitCode.GITLAB
    assert message in str(done.error)
    assert not any(isinstance(each, Reassign) for each in done.plan.operations)
    assert message in "".join(each.message for each in done.plan.findings if each.code == "assignee-missing")
    assert applied.item("kick-off").assignees == ["paul"]
    assert applied.item("kick-off").due == "2026-12-02"
    assert applied.item("call/2026-12-08").assignees == []
    again = applied.run()
    assert (again.exit_code, again.plan.is_empty) == (ExitCode.GITLAB, True)


def test_calls_of_a_blocked_lead_are_made_and_assigned_when_the_lead_is_back(applied: Story) -> None:
    user(applied, "paul").state = "blocked"
    applied.written(on="2026-12-01")
    done = applied.run(planner=plan_advance)
    assert any(isinstance(each, CreateChild) for each in done.plan.operations)
    assert done.exit_code is ExitCode.GITLAB
    assert "paul is blocked or deactivated" in str(done.error)
    assert applied.item("call/2026-12-08").assignees == []
    user(applied, "paul").state = "active"
    applied.applied()
    assert applied.item("call/2026-12-08").assignees == ["paul"]


def test_username_in_another_case_is_the_same_account(story: Story, person: Somebody) -> None:
    user(story, "petra").username = "Petra"
    story.applied("acme-aws", people={"manager": "MARIA", "engineers": ["Paul"]})
    assert story.item("log").assignees == ["maria"]
    plan = story.applied(people={"engineers": ["pEtRa"]})
    assert plan.kept == ()
    assert story.item("kick-off").assignees == ["Petra"]
    person("petra").opens("More", "acme/delivery/internal", "", "ps-kind::change-request", under="epic")
    story.applied()
    assert story.has("change-request/1")
