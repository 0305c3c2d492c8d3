"""Reconciling one engagement: what is created, updated, kept and closed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from psbot.apply.receipt import Outcome
from psbot.core.model.work_item import Author
from psbot.core.plan.plan import Plan
from psbot.errors import ExitCode, GitLabError, PsbotError
from psbot.observe.observe import observe
from psbot.runs.reconcile import reconcile
from tests.support.builders import CALLS, GROUP, INTERNAL, NOW, PROCESS, SHARED, PlainWords
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


def test_reconcile_makes_labels_then_the_epic_then_children_under_it(gitlab: FakeGitLab) -> None:
    result = run(gitlab)
    assert result.exit_code is ExitCode.DONE
    assert open_keys(gitlab) == EVERYTHING
    kinds = [name for number, name in enumerate(gitlab.writes) if name not in gitlab.writes[:number]]
    assert kinds == ["create_labels", "create_items"]
    epic, kick_off = one(gitlab, "epic"), one(gitlab, "kick-off")
    assert (epic.namespace, epic.start_on, epic.due_on) == (GROUP, date(2026, 12, 1), date(2027, 2, 26))
    assert (kick_off.namespace, kick_off.parent, kick_off.assignees) == (SHARED, epic.gid, ("paul",))
    assert kick_off.labels == {"ps-kind::kick-off", "ps-state::todo"}
    assert one(gitlab, "log").namespace == INTERNAL


def test_reconcile_gives_each_operation_one_receipt_with_where_it_went(gitlab: FakeGitLab) -> None:
    result = run(gitlab)
    assert len(result.receipts) == len(result.plan.operations)
    assert {receipt.outcome for receipt in result.receipts} == {Outcome.DONE}
    assert {receipt.url for receipt in result.receipts if receipt.url} == {each.url for each in gitlab._all()}


def test_reconcile_writes_nothing_and_reads_three_times_when_run_again(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.requests.clear()
    gitlab.writes.clear()
    assert run(gitlab).plan.is_empty
    assert gitlab.writes == []
    assert len(gitlab.requests) == 3


@pytest.mark.parametrize(("has_labels", "most"), [(True, 10), (False, 14)])
def test_reconcile_stays_within_its_requests_when_thirty_items_are_made_at_first(
    gitlab: FakeGitLab, has_labels: bool, most: int
) -> None:
    for spec in PROCESS.catalogue.specs() if has_labels else ():
        gitlab.labels[spec.title] = f"gid://gitlab/GroupLabel/{len(gitlab.labels) + 1}"
    long = replace(ENGAGEMENT, calls=CALLS, ends_on_in_file=date(2027, 6, 15))
    result = reconcile(long, replace(run_context(gitlab), process=replace(PROCESS, horizon_days=400)))
    assert result.exit_code is ExitCode.DONE
    assert len(gitlab.items) >= 30
    assert len(gitlab.requests) <= most


def test_reconcile_writes_all_changes_of_one_item_in_one_update(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gid = one(gitlab, "kick-off").gid
    before = len(gitlab.items[gid].acts)
    moved = replace(ENGAGEMENT, customer="Acme AG", kick_off_on=date(2026, 12, 3), engineers=("petra",))
    assert run(gitlab, moved).exit_code is ExitCode.DONE
    kick_off = one(gitlab, "kick-off")
    assert kick_off.title == "Kick-off: Acme AG"
    assert (kick_off.due_on, kick_off.assignees) == (date(2026, 12, 3), ("petra",))
    assert len(gitlab.items[gid].acts) == before + 1
    assert plan_of(gitlab, moved).is_empty


def test_reconcile_keeps_what_people_changed_and_remembers_only_what_it_wrote(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", due_on=date(2026, 12, 9))
    moved = replace(ENGAGEMENT, customer="Acme AG", kick_off_on=date(2026, 12, 3))
    run(gitlab, moved)
    assert one(gitlab, "kick-off").due_on == date(2026, 12, 9)
    assert one(gitlab, "kick-off").title == "Kick-off: Acme AG"
    again = plan_of(gitlab, moved)
    assert again.is_empty
    assert [(kept.item, kept.field) for kept in again.kept] == [("kick-off", "due_on")]


def test_reconcile_keeps_a_start_that_people_set_when_the_file_moves_the_end(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.person_edits(one(gitlab, "epic").gid, "maria", start_on=date(2026, 12, 7))
    longer = replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26))
    run(gitlab, longer)
    epic = one(gitlab, "epic")
    assert (epic.start_on, epic.due_on) == (date(2026, 12, 7), date(2027, 3, 26))
    assert [(kept.item, kept.field) for kept in plan_of(gitlab, longer).kept] == [("epic", "start_on")]


def test_reconcile_keeps_peoples_words_when_it_rewrites_a_managed_section(gitlab: FakeGitLab) -> None:
    run(gitlab)
    epic = one(gitlab, "epic")
    gitlab.person_edits(epic.gid, "maria", description=epic.description + "\nRemember the badge.\n")
    run(gitlab, replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26)))
    after = one(gitlab, "epic").description
    assert "Remember the badge." in after
    assert "ends 2027-03-26" in after


def test_reconcile_closes_obsolete_items_only_when_nobody_edited_them(gitlab: FakeGitLab) -> None:
    on_prem = replace(ENGAGEMENT, hosting="on-prem")
    run(gitlab)
    run(gitlab, on_prem)
    assert not one(gitlab, "intake-aws").is_open
    assert "ps-state::skipped" in one(gitlab, "intake-aws").labels
    other = FakeGitLab()
    run(other)
    other.person_edits(one(other, "intake-aws").gid, "paul", title="Mine now")
    result = run(other, on_prem)
    assert one(other, "intake-aws").is_open
    assert "obsolete-kept" in {finding.code for finding in result.plan.findings}


def test_reconcile_gives_markers_and_parents_back(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.person_edits(one(gitlab, "kick-off").gid, "maria", description="Only words.\n")
    gitlab.person_edits(one(gitlab, "log").gid, "maria", parent=None)
    run(gitlab)
    assert one(gitlab, "kick-off").description.endswith("Only words.\n")
    assert one(gitlab, "log").parent == one(gitlab, "epic").gid
    assert plan_of(gitlab).is_empty


def test_reconcile_marks_a_persons_change_request_above_their_words(gitlab: FakeGitLab) -> None:
    run(gitlab)
    gitlab.person_makes(
        "maria",
        INTERNAL,
        title="More",
        description="More hours.\n",
        parent=one(gitlab, "epic").gid,
        labels=frozenset({"ps-kind::change-request"}),
    )
    run(gitlab)
    assert one(gitlab, "change-request/1").description.endswith("-->\nMore hours.\n")
    assert plan_of(gitlab).is_empty


def test_reconcile_names_everybody_who_is_missing_before_the_first_write(gitlab: FakeGitLab) -> None:
    gitlab.inactive.add("paul")
    with pytest.raises(GitLabError) as caught:
        run(gitlab, replace(ENGAGEMENT, manager="nobody"))
    assert "nobody" in str(caught.value)
    assert "paul is blocked" in str(caught.value)
    with pytest.raises(GitLabError, match="zoe is not a member of acme/delivery/project"):
        run(gitlab, replace(ENGAGEMENT, engineers=("zoe",)))
    assert gitlab.writes == []


def test_reconcile_refuses_to_write_as_an_account_whose_items_it_would_not_recognise(
    gitlab: FakeGitLab,
) -> None:
    gitlab.me = Author("zoe")
    with pytest.raises(GitLabError, match="zoe"):
        run(gitlab)
    assert gitlab.writes == []


def test_reconcile_writes_nothing_when_the_plan_is_not_approved(gitlab: FakeGitLab) -> None:
    def refuse(_: Plan) -> None:
        raise PsbotError("another checksum")

    with pytest.raises(PsbotError, match="another checksum"):
        reconcile(ENGAGEMENT, run_context(gitlab), refuse)
    assert gitlab.writes == []


def test_reconcile_makes_nothing_unreviewed_when_it_is_bound_to_a_plan(gitlab: FakeGitLab) -> None:
    run(gitlab)
    moved = replace(ENGAGEMENT, customer="Acme AG")
    looked = observe(gitlab, moved, PROCESS)
    log = one(gitlab, "log")
    gitlab.person_edits(log.gid, "maria", description=log.description + "\nA word.\n")
    gitlab.delete(one(gitlab, "kick-off").gid)
    assert (
        reconcile(
            moved, run_context(gitlab), planned=planned_before(gitlab, moved, looked), only_reviewed=True
        ).exit_code
        is ExitCode.DONE
    )
    assert one(gitlab, "log").title == "Engagement log: Acme AG"
    assert gitlab.by_key("kick-off") == []


def test_reconcile_writes_nothing_on_later_days_when_a_person_moved_the_phase(gitlab: FakeGitLab) -> None:
    class Dated(PlainWords):
        def render(self, name: str, facts: Mapping[str, object]) -> str:
            since = f"since {facts['phase_since_on']}"
            return super().render(name, facts).replace(", ends", f" {since}, ends")

    def run_on(day: int) -> Plan:
        whole = replace(run_context(gitlab), templates=Dated(), now=NOW + timedelta(days=day))
        return reconcile(ENGAGEMENT, whole).plan

    run_on(0)
    epic = one(gitlab, "epic")
    gitlab.person_edits(epic.gid, "maria", labels=frozenset({"ps-kind::engagement", "ps-phase::delivery"}))
    assert run_on(1).is_empty, "whether the move counts is for advance to say"
    gitlab.person_edits(
        epic.gid, "maria", description=one(gitlab, "epic").description.replace("phase=setup ", "")
    )
    assert not run_on(2).is_empty
    assert "delivery since 2026-11-25" in one(gitlab, "epic").description
    assert run_on(3).is_empty
    assert "delivery since 2026-11-25" in one(gitlab, "epic").description


def test_reconcile_rewrites_its_section_in_place_when_lines_end_as_on_windows(gitlab: FakeGitLab) -> None:
    run(gitlab)
    epic = one(gitlab, "epic")
    gitlab.person_edits(epic.gid, "maria", description=epic.description.replace("\n", "\r\n"))
    assert plan_of(gitlab).is_empty
    run(gitlab, replace(ENGAGEMENT, ends_on_in_file=date(2027, 3, 26)))
    assert one(gitlab, "epic").description.count("psbot begin: overview") == 1
    assert "ends 2027-03-26" in one(gitlab, "epic").description
