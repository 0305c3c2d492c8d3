"""Two runs at the same time leave one open item a marker."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from psbot.core.model.work_item import Author
from psbot.errors import ExitCode
from psbot.gitlab.ports import Unclear
from psbot.gitlab.values import NewItem, WriteResult
from psbot.observe.observe import observe
from psbot.runs.reconcile import reconcile
from tests.support.builders import PROCESS, engagement
from tests.support.fakes import BOT, FakeGitLab
from tests.support.runs import (
    ENGAGEMENT,
    EVERYTHING,
    in_one_line,
    one,
    open_keys,
    plan_of,
    planned_before,
    run,
    run_context,
)


def duplicate_of(gitlab: FakeGitLab, key: str) -> str:
    first = one(gitlab, key)
    fields: dict[str, object] = {"title": "twin", "description": first.description}
    return gitlab._make(BOT, first.namespace, fields | {"parent": first.parent, "labels": first.labels})


@pytest.mark.parametrize("number", range(8))
def test_reconcile_leaves_one_open_item_a_marker_when_another_run_comes_in_between(
    gitlab: FakeGitLab, number: int
) -> None:
    def nothing() -> None:
        pass

    def other_run() -> None:
        run(gitlab)

    gitlab.before_write = [*[nothing] * number, other_run]
    assert run(gitlab).exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING
    assert plan_of(gitlab).is_empty


def test_reconcile_closes_no_duplicate_that_a_person_has_edited(gitlab: FakeGitLab) -> None:
    run(gitlab)
    twin = duplicate_of(gitlab, "kick-off")
    gitlab.person_edits(twin, "paul", title="I work on this one")
    result = run(gitlab)
    assert gitlab.items[twin].work_item.is_open
    assert "duplicate" in {finding.code for finding in result.plan.findings}


def test_reconcile_links_a_duplicate_that_it_closes_to_the_item_that_stays(gitlab: FakeGitLab) -> None:
    run(gitlab)
    kept = one(gitlab, "kick-off")
    twin = duplicate_of(gitlab, "kick-off")
    run(gitlab)
    closed = gitlab.items[twin].work_item
    assert not closed.is_open
    assert kept.reference in closed.description
    assert [each.gid for each in gitlab.by_key("kick-off") if each.is_open] == [kept.gid]


def nothing() -> None:
    pass


def whole_run(gitlab: FakeGitLab) -> None:
    assert run(gitlab).error is None


def test_reconcile_leaves_one_item_when_its_unclear_creation_came_second_to_another_run(
    gitlab: FakeGitLab,
) -> None:
    gitlab.me = Author("maria")
    gitlab.before_write = [nothing, nothing, lambda: whole_run(gitlab)]
    gitlab.skip_faults["create_items"] = 4
    gitlab.fail("create_items", lambda: Unclear("GitLab answered 502"), carried_out=True)
    assert reconcile(ENGAGEMENT, in_one_line(gitlab)).exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_closes_its_own_duplicates_when_it_ends_at_a_limit(gitlab: FakeGitLab) -> None:
    gitlab.me = Author("maria")
    run(gitlab)
    gitlab.delete(one(gitlab, "kick-off").gid)
    gitlab.before_write = [lambda: whole_run(gitlab)]
    for _ in range(4):
        gitlab.fail("update_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    result = reconcile(replace(ENGAGEMENT, customer="Acme AG"), in_one_line(gitlab))
    assert result.exit_code is ExitCode.LIMIT
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_ends_at_a_limit_when_it_cannot_close_its_own_duplicates(gitlab: FakeGitLab) -> None:
    gitlab.before_write = [nothing, nothing, lambda: whole_run(gitlab)]
    for _ in range(10):
        gitlab.fail("update_items", lambda: Unclear("GitLab answered 500"), carried_out=False)
    assert reconcile(ENGAGEMENT, in_one_line(gitlab)).exit_code is ExitCode.LIMIT
    gitlab.faults.clear()
    run(gitlab)
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_looks_for_duplicates_below_its_epic_alone_when_the_group_has_many(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    small = FakeGitLab(page=10)
    small.labels = dict(gitlab.labels)
    for number in range(5):
        run(small, engagement(f"other-{number}", sow=f"SOW-{number}"))
    run(small)
    small.delete(one_of(small, "kick-off"))
    planned = planned_before(small, ENGAGEMENT, observe(small, ENGAGEMENT, PROCESS))
    small.requests.clear()
    assert reconcile(ENGAGEMENT, run_context(small), planned=planned).exit_code is ExitCode.DONE
    assert small.requests == ["people", "pages", "create_items", "pages"]


def one_of(gitlab: FakeGitLab, key: str) -> str:
    (found,) = (
        each.gid for each in gitlab.by_key(key) if each.marker and each.marker.engagement == ENGAGEMENT.key
    )
    return found


def test_reconcile_closes_a_machines_duplicate_when_that_run_ended_without_seeing_ours() -> None:
    class Late(FakeGitLab):
        def create_items(self, items: Sequence[NewItem]) -> Sequence[WriteResult]:
            made = super().create_items(items)
            if self.by_key("kick-off"):
                duplicate_of(self, "kick-off")
            return made

    gitlab = Late()
    assert reconcile(ENGAGEMENT, in_one_line(gitlab)).exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING
