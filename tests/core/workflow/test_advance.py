"""How psbot carries an engagement from quote to post-mortem: one test a sentence."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from psbot.core.model.engagement import Milestone
from psbot.core.model.facts import Facts
from psbot.core.model.item import HumanActivity, Snapshot
from psbot.core.model.operations import (
    Close,
    CreateChild,
    PostNotice,
    Reassign,
    Relabel,
    Reopen,
    Reschedule,
    Retitle,
)
from psbot.core.workflow.advance import needed_reads
from tests.support.board import CUSTOMER, PROCESS, RESTORING, Desk, example


@pytest.fixture
def desk() -> Desk:
    """The AWS example in setup, one week before its kick-off."""
    desk = Desk()
    desk.apply()
    return desk


def delivering(**changes: Any) -> Desk:
    """Return the AWS example in delivery, on 2026-12-10."""
    desk = Desk(example(**changes))
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.on("2026-12-10")
    desk.finish("paul", "kick-off", "intake-aws")
    assert desk.phase == "delivery"
    return desk


def wrapping_up() -> Desk:
    """Return the AWS example on its last day."""
    desk = delivering()
    desk.on("2027-02-26")
    desk.advance()
    assert desk.phase == "wrap-up"
    return desk


def quiet(desk: Desk) -> bool:
    """Tell whether psbot has nothing left to write."""
    return desk.plan().is_empty


# Phases, by facts


def test_engagement_stays_a_quote_until_closed_won() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    assert desk.advance().is_empty
    assert desk.phase == "quote"
    desk.engagement = example(closed_won_on=date(2026, 11, 24))
    made = desk.advance()
    assert {each.op for each in made.operations} == {"redescribe"}, (
        "the log names the day, which is still to come"
    )
    desk.on("2026-11-24")
    desk.advance()
    assert desk.phase == "setup"
    assert desk.item("kick-off").is_open, "what Closed Won makes due is made at once"
    assert quiet(desk)


def test_engagement_moves_on_step_by_step_as_its_items_are_done(desk: Desk) -> None:
    walked = [desk.phase]
    for day, keys in [
        ("2026-11-24", ["welcome-email"]),
        ("2026-12-01", ["kick-off"]),
        ("2026-12-08", ["intake-aws"]),
        ("2027-02-26", []),
        ("2027-03-01", ["project-summary"]),
    ]:
        desk.on(day)
        desk.finish("paul", *keys)
        walked.append(desk.phase)
        assert quiet(desk)
    assert walked == ["setup", "kick-off", "intake", "delivery", "wrap-up", "wrap-up"]
    desk.label("maria", "sign-off", "signoff", "received")
    desk.finish("paul", "financial-wrap-up")
    assert desk.phase == "post-mortem"
    desk.finish("maria", "post-mortem")
    assert desk.phase == "completed"
    assert not desk.item("epic").is_open
    assert "Phase | completed" in desk.item("epic").description
    assert quiet(desk)


def test_engagement_makes_up_for_a_missed_fortnight_in_one_run(desk: Desk) -> None:
    desk.label("maria", "welcome-email", "state", "done")
    desk.on("2026-12-10")
    desk.label("paul", "kick-off", "state", "done")
    desk.close("paul", "intake-aws")
    relabels = [each for each in desk.advance().operations if isinstance(each, Relabel) and each.item.is_epic]
    assert len(relabels) == 1
    assert desk.phase == "delivery"
    assert quiet(desk)


def test_engagement_waits_in_setup_while_no_engineer_is_named() -> None:
    desk = Desk(example(engineers=()))
    desk.apply()
    desk.finish("maria", "welcome-email")
    assert desk.phase == "setup"
    desk.engagement = example()
    desk.advance()
    assert desk.phase == "kick-off"
    assert desk.of("state", "assign-engineer") == ["done"]
    assert not desk.item("assign-engineer").is_open


def test_engagement_needs_no_item_that_its_file_leaves_out() -> None:
    desk = Desk(example(skip={"welcome-email": "sent by the account team"}))
    desk.apply()
    desk.advance()
    assert desk.phase == "kick-off"


def test_engagement_needs_no_item_that_one_of_its_people_has_skipped(desk: Desk) -> None:
    desk.label("pia", "welcome-email", "state", "skipped")
    desk.advance()
    assert desk.phase == "kick-off"
    assert not desk.item("welcome-email").is_open


def test_wrap_up_begins_when_the_end_is_reached_in_the_engagements_own_time_zone() -> None:
    desk = delivering()
    desk.on("2027-02-25", "23:59")
    desk.advance()
    assert desk.phase == "delivery"
    desk.on("2027-02-26", "00:00")
    desk.advance()
    assert desk.phase == "wrap-up"


@pytest.mark.parametrize("who", ["maria", "petra", "pia", "dora"])
def test_wrap_up_begins_early_when_one_of_the_people_says_so(who: str) -> None:
    desk = delivering()
    desk.label(who, "epic", "phase", "wrap-up")
    made = desk.advance()
    assert desk.phase == "wrap-up"
    assert "transition-refused" not in desk.codes(made)
    assert desk.of("state", "sign-off") == ["todo"], "the gate opens in the same run"
    assert quiet(desk)


def test_phase_in_the_overview_has_the_day_since_when_and_does_not_change_as_days_pass() -> None:
    desk = delivering()
    assert "| Phase | delivery, since 2026-12-10 |" in desk.item("epic").description
    desk.on("2026-12-11")
    assert not [each for each in desk.plan().operations if each.op == "redescribe"]


# Phases, by people


def test_phase_is_as_old_as_its_label_where_somebody_has_removed_the_marker() -> None:
    desk = delivering()
    desk.edit("epic", lambda text: text.partition("\n")[2])
    desk.on("2026-12-18")
    desk.advance()
    assert "phase=delivery since=2026-12-10 " in desk.item("epic").description
    assert quiet(desk)


def test_manager_puts_an_engagement_on_hold_and_no_calls_are_made() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-01-11")
    made = desk.advance()
    assert desk.phase == "on-hold"
    assert not any(isinstance(each, CreateChild) for each in made.operations)
    assert quiet(desk)


def test_engagement_returns_to_the_phase_that_on_hold_replaced_when_the_manager_takes_the_label_away() -> (
    None
):
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-01-11")
    desk.unlabel("maria", "epic", "phase", "on-hold")
    made = desk.advance()
    assert desk.phase == "delivery"
    assert any(isinstance(each, CreateChild) and each.is_occurrence for each in made.operations)
    assert quiet(desk)


def test_engagement_returns_to_the_phase_that_the_manager_sets_after_on_hold() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.label("maria", "epic", "phase", "wrap-up")
    made = desk.advance()
    assert desk.phase == "wrap-up"
    assert "transition-refused" not in desk.codes(made)


def test_engagement_does_not_return_from_on_hold_to_a_phase_that_the_workflow_does_not_have() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.put("maria", "epic", f"{desk.process.catalogue.scopes['phase'].name}::frozen")
    made = desk.advance()
    assert "transition-refused" in desk.codes(made)
    assert not [each for each in made.operations if isinstance(each, CreateChild)], "it counts as on-hold"
    assert quiet(desk)


@pytest.mark.parametrize("label", [None, "frozen"])
def test_nothing_is_guessed_or_written_day_by_day_while_nothing_tells_the_phase(label: str | None) -> None:
    desk = delivering()
    if label:
        desk.put("paul", "epic", f"{desk.process.catalogue.scopes['phase'].name}::{label}")
    else:
        desk.unlabel("paul", "epic", "phase", "delivery")
    desk.edit("epic", lambda text: text.partition("\n")[2])  # its marker too
    assert "no-phase" in desk.codes(desk.advance())
    for day in ("2026-12-11", "2026-12-12"):
        desk.on(day)
        for run in (desk.advance, desk.apply):
            epic = desk.item("epic")
            run()
            assert desk.item("epic") == epic
    desk.label("maria", "epic", "phase", "delivery")
    made = desk.advance()
    assert not desk.codes(made) & {"no-phase", "transition-refused"}
    assert "phase=delivery" in desk.item("epic").description
    assert quiet(desk)


def test_engagement_stays_on_hold_when_its_end_is_reached() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.advance()
    desk.on("2027-03-01")
    desk.advance()
    assert desk.phase == "on-hold"


def test_manager_cancels_an_engagement_and_nothing_is_made_any_more() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "cancelled")
    desk.advance()
    desk.on("2027-01-11")
    assert desk.advance().is_empty
    assert desk.phase == "cancelled"


def test_lost_quote_is_cancelled_by_its_manager() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    desk.label("maria", "epic", "phase", "cancelled")
    made = desk.advance()
    assert desk.phase == "cancelled"
    assert "transition-refused" not in desk.codes(made)


@pytest.mark.parametrize("phase", ["on-hold", "cancelled"])
def test_engineer_cannot_put_an_engagement_on_hold_or_cancel_it(phase: str) -> None:
    desk = delivering()
    desk.label("paul", "epic", "phase", phase)
    made = desk.advance()
    (finding,) = (each for each in made.findings if each.code == "transition-refused")
    assert f"paul moved it from delivery to {phase}; only the manager may do that" in finding.message
    assert desk.phase == phase, "what people set is reported, not reverted"
    assert quiet(desk)


def test_card_dragged_ahead_is_reported_with_the_reasons_and_counts_once_they_are_gone(desk: Desk) -> None:
    desk.label("paul", "epic", "phase", "intake")
    made = desk.advance()
    assert "transition-refused" in desk.codes(made)
    assert "the table has no such transition" in desk.told()["transition-refused:epic"]
    assert "setup" in desk.item("epic").description, "the overview says what counts"
    assert quiet(desk)
    desk.finish("maria", "welcome-email")
    assert desk.phase == "intake", "facts lead to kick-off, and do not drag the card back"
    assert quiet(desk)
    desk.finish("paul", "kick-off")
    assert desk.phase == "intake"
    assert desk.told()["transition-refused:epic"].startswith("Resolved: ")
    assert quiet(desk)


def test_illegal_move_says_which_guard_does_not_hold() -> None:
    desk = delivering()
    desk.engagement = replace(desk.engagement, engineers=("petra",))  # paul is replaced
    desk.label("paul", "epic", "phase", "wrap-up")
    made = desk.advance()
    (finding,) = (each for each in made.findings if each.code == "transition-refused")
    assert "the engagement ends on 2027-02-26, which is still to come" in finding.message


def test_customers_click_moves_no_phase_and_gives_way_when_facts_move_it() -> None:
    desk = delivering()
    desk.label(CUSTOMER, "epic", "phase", "wrap-up")
    made = desk.advance()
    assert "transition-refused" in desk.codes(made)
    assert desk.phase == "wrap-up", "it is reported, not taken back"
    assert desk.of("state", "sign-off") == ["blocked"], "and opens no gate"
    assert quiet(desk)
    desk.on("2027-02-26")
    made = desk.advance()
    assert "transition-refused" not in desk.codes(made)
    assert desk.of("state", "sign-off") == ["todo"]
    assert quiet(desk)


def test_illegal_move_is_taken_back_and_told_where_the_workflow_says_restore() -> None:
    desk = delivering()
    desk.process = RESTORING
    desk.label(CUSTOMER, "epic", "phase", "completed")
    desk.advance()
    assert desk.phase == "delivery"
    assert desk.item("epic").is_open
    assert desk.told()["transition-refused:epic"].startswith(f"Reverted: {CUSTOMER} moved it")
    assert quiet(desk)


def test_phase_stays_when_psbot_could_not_check_who_moved_it() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "on-hold")
    desk.unreadable = frozenset({"epic"})
    made = desk.advance()
    assert "unchecked" in desk.codes(made)
    assert made.is_empty
    desk.unreadable = frozenset()
    desk.advance()
    assert quiet(desk)


def test_two_phases_are_settled_by_the_newest_and_then_judged() -> None:
    desk = delivering()
    desk.label("maria", "epic", "phase", "cancelled", replacing=False)
    desk.advance()
    assert desk.phase == "cancelled"
    assert quiet(desk)


def test_kick_off_reached_without_closed_won_is_told_until_work_at_risk_is_approved() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    desk.on("2026-12-01")
    desk.advance()
    assert "the kick-off is planned on 2026-12-01" in desk.told()["kick-off-without-deal:epic"]
    assert quiet(desk)
    request = replace(
        desk.item("log"),
        key="change-request/1",
        kind="change-request",
        iid=900,
        labels=frozenset({"ps-kind::change-request", "ps-state::doing", "ps-change::approval"}),
        description="<!-- psbot: engagement=acme-sow-142 item=change-request/1 -->\n"
        "Hours: 40\nNew end date: none\nNew contract: none\nSituation: before-signature\n"
        "Timeline: none\nScope: more\nQuality: none\nBudget: more\n",
    )
    desk.world = desk.world.with_item(request)
    desk.label("pia", "change-request/1", "instrument", "work-at-risk")
    desk.label(CUSTOMER, "change-request/1", "change", "approved")
    desk.advance()
    assert not desk.told()["kick-off-without-deal:epic"].startswith("Resolved"), "a customer approves nothing"
    desk.label("dora", "change-request/1", "change", "impact")
    desk.label("dora", "change-request/1", "change", "approved")
    made = desk.advance()
    assert "kick-off-without-deal" not in desk.codes(made), "what the file alone says is not the last word"
    assert desk.told()["kick-off-without-deal:epic"].startswith("Resolved: ")
    assert desk.phase == "quote"
    assert quiet(desk)


# Items


@pytest.mark.parametrize("state", ["done", "skipped"])
def test_item_is_closed_when_one_of_the_people_calls_it_done_or_skipped(desk: Desk, state: str) -> None:
    desk.label("petra", "project-summary", "state", state)
    made = desk.advance()
    (close,) = (each for each in made.operations if isinstance(each, Close))
    assert close.item.key == "project-summary"
    assert close.delta.is_empty
    assert "petra" in close.reason
    assert quiet(desk)


@pytest.mark.parametrize("key", ["kick-off", "standup/2026-W49", "log"])
def test_item_closed_by_hand_becomes_done(desk: Desk, key: str) -> None:
    desk.close("paul", key)
    desk.advance()
    assert desk.of("state", key) == ["done"]
    assert quiet(desk)


@pytest.mark.parametrize("who", ["paul", CUSTOMER])
def test_item_opened_again_becomes_doing(desk: Desk, who: str) -> None:
    desk.finish("paul", "kick-off")
    assert not desk.item("kick-off").is_open
    desk.reopen(who, "kick-off")
    made = desk.advance()
    assert desk.item("kick-off").is_open
    assert desk.of("state", "kick-off") == ["doing"]
    assert f"{who} opened it again" in [each.reason for each in made.operations if isinstance(each, Relabel)]
    assert quiet(desk)


def test_item_called_done_after_it_was_opened_again_is_closed(desk: Desk) -> None:
    desk.finish("paul", "kick-off")
    desk.reopen("paul", "kick-off")
    desk.advance()
    desk.finish("paul", "kick-off")
    assert not desk.item("kick-off").is_open


@pytest.mark.parametrize(("first", "second"), [("doing", "waiting-customer"), ("waiting-customer", "doing")])
def test_two_states_are_settled_by_the_newest_label_event(desk: Desk, first: str, second: str) -> None:
    desk.label("paul", "kick-off", "state", first, replacing=False)
    desk.label("paul", "kick-off", "state", second, replacing=False)
    desk.advance()
    assert desk.of("state", "kick-off") == [second]
    assert quiet(desk)


def test_two_states_stay_when_psbot_could_not_check_which_is_newer(desk: Desk) -> None:
    desk.unreadable = frozenset({"kick-off"})
    desk.label("paul", "kick-off", "state", "doing", replacing=False)
    made = desk.advance()
    assert "unchecked" in desk.codes(made)
    assert desk.of("state", "kick-off") == ["doing", "todo"]


def test_two_states_stay_when_one_of_them_is_a_label_whose_history_psbot_cannot_read(desk: Desk) -> None:
    desk.label("paul", "project-summary", "state", "doing")
    review = f"{desk.process.catalogue.scopes['state'].name}::review"
    desk.put("paul", "project-summary", review, replacing=False)  # a label of the project, not of the group
    desk.labels = [each for each in desk.labels if each.title != review]
    made = desk.advance()
    assert "unchecked" in desk.codes(made)
    assert desk.of("state", "project-summary") == ["doing", "review"]
    assert quiet(desk)


def test_labels_of_people_in_other_scopes_stay(desk: Desk) -> None:
    item = desk.item("kick-off")
    desk.world = desk.world.with_item(replace(item, labels=item.labels | {"priority::1", "urgent"}))
    desk.label("paul", "kick-off", "state", "doing", replacing=False)
    desk.advance()
    assert desk.item("kick-off").labels >= {"priority::1", "urgent"}


def test_customers_done_is_reported_and_closes_nothing(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    desk.label(CUSTOMER, "kick-off", "state", "done")
    desk.advance()
    assert desk.item("kick-off").is_open
    assert desk.phase == "kick-off"
    assert f"by {CUSTOMER}, who" in desk.told()["unauthorized-change:kick-off"]
    assert quiet(desk)


def test_customers_closing_of_what_a_gate_waits_for_is_reported_and_does_not_count(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    desk.close(CUSTOMER, "kick-off")
    desk.advance()
    assert desk.of("state", "kick-off") == ["todo"]
    assert desk.phase == "kick-off"
    assert "unauthorized-change:kick-off" in desk.told()
    assert quiet(desk)


def test_customers_done_counts_once_one_of_the_people_closes_the_item(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    desk.label(CUSTOMER, "kick-off", "state", "done")
    desk.advance()
    desk.close("paul", "kick-off")
    desk.advance()
    assert desk.phase == "intake"
    assert desk.told()["unauthorized-change:kick-off"].startswith("Resolved: ")


def test_customer_who_calls_an_item_done_and_closes_it_moves_no_phase_and_is_reported(desk: Desk) -> None:
    desk.finish("maria", "welcome-email")
    desk.label(CUSTOMER, "kick-off", "state", "done")
    desk.close(CUSTOMER, "kick-off")
    desk.advance()
    assert desk.phase == "kick-off"
    assert "unauthorized-change:kick-off" in desk.told()
    assert quiet(desk)


def test_customers_done_is_taken_back_where_the_workflow_says_restore(desk: Desk) -> None:
    desk.process = RESTORING
    desk.finish("maria", "welcome-email")
    desk.label("paul", "kick-off", "state", "waiting-customer")
    desk.label(CUSTOMER, "kick-off", "state", "done")
    desk.close(CUSTOMER, "kick-off")
    made = desk.advance()
    assert any(isinstance(each, Reopen) for each in made.operations)
    assert desk.of("state", "kick-off") == ["waiting-customer"]
    assert desk.item("kick-off").is_open
    assert desk.told()["unauthorized-change:kick-off"].startswith("Reverted: ")
    assert quiet(desk)


def test_customers_second_click_is_taken_back_to_what_stood_before_the_first() -> None:
    desk = Desk(process=RESTORING)
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.label(CUSTOMER, "kick-off", "state", "done")
    desk.label(CUSTOMER, "kick-off", "state", "skipped")
    desk.advance()
    assert desk.of("state", "kick-off") == ["todo"], "psbot makes no click of a customer's its own"
    assert desk.phase == "kick-off"
    assert quiet(desk)


def test_customers_second_click_accepts_no_sign_off_where_it_is_taken_back() -> None:
    desk = wrapping_up()
    desk.process = RESTORING
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.label(CUSTOMER, "sign-off", "signoff", "received")
    desk.label(CUSTOMER, "sign-off", "signoff", "passive")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    assert desk.of("state", "financial-wrap-up") == ["blocked"]


# Gates


def test_sign_off_stays_blocked_until_wrap_up(desk: Desk) -> None:
    assert desk.of("state", "sign-off") == ["blocked"]
    late = wrapping_up()
    assert late.of("state", "sign-off") == ["todo"]
    assert late.of("state", "financial-wrap-up") == ["blocked"]
    assert late.of("state", "post-mortem") == ["blocked"]


def test_sign_off_of_a_milestone_opens_ten_business_days_before_its_due_date() -> None:
    engagement = example(milestones=(Milestone("Production ready", date(2027, 1, 29), "production-ready"),))
    desk = Desk(engagement)
    desk.apply()
    desk.finish("maria", "welcome-email")
    desk.on("2027-01-14")
    desk.advance()
    assert desk.of("state", "sign-off/production-ready") == ["blocked"]
    desk.on("2027-01-15")
    desk.advance()
    assert desk.of("state", "sign-off/production-ready") == ["todo"]


def test_one_sign_off_for_all_does_not_open_by_its_due_date() -> None:
    desk = delivering()
    desk.on("2027-02-25")
    desk.advance()
    assert desk.of("state", "sign-off") == ["blocked"]


def test_post_mortem_opens_when_the_summary_is_done() -> None:
    desk = delivering()
    desk.finish("paul", "project-summary")
    assert desk.of("state", "post-mortem") == ["todo"]
    assert quiet(desk)


def test_financial_wrap_up_opens_when_every_sign_off_is_accepted() -> None:
    parts = tuple(Milestone(name, date(2027, 2, 26), name) for name in ("one", "two"))
    desk = delivering(milestones=parts)
    desk.on("2027-02-26")
    desk.label("maria", "sign-off/one", "signoff", "received")
    desk.advance()
    assert desk.of("state", "financial-wrap-up") == ["blocked"]
    desk.label("maria", "sign-off/two", "state", "skipped")
    desk.advance()
    assert desk.of("state", "financial-wrap-up") == ["todo"]


def test_customers_acceptance_label_opens_no_gate_and_is_reported() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "received")
    desk.advance()
    assert desk.of("state", "financial-wrap-up") == ["blocked"]
    assert "unauthorized-change:sign-off" in desk.told()
    assert quiet(desk)


def test_done_sign_off_is_not_an_accepted_one() -> None:
    desk = wrapping_up()
    desk.finish("maria", "sign-off")
    assert desk.of("state", "financial-wrap-up") == ["blocked"]


# The acceptance clock


@pytest.mark.parametrize(
    ("sent", "silent", "accepted"),
    [
        ("2027-03-01", "2027-03-05", "2027-03-06"),  # Monday is day 1, Friday day 5
        ("2027-03-06", "2027-03-12", "2027-03-13"),  # on a Saturday: the Monday is day 1
        ("2027-03-24", "2027-04-01", "2027-04-02"),  # Good Friday and Easter Monday are no business days
        ("2027-12-29", "2028-01-04", "2028-01-05"),  # New Year's Day is a Saturday
        ("2027-12-31", "2028-01-07", "2028-01-08"),  # and Epiphany a Thursday, on which Bavaria rests
    ],
)
def test_sign_off_is_accepted_passively_after_the_fifth_business_day(
    sent: str, silent: str, accepted: str
) -> None:
    desk = wrapping_up()
    desk.on(sent)
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on(silent, "23:59")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on(accepted, "00:00")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]
    assert desk.of("state", "financial-wrap-up") == ["todo"], "which opens the gate in the same run"
    assert quiet(desk)


def test_request_that_is_sent_again_by_hand_after_an_objection_has_a_clock_of_its_own() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "objected")
    desk.on("2027-03-15")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"], "the marker remembers a request that is over"
    desk.on("2027-03-19", "23:59")
    assert quiet(desk)
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


def test_day_of_what_people_set_by_hand_is_recorded_in_the_item() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    desk.on("2027-03-03")
    desk.label("paul", "sign-off", "signoff", "objected")
    desk.on("2027-03-04")
    desk.advance()
    text = desk.item("sign-off").description
    assert "| Request sent | 2027-03-01 |" in text
    assert "| Objected, so the clock stands still | 2027-03-03 |" in text
    assert quiet(desk)


def test_quote_to_sign_off_is_closed_with_the_last_accepted_sign_off() -> None:
    one, two = (Milestone(name, date(2027, 1, 15), name.lower()) for name in ("One", "Two"))
    desk = delivering(milestones=(one, two))
    desk.label("maria", "sign-off/one", "signoff", "received")
    desk.advance()
    assert desk.item("quote-to-sign-off").is_open
    desk.label("maria", "sign-off/two", "signoff", "received")
    desk.advance()
    assert desk.of("state", "quote-to-sign-off") == ["done"]
    assert not desk.item("quote-to-sign-off").is_open
    assert quiet(desk)
    desk.on("2026-12-11")
    desk.reopen("maria", "quote-to-sign-off")
    desk.advance()
    assert desk.item("quote-to-sign-off").is_open, "what a person opens again stays open"
    assert quiet(desk)


def test_quote_to_sign_off_stays_open_for_an_acceptance_that_a_customer_has_set() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "received")
    desk.advance()
    assert desk.item("quote-to-sign-off").is_open


def test_what_an_outsider_calls_done_is_not_told_of_when_the_workflow_itself_closes_it() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "quote-to-sign-off", "state", "done")
    desk.label("maria", "sign-off", "signoff", "received")
    made = desk.advance()
    assert not desk.item("quote-to-sign-off").is_open
    assert "unauthorized-change" not in desk.codes(made)
    assert quiet(desk)


def test_objection_stops_the_clock() -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "objected")
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["objected"]


def test_clock_counts_from_the_day_that_the_marker_remembers() -> None:
    desk = wrapping_up()
    desk.on("2027-03-03")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.edit("sign-off", lambda text: text.replace(" -->", " sent=2027-03-01 -->", 1))
    desk.on("2027-03-06")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


@pytest.mark.parametrize("who", ["maria", CUSTOMER])
def test_clock_begins_anew_when_it_is_sent_again_after_an_objection(who: str) -> None:
    desk = wrapping_up()
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.edit("sign-off", lambda text: text.replace(" -->", " sent=2027-03-01 -->", 1))
    desk.on("2027-03-03")
    desk.label(who, "sign-off", "signoff", "objected")
    desk.on("2027-03-15")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on("2027-03-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"]


def test_clock_goes_on_when_psbot_takes_back_a_customers_click() -> None:
    desk = wrapping_up()
    desk.process = RESTORING
    desk.on("2027-03-01")
    desk.label("maria", "sign-off", "signoff", "sent")
    desk.on("2027-03-04")
    desk.label(CUSTOMER, "sign-off", "signoff", "received")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    desk.on("2027-03-06")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["passive"], "the fifth business day was 2027-03-05"


def test_clock_does_not_run_on_what_an_outsider_has_sent() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "sign-off", "signoff", "sent")
    desk.on("2027-04-20")
    desk.advance()
    assert desk.of("signoff", "sign-off") == ["sent"]
    assert "unauthorized-change:sign-off" in desk.told()


# What is due, and the words


def test_coming_calls_and_standups_are_made_without_anybody_acting() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    made = desk.advance()
    keys = [each.item.key for each in made.operations if isinstance(each, CreateChild)]
    assert keys == ["call/2026-12-29", "standup/2026-W53"]
    assert quiet(desk)


def test_open_actions_of_a_call_go_into_the_next_one_once_and_inert() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    tasks = "## Next steps\n\n- [x] done\n- [ ] Ask @maria, see #12\n* [ ] /close it\n- [ ] \n\n## Else\n- [ ] not this\n"
    desk.edit("call/2026-12-15", lambda text: text.replace("## Next steps", tasks))
    assert desk.plan().is_empty, "the call is not over yet"
    desk.close("paul", "call/2026-12-15")
    desk.advance()
    text = desk.item("call/2026-12-22").description
    section = text.partition("begin: carried -->\n")[2].partition("<!-- psbot end")[0]
    assert section.splitlines() == [
        "**Open actions of the call before** (2026-12-15)",
        "",
        "- [ ] Ask @\u2060maria, see #\u206012",
        "- [ ] \u2060/close it",
    ]
    assert quiet(desk)
    desk.edit("call/2026-12-22", lambda text: text.replace("- [ ] Ask", "- [x] Ask"))
    assert desk.plan().is_empty, "a tick is never taken back"


def test_open_actions_go_into_the_next_call_when_it_is_made_after_the_one_before_is_over() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    calls = sorted(key for key in desk.world.by_key() if key.startswith("call/"))
    desk.edit(calls[-1], lambda text: text.replace("## Next steps", "## Next steps\n\n- [ ] Order disks"))
    desk.on("2027-01-11")  # psbot was away for so long that the next calls do not exist yet
    made = desk.advance()
    fresh = [
        each.item for each in made.operations if isinstance(each, CreateChild) and each.item.kind == "call"
    ]
    assert ["Order disks" in item.description for item in fresh] == [True, False]
    assert quiet(desk)


CALL, NEXT_CALL, CALL_AFTER = "call/2026-12-15", "call/2026-12-22", "call/2026-12-29"


def calling(task: str = "Order disks") -> Desk:
    """Return the AWS example on the day of a call that leaves *task* to be done; two more calls are there."""
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    desk.edit(CALL, lambda text: text.replace("## Next steps", f"## Next steps\n\n- [ ] {task}"))
    return desk


def test_blank_lines_of_the_form_are_no_open_actions() -> None:
    desk = delivering()
    desk.on("2026-12-15")
    desk.advance()
    desk.close("paul", CALL)
    desk.advance()
    assert "Open actions of the call before" not in desk.item(NEXT_CALL).description
    other = calling()
    other.close("paul", CALL)
    other.advance()
    section = other.item(NEXT_CALL).description.partition("begin: carried -->\n")[2].partition("<!--")[0]
    assert section.splitlines()[2:] == ["- [ ] Order disks"]


@pytest.mark.parametrize("place", [{"confidential": True}, {"namespace": "acme/delivery/internal"}])
def test_open_actions_do_not_leave_a_call_that_not_everybody_may_read(place: dict[str, Any]) -> None:
    desk = calling("Tell nobody of the overrun")
    hidden = replace(desk.item(CALL), **place, iid=4711)
    others = [each for each in desk.world.children if each.key != CALL]
    desk.world = replace(desk.world, children=(*others, hidden))
    desk.close("paul", CALL)
    desk.advance()
    assert "Tell nobody" not in desk.item(NEXT_CALL).description


def test_open_actions_pass_by_a_call_that_is_skipped() -> None:
    desk = calling()
    desk.label("maria", NEXT_CALL, "state", "skipped")
    desk.advance()
    desk.close("paul", CALL)
    desk.advance()
    assert "Order disks" in desk.item(CALL_AFTER).description
    assert "Order disks" not in desk.item(NEXT_CALL).description
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


# Reading and telling


def test_nothing_is_read_and_nothing_written_when_nothing_has_happened(desk: Desk) -> None:
    assert desk.advance().is_empty
    assert desk.read == set()


def test_histories_are_read_only_where_a_rule_hangs_on_them(desk: Desk) -> None:
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
def test_notice_about_any_item_is_told_once(key: str) -> None:
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
