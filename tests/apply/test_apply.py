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
from psbot.gitlab.values import NewItem, Page, PageRequest, WriteResult
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


def test_reconcile_goes_on_with_the_others_when_gitlab_refuses_one_item(gitlab: FakeGitLab) -> None:
    gitlab.refusals["Kick-off: Acme Corp"] = "Title is not nice"
    result = run(gitlab)
    assert result.exit_code is ExitCode.GITLAB
    assert open_keys(gitlab) == [key for key in EVERYTHING if key != "kick-off"]
    assert [receipt.reason for receipt in result.with_outcome(Outcome.REFUSED)] == ["Title is not nice"]


def test_reconcile_makes_no_children_when_the_epic_is_refused(gitlab: FakeGitLab) -> None:
    gitlab.fail("create_items", lambda: Refused("GitLab refused the request (403)"), carried_out=False)
    assert run(gitlab).exit_code is ExitCode.GITLAB
    assert open_keys(gitlab) == []
    assert gitlab.writes.count("create_items") == 1


def test_reconcile_plans_again_when_an_item_moves_under_its_hands(gitlab: FakeGitLab) -> None:
    run(gitlab)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(gitlab, moved, PROCESS)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", title="Ours")
    result = reconcile(moved, run_context(gitlab), planned=planned_before(gitlab, moved, looked))
    assert one(gitlab, "kick-off").title == "Ours"
    assert one(gitlab, "log").title == "Engagement log: Acme AG"
    assert result.exit_code is ExitCode.DONE


def test_reconcile_takes_a_label_for_made_when_another_run_was_faster(gitlab: FakeGitLab) -> None:
    gitlab.before_write.append(
        lambda: gitlab.labels.update({"ps-state::todo": "gid://gitlab/GroupLabel/999"})
    )
    assert run(gitlab).exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize(
    ("method", "skipped"),
    [("create_labels", 0), ("create_labels", 3), *(("create_items", n) for n in range(4))],
)
def test_reconcile_reaches_the_same_state_when_it_was_killed_at_a_write(
    gitlab: FakeGitLab, method: str, skipped: int, carried_out: bool
) -> None:
    def killed() -> Exception:
        raise KeyboardInterrupt

    gitlab.skip_faults[method] = skipped
    gitlab.fail(method, killed, carried_out=carried_out)
    with pytest.raises(KeyboardInterrupt):
        run(gitlab)
    run(gitlab)
    assert open_keys(gitlab) == EVERYTHING
    assert plan_of(gitlab).is_empty


@pytest.mark.parametrize("times", [1, 1000])
def test_reconcile_keeps_its_receipts_when_a_read_between_two_writes_fails(
    gitlab: FakeGitLab, times: int
) -> None:
    class Failing(FakeGitLab):
        def fetch_pages(self, group: str, asks: Sequence[PageRequest]) -> Sequence[Page]:
            nonlocal times
            if self.items and times:
                times -= 1
                raise GitLabError("GitLab answered 503")
            return super().fetch_pages(group, asks)

    gitlab = Failing()
    result = run(gitlab)
    assert "create-epic" in {each.operation.op for each in result.with_outcome(Outcome.DONE)}
    if result.error is None:
        assert open_keys(gitlab) == EVERYTHING
    else:
        times = 0
        assert result.exit_code is ExitCode.GITLAB
        run(gitlab)
    assert open_keys(gitlab) == EVERYTHING


def test_reconcile_changes_the_other_items_when_reading_again_fails_once(gitlab: FakeGitLab) -> None:
    run(gitlab)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(gitlab, moved, PROCESS)
    gitlab.fail("pages", lambda: GitLabError("GitLab answered 503"), carried_out=False)
    assert (
        reconcile(moved, run_context(gitlab), planned=planned_before(gitlab, moved, looked)).exit_code
        is ExitCode.DONE
    )
    assert one(gitlab, "log").title == "Engagement log: Acme AG"


def test_reconcile_gives_each_operation_its_receipt_when_one_item_has_two_of_a_verb(
    gitlab: FakeGitLab,
) -> None:
    class Sectioned(PlainWords):
        def render(self, name: str, facts: Mapping[str, object]) -> str:
            return super().render("engagement", facts)

        def sections(self, name: str) -> frozenset[str]:
            return frozenset({"overview"}) if name == "engagement-log" else frozenset()

    reconcile(ENGAGEMENT, replace(run_context(gitlab), templates=Sectioned()))
    gitlab.person_edits(one(gitlab, "log").gid, "maria", parent=None)
    longer = replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26))
    result = reconcile(longer, replace(run_context(gitlab), templates=Sectioned()))
    assert [each.op for each in result.plan.operations].count("redescribe") == 2
    assert len(result.receipts) == len(result.plan.operations)


def test_reconcile_reads_items_again_right_before_it_writes_them_when_there_are_many(
    gitlab: FakeGitLab,
) -> None:
    run(gitlab)
    small = replace(
        run_context(gitlab), tools=replace(run_context(gitlab).tools, limits=Limits(batch=1, connections=2))
    )
    gitlab.requests.clear()
    looked = observe(gitlab, ENGAGEMENT, PROCESS)
    gitlab.requests.clear()
    moved = replace(ENGAGEMENT, customer="Acme AG")
    assert reconcile(moved, small, planned=planned_before(gitlab, moved, looked)).exit_code is ExitCode.DONE
    assert gitlab.requests == ["pages", "update_items", "update_items"] * 2


@pytest.mark.parametrize("is_throttled", [False, True])
def test_reconcile_closes_no_item_when_a_person_comments_on_it_at_the_last_moment(
    gitlab: FakeGitLab, *, is_throttled: bool
) -> None:
    run(gitlab)
    on_prem = replace(ENGAGEMENT, hosting="on-prem")
    looked = observe(gitlab, on_prem, PROCESS)
    intake = one(gitlab, "intake-aws")

    def comment(_: Plan) -> None:
        before = gitlab.items[intake.gid].updated_at
        gitlab.person_comments(intake.gid, "paul")
        if is_throttled:  # a comment within a minute does not move the time of the last update
            gitlab.items[intake.gid].updated_at = before

    result = reconcile(on_prem, run_context(gitlab), comment, planned=planned_before(gitlab, on_prem, looked))
    assert gitlab.items[intake.gid].work_item.is_open
    assert result.exit_code is ExitCode.DONE


def test_item_that_gitlab_has_created_although_it_refused_the_link_is_done(
    gitlab: FakeGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = gitlab.create_items

    def create_and_refuse(items: Sequence[NewItem]) -> Sequence[WriteResult]:
        return [
            WriteResult(refusal="No matching work item found.", is_partial=True)
            if item.title.startswith("Kick-off")
            else made
            for item, made in zip(items, create(items), strict=True)
        ]

    monkeypatch.setattr(gitlab, "create_items", create_and_refuse)
    result = run(gitlab)
    assert result.exit_code is ExitCode.DONE
    assert len(gitlab.by_key("kick-off")) == 1
    assert all(receipt.outcome is Outcome.DONE for receipt in result.receipts)


def test_update_that_gitlab_refused_without_carrying_out_a_part_stays_refused(
    gitlab: FakeGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(gitlab)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", labels=frozenset())
    refusal = WriteResult(refusal="Due date must be greater than or equal to start date", is_partial=True)
    monkeypatch.setattr(gitlab, "update_items", lambda updates: [refusal] * len(updates))
    result = run(gitlab)
    assert result.exit_code is ExitCode.GITLAB
    assert {receipt.reason for receipt in result.with_outcome(Outcome.REFUSED)} == {refusal.refusal}
    assert gitlab.writes.count("create_notes") == 0
