"""What people who are not listed in the engagement file change is reported, or reverted, and has no effect."""

from psbot.core.model.operations import Reopen
from tests.core.workflow.engagements import quiet, wrapping_up
from tests.support.board import CUSTOMER, RESTORING, Desk


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
