"""Performing a plan: refusals, reads that fail between writes, and items that change meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest

from psbot.apply.receipt import Outcome
from psbot.core.model.process import Limits
from psbot.core.plan.plan import Plan
from psbot.errors import ExitCode, GitLabError
from psbot.gitlab.ports import Refused
from psbot.gitlab.values import Page, PageRequest
from psbot.observe.observe import observe
from psbot.runs.reconcile import reconcile
from tests.support.builders import PROCESS, PlainWords
from tests.support.fakes import FakeGitLab
from tests.support.runs import (
    ENGAGEMENT,
    EVERYTHING,
    one,
    open_keys,
    plan_of,
    planned_before,
    run,
    run_context,
)


def test_reconcile_goes_on_with_the_others_when_gitlab_refuses_one_item(forge: FakeGitLab) -> None:
    forge.refusals["Kick-off: Acme Corp"] = "Title is not nice"
    result = run(forge)
    assert result.exit_code is ExitCode.GITLAB
    assert open_keys(forge) == [key for key in EVERYTHING if key != "kick-off"]
    assert [receipt.reason for receipt in result.with_outcome(Outcome.REFUSED)] == ["Title is not nice"]


def test_reconcile_makes_no_children_when_the_epic_is_refused(forge: FakeGitLab) -> None:
    forge.fail("create_items", lambda: Refused("GitLab refused the request (403)"), carried_out=False)
    assert run(forge).exit_code is ExitCode.GITLAB
    assert open_keys(forge) == []
    assert forge.writes.count("create_items") == 1


def test_reconcile_plans_again_when_an_item_moves_under_its_hands(forge: FakeGitLab) -> None:
    run(forge)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(forge, moved, PROCESS)
    forge.person_edits(one(forge, "kick-off").gid, "maria", title="Ours")
    result = reconcile(moved, run_context(forge), planned=planned_before(forge, moved, looked))
    assert one(forge, "kick-off").title == "Ours"
    assert one(forge, "log").title == "Engagement log: Acme AG"
    assert result.exit_code is ExitCode.DONE


def test_reconcile_takes_a_label_for_made_when_another_run_was_faster(forge: FakeGitLab) -> None:
    forge.before_write.append(lambda: forge.labels.update({"ps-state::todo": "gid://gitlab/GroupLabel/999"}))
    assert run(forge).exit_code is ExitCode.DONE
    assert open_keys(forge) == EVERYTHING


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize(
    ("method", "skipped"),
    [("create_labels", 0), ("create_labels", 3), *(("create_items", n) for n in range(4))],
)
def test_reconcile_reaches_the_same_state_when_it_was_killed_at_a_write(
    forge: FakeGitLab, method: str, skipped: int, carried_out: bool
) -> None:
    def killed() -> Exception:
        raise KeyboardInterrupt

    forge.skip_faults[method] = skipped
    forge.fail(method, killed, carried_out=carried_out)
    with pytest.raises(KeyboardInterrupt):
        run(forge)
    run(forge)
    assert open_keys(forge) == EVERYTHING
    assert plan_of(forge).is_empty


@pytest.mark.parametrize("times", [1, 1000])
def test_reconcile_keeps_its_receipts_when_a_read_between_two_writes_fails(
    forge: FakeGitLab, times: int
) -> None:
    class Failing(FakeGitLab):
        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            nonlocal times
            if self.items and times:
                times -= 1
                raise GitLabError("GitLab answered 503")
            return super().fetch_pages(group, asks)

    forge = Failing()
    result = run(forge)
    assert "create-epic" in {each.operation.op for each in result.with_outcome(Outcome.DONE)}
    if result.error is None:
        assert open_keys(forge) == EVERYTHING
    else:
        times = 0
        assert result.exit_code is ExitCode.GITLAB
        run(forge)
    assert open_keys(forge) == EVERYTHING


def test_reconcile_changes_the_other_items_when_reading_again_fails_once(forge: FakeGitLab) -> None:
    run(forge)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(forge, moved, PROCESS)
    forge.fail("pages", lambda: GitLabError("GitLab answered 503"), carried_out=False)
    assert (
        reconcile(moved, run_context(forge), planned=planned_before(forge, moved, looked)).exit_code
        is ExitCode.DONE
    )
    assert one(forge, "log").title == "Engagement log: Acme AG"


def test_reconcile_gives_each_operation_its_receipt_when_one_item_has_two_of_a_verb(
    forge: FakeGitLab,
) -> None:
    class Sectioned(PlainWords):
        def render(self, name: str, facts: Mapping[str, object]) -> str:
            return super().render("engagement", facts)

        def sections(self, name: str) -> frozenset[str]:
            return frozenset({"overview"}) if name == "engagement-log" else frozenset()

    reconcile(ENGAGEMENT, replace(run_context(forge), templates=Sectioned()))
    forge.person_edits(one(forge, "log").gid, "maria", parent=None)
    longer = replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26))
    result = reconcile(longer, replace(run_context(forge), templates=Sectioned()))
    assert [each.op for each in result.plan.operations].count("redescribe") == 2
    assert len(result.receipts) == len(result.plan.operations)


def test_reconcile_reads_items_again_right_before_it_writes_them_when_there_are_many(
    forge: FakeGitLab,
) -> None:
    run(forge)
    small = replace(
        run_context(forge), tools=replace(run_context(forge).tools, limits=Limits(batch=1, connections=2))
    )
    forge.requests.clear()
    looked = observe(forge, ENGAGEMENT, PROCESS)
    forge.requests.clear()
    moved = replace(ENGAGEMENT, customer="Acme AG")
    assert reconcile(moved, small, planned=planned_before(forge, moved, looked)).exit_code is ExitCode.DONE
    assert forge.requests == ["pages", "update_items", "update_items"] * 2


def test_reconcile_closes_no_item_when_a_person_comments_on_it_at_the_last_moment(forge: FakeGitLab) -> None:
    run(forge)
    on_prem = replace(ENGAGEMENT, hosting="on-prem")
    looked = observe(forge, on_prem, PROCESS)
    intake = one(forge, "intake-aws")

    def comment(_: Plan) -> None:
        forge.person_comments(intake.gid, "paul")

    result = reconcile(on_prem, run_context(forge), comment, planned=planned_before(forge, on_prem, looked))
    assert forge.items[intake.gid].work_item.is_open
    assert result.exit_code is ExitCode.DONE
