"""What becomes of a phase that people set: who may, what is reported, and what is reverted."""

from dataclasses import replace

import pytest

from psbot.core.model.operations import CreateChild
from tests.core.workflow.engagements import delivering, quiet
from tests.support.board import CUSTOMER, RESTORING, Desk, example


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
def test_nothing_is_guessed_or_written_day_by_day_while_the_phase_is_unknown(label: str | None) -> None:
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
    assert f"paul changed the phase from delivery to {phase}; only the manager may do that" in finding.message
    assert desk.phase == phase, "what people set is reported, not reverted"
    assert quiet(desk)


def test_card_dragged_ahead_is_reported_with_the_reasons_and_counts_once_they_are_gone(desk: Desk) -> None:
    desk.label("paul", "epic", "phase", "intake")
    made = desk.advance()
    assert "transition-refused" in desk.codes(made)
    assert "workflow.yml has no such transition" in desk.told()["transition-refused:epic"]
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
    assert "the engagement ends on 2027-02-26 (not reached yet)" in finding.message


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


def test_illegal_move_is_reverted_and_reported_where_the_workflow_says_restore() -> None:
    desk = delivering()
    desk.process = RESTORING
    desk.label(CUSTOMER, "epic", "phase", "completed")
    desk.advance()
    assert desk.phase == "delivery"
    assert desk.item("epic").is_open
    assert desk.told()["transition-refused:epic"].startswith(f"Reverted: {CUSTOMER} changed the phase")
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
