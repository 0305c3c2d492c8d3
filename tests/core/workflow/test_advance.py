"""What ``psbot advance`` plans besides its rules: items that are due, managed sections, reads and notices."""

from dataclasses import replace
from datetime import date

import pytest

from psbot.core.model.facts import Facts
from psbot.core.model.item import HumanActivity, Snapshot
from psbot.core.model.operations import CreateChild, PostNotice, Reassign, Reschedule, Retitle
from psbot.core.workflow.advance import needed_reads
from tests.core.workflow.engagements import delivering, quiet
from tests.support.board import CUSTOMER, PROCESS, Desk, example


def test_coming_calls_and_standups_are_made_without_anybody_acting() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    made = desk.advance()
    keys = [each.item.key for each in made.operations if isinstance(each, CreateChild)]
    assert keys == ["call/2026-12-29", "standup/2026-W53"]
    assert quiet(desk)


def test_advance_touches_no_title_date_or_assignee(desk: Desk) -> None:
    desk.engagement = example(kick_off_on=date(2026, 12, 3), engineers=("petra",), customer="Acme SE")
    made = desk.advance()
    assert not [each for each in made.operations if isinstance(each, Retitle | Reschedule | Reassign)]


def test_advance_makes_no_epic() -> None:
    desk = Desk()
    made = desk.plan()
    assert (made.operations, desk.codes(made)) == ((), {"not-in-gitlab"})


def test_managed_text_that_somebody_changed_is_true_again(desk: Desk) -> None:
    desk.edit("epic", lambda text: text.replace("| Kick-off | 2026-12-01 |", "| Kick-off | never |"))
    desk.advance()
    assert "| Kick-off | 2026-12-01 |" in desk.item("epic").description


def test_nothing_is_read_and_nothing_written_when_nothing_has_happened(desk: Desk) -> None:
    assert desk.advance().is_empty
    assert desk.read == set()


def test_histories_are_read_only_where_a_rule_depends_on_them(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    desk.read.clear()
    desk.close("paul", "standup/2026-W49")
    desk.label("paul", "intake-aws", "state", "doing")
    desk.advance()
    assert desk.read == set(), "nothing waits for a standup, and doing opens nothing"
    desk.close("paul", "kick-off")
    desk.advance()
    assert desk.read == {"kick-off"}


def test_history_of_what_is_done_is_not_read_while_another_guard_holds_the_phase_back() -> None:
    desk = Desk(example(engineers=()))
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.read.clear()
    desk.advance()
    assert desk.read == set()


def test_notice_is_posted_once_edited_when_its_facts_change_and_posted_anew_when_it_returns() -> None:
    desk = delivering()
    desk.label(CUSTOMER, "epic", "phase", "wrap-up")
    desk.advance()
    assert len(desk.notices) == 1
    desk.label(CUSTOMER, "epic", "phase", "completed")
    made = desk.advance()
    (post,) = (each for each in made.operations if isinstance(each, PostNotice))
    assert post.note_gid in desk.notices
    desk.label("maria", "epic", "phase", "delivery")
    desk.advance()
    assert len(desk.notices) == 1
    assert desk.told()["transition-refused:epic"].startswith("Resolved: ")
    desk.label(CUSTOMER, "epic", "phase", "completed")
    desk.advance()
    assert len(desk.notices) == 2
    assert quiet(desk)


def test_notice_is_left_when_psbot_cannot_check_this_time_whether_it_is_still_so() -> None:
    desk = delivering()
    desk.label(CUSTOMER, "project-summary", "state", "done")
    desk.advance()
    told = dict(desk.notices)
    assert told
    desk.unreadable = frozenset({"project-summary"})
    made = desk.advance()
    assert ("unchecked" in desk.codes(made), desk.notices) == (True, told)
    desk.unreadable = frozenset()
    assert quiet(desk)


def test_notice_that_two_runs_posted_at_once_goes_on_standing_once() -> None:
    desk = delivering()
    desk.label(CUSTOMER, "epic", "phase", "wrap-up")
    desk.advance()
    (first,) = desk.notices.values()
    desk.notices["gid://gitlab/Note/2"] = replace(first, gid="gid://gitlab/Note/2")
    desk.advance()
    older, newer = desk.notices.values()
    assert (older, "Resolved: " in newer.body) == (first, True)
    assert quiet(desk)
    desk.label("maria", "epic", "phase", "delivery")
    desk.advance()
    assert all("Resolved: " in each.body for each in desk.notices.values())
    assert quiet(desk)


@pytest.mark.parametrize("runs", [["advance"], ["apply", "advance"]])
def test_notices_are_resolved_when_somebody_has_removed_the_marker_of_the_log(runs: list[str]) -> None:
    desk = delivering()
    desk.close(CUSTOMER, "project-summary")
    desk.advance()
    desk.edit("log", lambda text: text.partition("\n")[2])
    desk.reopen("paul", "project-summary")
    for run in runs:
        getattr(desk, run)()
    assert desk.told()["unauthorized-change:project-summary"].startswith("Resolved: ")
    assert quiet(desk)


def test_notice_is_posted_although_somebody_has_removed_the_marker_of_the_log() -> None:
    desk = delivering()
    desk.edit("log", lambda text: text.partition("\n")[2])
    desk.close(CUSTOMER, "project-summary")
    desk.advance()
    assert "unauthorized-change:project-summary" in desk.told()
    assert quiet(desk)


@pytest.mark.parametrize("key", ["standup/2026-W51", "call/2026-12-15", "project-summary"])
def test_notice_about_any_item_is_posted_once(key: str) -> None:
    desk = delivering()
    desk.label(CUSTOMER, key, "state", "done")
    desk.advance()
    assert f"by {CUSTOMER}, who" in desk.told()[f"unauthorized-change:{key}"]
    assert quiet(desk)


def test_label_scopes_may_have_other_names() -> None:
    scopes = {
        purpose: replace(
            scope,
            name=f"team::{purpose}",
            labels={
                value: replace(spec, title=f"team::{purpose}::{value}")
                for value, spec in scope.labels.items()
            },
        )
        for purpose, scope in PROCESS.catalogue.scopes.items()
    }
    desk = Desk(process=replace(PROCESS, catalogue=replace(PROCESS.catalogue, scopes=scopes)))
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.finish("paul", "kick-off", "intake-aws")
    assert desk.phase == "delivery"
    assert "team::phase::delivery" in desk.item("epic").labels


def test_empty_snapshot_needs_nothing() -> None:
    desk = Desk()
    asked = needed_reads(Facts(desk.engagement, desk.process, Snapshot(), desk.now))
    assert (asked.items, asked.notices) == (frozenset(), False)


def test_item_that_the_file_no_longer_has_is_left_to_apply_without_a_word(desk: Desk) -> None:
    desk.engagement = example(skip={"project-summary": "not sold"})
    desk.world = desk.world.with_item(
        replace(desk.item("project-summary"), human_activity=HumanActivity.UNKNOWN)
    )
    assert "obsolete-kept" not in desk.codes(desk.plan()), "nobody has looked who worked on it"
