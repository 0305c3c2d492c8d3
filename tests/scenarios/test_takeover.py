"""A new account takes over from another one of psbot's: it may not edit the old one's notes, and repeats nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from psbot.core.model.process import Process
from psbot.core.model.work_item import Author, WorkItem
from psbot.core.staleness.portfolio_digest import create_issue, manager_of
from psbot.errors import ExitCode
from psbot.runs.plans import plan_advance
from psbot.sandbox.rules import accounts
from psbot.sandbox.rules.notes import update_note
from psbot.sandbox.rules.refusals import Forbidden
from psbot.sandbox.state.accounts import AccessLevel, UserKind
from psbot.sandbox.state.seed import add_user_with_token
from tests.scenarios.driver import Story
from tests.scenarios.people import Person

Somebody = Callable[[str], Person]
NEW = "psbot-new"


@pytest.fixture
def applied(story: Story) -> Story:
    """The AWS example, applied by the old account; the new one has the role Planner and nothing else."""
    story.applied("acme-aws", on="2026-11-23")
    world = story.sandbox.world
    new = add_user_with_token(world, NEW, "psbot", UserKind.SERVICE_ACCOUNT)
    world.add_member(world.ensure_namespace("acme", is_group=True), new, AccessLevel.PLANNER)
    staleness = story.process.staleness
    left = {"idle": staleness.policies["idle"]}
    story.process = replace(story.process, staleness=replace(staleness, policies=left))
    return story


def notes(story: Story) -> list[tuple[str, str]]:
    """Return psbot's notes in the log: who wrote each, and its text below the marker."""
    log = next(each for each in story.sandbox.world.items.values() if "item=log" in each.description)
    return [
        (note.author.username, note.body.partition("\n")[2])
        for note in log.notes
        if "<!-- psbot notice" in note.body
    ]


def mentions(story: Story) -> list[str]:
    return [str(each["username"]) for each in story.notifications() if each["reason"] == "mentioned"]


def advanced(story: Story, by: str) -> None:
    """Run psbot advance, and again: the second run writes nothing."""
    assert story.run(by, planner=plan_advance).exit_code is ExitCode.DONE
    again = story.run(by, planner=plan_advance)
    assert again.plan.is_empty, again.plan.operations


def delete_account(story: Story, username: str) -> None:
    world = story.sandbox.world
    root, user = world.user("root"), world.user(username)
    assert root is not None and user is not None
    accounts.delete_user(world, root, user, with_contributions=False)


def test_planner_may_not_edit_the_note_of_another_account(applied: Story) -> None:
    applied.looked_for_stale(on="2026-11-30")
    world = applied.sandbox.world
    (note,) = [each for each in world.notes.values() if "psbot notice" in each.body]
    new = world.user(NEW)
    assert new is not None
    with pytest.raises(Forbidden):
        update_note(world, new, note, "mine now")


def test_what_another_account_has_told_counts_as_told(applied: Story) -> None:
    applied.looked_for_stale(on="2026-11-30")
    before, told = notes(applied), mentions(applied)
    assert [author for author, _ in before] == ["psbot-bot"]
    applied.looked_for_stale(on="2026-12-01", by=NEW)
    assert notes(applied) == before
    assert mentions(applied) == told


def test_new_account_supersedes_a_digest_without_telling_again(applied: Story, person: Somebody) -> None:
    applied.looked_for_stale(on="2026-11-30")
    told = mentions(applied)
    applied.written(on="2026-12-02")
    person("maria").comments("welcome-email", "Sent tomorrow.")
    assert applied.looked_for_stale(by=NEW).error is None
    assert notes(applied)[1:] == [(NEW, "Resolved: no stale items remain.")]
    assert mentions(applied) == told
    applied.looked_for_stale(on="2026-12-09", by=NEW)
    assert [author for author, _ in notes(applied)] == ["psbot-bot", NEW, NEW]
    assert len(mentions(applied)) == len(told) + 1, "what is new is told"


def test_two_accounts_in_turn_do_not_answer_each_other(applied: Story, person: Somebody) -> None:
    applied.looked_for_stale(on="2026-11-30")
    applied.written(on="2026-12-02")
    person("maria").comments("welcome-email", "Sent tomorrow.")
    applied.looked_for_stale(by=NEW)
    applied.looked_for_stale(by="psbot-bot")
    applied.looked_for_stale(by=NEW)
    assert sum(author == NEW for author, _ in notes(applied)) == 1


@pytest.mark.parametrize("old", ["psbot-bot", "deleted", "maria"])
def test_notice_of_another_account_is_superseded_where_it_changed(
    applied: Story, person: Somebody, old: str
) -> None:
    person("ada").closes("kick-off")
    advanced(applied, "maria" if old == "maria" else "psbot-bot")
    before = notes(applied)
    assert len(before) == 1
    if old == "deleted":
        delete_account(applied, "psbot-bot")
        before = [("ghost", text) for _, text in before]
    advanced(applied, NEW)
    assert notes(applied) == before, "told once"
    person("maria").changes("kick-off", stateEvent="REOPEN")
    advanced(applied, NEW)
    assert notes(applied) == [*before, (NEW, f"Resolved: {before[0][1]}")]


def test_deleted_account_has_told(applied: Story) -> None:
    applied.looked_for_stale(on="2026-11-30")
    told = mentions(applied)
    delete_account(applied, "psbot-bot")
    row = applied.looked_for_stale(on="2026-12-01", by=NEW)
    assert row.error is None
    assert len(notes(applied)) == 1
    assert mentions(applied) == told


def test_portfolio_digest_of_a_deleted_account_is_found(process: Process) -> None:
    project, new = "acme/delivery/digests", Author(NEW, is_machine=True)
    created = create_issue("maria", project).item
    author = Author("ghost", is_ghost=True)
    issue = WorkItem("gid://gitlab/WorkItem/9", 9, project, created.title, created.description, author)
    assert manager_of(issue, process) == "maria"
    above = replace(issue, description=f"Read this.\n{issue.description}")
    assert manager_of(above, process) == "maria"
    assert manager_of(replace(issue, author=new), process) == "maria"
    assert manager_of(replace(issue, author=Author("zoe")), process) is None
