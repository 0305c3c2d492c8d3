"""Gates open, items close and alarms are raised when their conditions hold."""

from dataclasses import replace
from datetime import date

from psbot.core.model.engagement import Milestone
from tests.core.workflow.engagements import delivering, quiet, wrapping_up
from tests.support.board import CUSTOMER, Desk, example


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


def test_done_by_an_outsider_is_not_reported_when_the_workflow_itself_closes_the_item() -> None:
    desk = wrapping_up()
    desk.label(CUSTOMER, "quote-to-sign-off", "state", "done")
    desk.label("maria", "sign-off", "signoff", "received")
    made = desk.advance()
    assert not desk.item("quote-to-sign-off").is_open
    assert "unauthorized-change" not in desk.codes(made)
    assert quiet(desk)


def test_kick_off_reached_without_closed_won_is_reported_until_work_at_risk_is_approved() -> None:
    desk = Desk(example(closed_won_on=None))
    desk.apply()
    desk.on("2026-12-01")
    desk.advance()
    assert "the kick-off is planned for 2026-12-01" in desk.told()["kick-off-without-deal:epic"]
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
