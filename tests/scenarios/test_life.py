"""Whole lives of engagements, day by day, with people acting; each with the labels as shipped, and renamed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from psbot.core.model.process import Process
from tests.support.engagement_life import AS_SHIPPED, Lived, lived, renamed
from tests.support.sample import SAMPLE

Live = Callable[..., Lived]
SHORT = {"ends_on": "2026-12-22", "standups": None}  # the AWS example with two calls, 12-08 and 12-15


@pytest.fixture(scope="session")
def other_labels(tmp_path_factory: pytest.TempPathFactory) -> Process:
    return renamed(tmp_path_factory.mktemp("renamed") / "config")


EVERY = 3  # a sample has one of so many lives with labels renamed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Live every life with the labels as shipped, and those of the sample with other labels too."""
    if "live" in metafunc.fixturenames:
        lives = [name for name in vars(metafunc.module) if name.startswith("test_")]
        number = lives.index(metafunc.function.__name__)
        is_renamed = metafunc.config.stash[SAMPLE].includes(number, EVERY)
        labels = ["labels as shipped", *(["labels renamed"] if is_renamed else [])]
        metafunc.parametrize("live", labels, indirect=True)


@pytest.fixture
def live(request: pytest.FixtureRequest) -> Live:
    is_renamed = request.param == "labels renamed"
    return partial(lived, request.getfixturevalue("other_labels") if is_renamed else AS_SHIPPED)


def test_no_scenario_spells_a_label() -> None:
    text = Path(__file__).read_text()
    names = {scope.name for scope in AS_SHIPPED.catalogue.scopes.values()}
    assert not [name for name in names if f"{name}:" in text]
    assert "::" not in text.replace('"::" not in text', "")


def test_an_aws_engagement_on_which_everybody_is_on_time_goes_from_closed_won_to_completed(
    live: Live,
) -> None:
    life = live("acme-aws")
    assert life.phases == {
        "2026-11-16": "setup",
        "2026-11-19": "kick-off",  # the welcome e-mail is sent on the third business day
        "2026-12-01": "intake",
        "2026-12-08": "delivery",
        "2027-02-26": "wrap-up",  # the planned end
        "2027-03-05": "post-mortem",  # accepted on 03-03, financial wrap-up closed
        "2027-03-12": "completed",
    }
    assert life.is_over
    assert [key for key, item in life.end.items() if item.is_open] == ["log"]
    assert {item.state for key, item in life.end.items() if key not in ("epic", "log")} == {"done"}
    assert life.ever_told == set()


def test_calls_and_standups_are_made_two_weeks_ahead_and_none_on_a_holiday(live: Live) -> None:
    life = live("acme-aws", until="2027-01-08", calls={"on": "friday"})
    assert life.made("call", "2026-11-19", "2026-11-20") == {"call/2026-12-04"}
    assert life.made("call", "2026-11-20", "2026-12-20") == {"call/2026-12-11", "call/2026-12-18"}
    assert life.made("call", "2026-12-20", "2027-01-08") == {
        "call/2027-01-08",
        "call/2027-01-15",
        "call/2027-01-22",
    }
    assert life.end["standup/2026-W52"].due_on != life.end["standup/2026-W53"].due_on
    assert str(life.end["standup/2026-W52"].due_on) == "2026-12-24"


def test_an_on_prem_engagement_is_lived_from_the_quote_on(live: Live) -> None:
    life = live("umbrella-quote", ends_on="2027-02-26")
    assert life.phases == {
        "2026-12-10": "quote",
        "2026-12-24": "setup",  # the deal is won ten business days before the kick-off
        "2026-12-30": "kick-off",
        "2027-01-12": "intake",
        "2027-01-19": "delivery",
        "2027-02-26": "wrap-up",
        "2027-03-05": "post-mortem",
        "2027-03-12": "completed",
    }
    assert life.on("2026-12-23").keys() == {"epic", "log", "quote-to-sign-off"}
    assert life.on("2026-12-24")["assign-engineer"].is_open
    assert life.state("assign-engineer", "2026-12-28") == "done"  # the file names somebody
    assert not life.end["assign-engineer"].is_open


def test_milestones_are_accepted_one_by_one_from_ten_business_days_before_they_are_due(live: Live) -> None:
    life = live("globex-on-prem", amendments=[])
    assert life.states("sign-off/installed") == {
        "2026-11-02": "blocked",
        "2026-12-04": "todo",
        "2026-12-23": "done",
    }
    assert life.state("sign-off/handed-over", "2026-12-23") == "blocked"
    assert life.state("financial-wrap-up", "2027-03-30") == "blocked"
    assert list(life.phases.values()) == [
        "kick-off", "intake", "delivery", "wrap-up", "post-mortem", "completed",
    ]  # fmt: skip


def test_what_is_done_late_holds_the_phase_back_until_it_is_done(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-03, who: maria, does: close welcome-email}
      - {on: 2026-12-10, who: paul, does: close kick-off}
      - {on: 2026-12-21, who: petra, does: close intake-aws}
      """, **SHORT)  # fmt: skip
    assert life.phases == {
        "2026-11-16": "setup",
        "2026-12-03": "kick-off",
        "2026-12-10": "intake",
        "2026-12-21": "delivery",
        "2026-12-22": "wrap-up",
        "2026-12-30": "post-mortem",
        "2027-01-08": "completed",
    }


def test_what_is_done_early_and_out_of_order_counts_as_soon_as_it_is_its_turn(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-11-17, who: petra, does: label intake-aws, with: {state: done}}
      - {on: 2026-11-18, who: paul, does: close kick-off}
      """, until="2026-11-24", **SHORT)  # fmt: skip
    assert not life.on("2026-11-17")["intake-aws"].is_open  # done is closed
    assert life.state("kick-off", "2026-11-18") == "done"  # closed is done
    assert life.phases == {"2026-11-16": "setup", "2026-11-19": "delivery"}


def test_one_of_the_people_may_begin_the_wrap_up_before_the_planned_end(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-15, who: petra, does: label epic, with: {phase: wrap-up}}
      """, until="2026-12-15", **SHORT)  # fmt: skip
    assert life.phases["2026-12-15"] == "wrap-up"
    assert life.state("sign-off", "2026-12-15") == "todo"
    assert life.ever_told == set()


def test_an_item_that_is_opened_again_is_worked_on_and_the_phase_does_not_go_back(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-01, who: paul, does: close kick-off}
      - {on: 2026-12-02, who: petra, does: reopen kick-off}
      - {on: 2026-12-04, who: paul, does: label kick-off, with: {state: done}}
      """, until="2026-12-10", **SHORT)  # fmt: skip
    assert life.states("kick-off") == {
        "2026-11-16": "todo",
        "2026-12-01": "done",
        "2026-12-02": "doing",
        "2026-12-04": "done",
    }
    assert life.on("2026-12-02")["kick-off"].is_open
    assert not life.on("2026-12-04")["kick-off"].is_open
    assert life.phases["2026-12-01"] == "intake"
    assert life.phases["2026-12-08"] == "delivery"


def test_an_engagement_on_hold_over_the_holidays_makes_no_calls_and_comes_back_to_its_phase(
    live: Live,
) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-18, who: maria, does: label epic, with: {phase: on-hold}}
      - {on: 2027-01-11, who: maria, does: unlabel epic, with: phase}
      """, until="2027-01-12")  # fmt: skip
    assert life.phases["2026-12-08"] == "delivery"
    assert life.phases["2026-12-18"] == "on-hold"
    assert life.phases["2027-01-11"] == "delivery"
    assert not life.made("call", "2026-12-18", "2027-01-10")
    assert not life.made("standup", "2026-12-18", "2027-01-10")
    assert life.made("call", "2027-01-10", "2027-01-11") == {"call/2027-01-12", "call/2027-01-19"}
    assert life.ever_told == set()


def test_only_the_manager_puts_an_engagement_on_hold(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-10, who: paul, does: label epic, with: {phase: on-hold}}
      - {on: 2026-12-14, who: paul, does: label epic, with: {phase: delivery}}
      """, until="2026-12-15", **SHORT)  # fmt: skip
    assert "only the manager may do that" in life.told("2026-12-10")["transition-refused:epic"]
    assert life.told("2026-12-14")["transition-refused:epic"].startswith("Resolved: ")
    assert life.phases["2026-12-14"] == "delivery"


def test_an_engagement_that_is_cancelled_in_delivery_is_left_as_it_is(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-10, who: maria, does: label epic, with: {phase: cancelled}}
      - {on: 2026-12-14, who: maria, does: edit file, with: {ends_on: 2027-01-29}}
      """, until="2027-01-04")  # fmt: skip
    assert life.phases["2026-12-10"] == "cancelled"
    assert life.is_over
    assert life.psbot("2026-12-11", "2027-01-05") == []
    assert life.on("2026-12-11") == life.end


def test_a_quote_that_is_lost_never_has_more_than_its_three_items(live: Live) -> None:
    life = live("umbrella-quote", """
      - {on: 2026-12-18, who: maria, does: label epic, with: {phase: cancelled}}
      """, until="2027-01-15")  # fmt: skip
    assert life.phases == {"2026-12-10": "quote", "2026-12-18": "cancelled"}
    assert life.end.keys() == {"epic", "log", "quote-to-sign-off"}
    assert life.psbot("2026-12-19", "2027-01-16") == []


def test_a_kick_off_before_the_deal_is_reported_until_the_deal_is_won(live: Live) -> None:
    life = live("umbrella-quote", """
      - {on: 2027-01-15, who: maria, does: edit file, with: {closed_won_on: 2027-01-15}}
      """, until="2027-01-18")  # fmt: skip
    assert "kick-off-without-deal:epic" not in life.told("2027-01-11")
    assert "the phase is quote" in life.told("2027-01-12")["kick-off-without-deal:epic"]
    assert life.told("2027-01-15")["kick-off-without-deal:epic"].startswith("Resolved: ")
    assert life.phases["2027-01-15"] == "setup"


def test_work_at_risk_that_is_approved_excuses_a_kick_off_before_the_deal(live: Live) -> None:
    life = live("umbrella-quote", """
      - {on: 2027-01-05, who: maria, does: open change-request, with: We begin before the signature}
      - {on: 2027-01-06, who: maria, does: write change-request/1, with: "Hours: 0\\nNew end date: none\\n\
      New contract: none\\nSituation: before-signature\\nTimeline: none\\nScope: none\\nQuality: none\\nBudget: none"}
      - {on: 2027-01-07, who: maria, does: label change-request/1, with: {change: approved}}
      - {on: kick_off_on +9, who: maria, does: edit file, with: {closed_won_on: 2027-01-25}}
      """, until="2027-01-14")  # fmt: skip
    assert life.phases == {"2026-12-10": "quote"}
    assert life.end["change-request/1"].values["instrument"] == "work-at-risk"
    assert life.ever_told == set()


def test_an_engineer_who_is_replaced_hands_over_what_is_open(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-03, who: maria, does: edit file, with: {people: {engineers: [petra]}}}
      """, until="2026-12-18")  # fmt: skip
    assert life.end["kick-off"].assignees == ("paul",)  # it was closed before
    assert life.on("2026-12-02")["call/2026-12-15"].assignees == ("paul",)
    assert life.on("2026-12-03")["call/2026-12-15"].assignees == ("petra",)
    assert life.on("2026-12-03")["project-summary"].assignees == ("petra",)
    assert life.end["call/2026-12-29"].assignees == ("petra",)
    assert life.phases["2026-12-08"] == "delivery"


def test_a_kick_off_that_slips_takes_what_follows_with_it(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-11-26, who: maria, does: edit file, with: {kick_off_on: 2026-12-15}}
      """, until="2026-12-23")  # fmt: skip
    assert str(life.on("2026-11-26")["kick-off"].due_on) == "2026-12-15"
    assert life.on("2026-11-26")["call/2026-12-08"].is_open is False  # nobody had touched it
    assert life.state("call/2026-12-08", "2026-11-26") == "skipped"
    assert life.phases == {
        "2026-11-16": "setup",
        "2026-11-19": "kick-off",
        "2026-12-15": "intake",
        "2026-12-22": "delivery",
    }


def test_a_customer_who_drags_cards_opens_nothing_and_is_reported(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-11-25, who: ada, does: label kick-off, with: {state: done}}
      - {on: 2026-11-26, who: ada, does: close intake-aws}
      - {on: 2026-12-01, who: paul, does: close kick-off}
      - {on: 2026-12-08, who: petra, does: label intake-aws, with: {state: done}}
      """, until="2026-12-09", **SHORT)  # fmt: skip
    assert "ada" in life.told("2026-11-25")["unauthorized-change:kick-off"]
    assert "ada" in life.told("2026-11-26")["unauthorized-change:intake-aws"]
    assert life.on("2026-11-25")["kick-off"].is_open
    assert life.phases == {
        "2026-11-16": "setup",
        "2026-11-19": "kick-off",
        "2026-12-01": "intake",
        "2026-12-08": "delivery",
    }
    assert all(text.startswith("Resolved: ") for text in life.told("2026-12-09").values())


def test_after_an_outage_of_two_weeks_everything_is_as_if_there_had_been_none(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-11-30, who: psbot, does: rest, with: 2026-12-14}
      """, until="2026-12-15")  # fmt: skip
    usual = live("acme-aws", until="2026-12-15")
    assert life.psbot("2026-11-30", "2026-12-14") == []
    assert life.phases == {"2026-11-16": "setup", "2026-11-19": "kick-off", "2026-12-14": "delivery"}
    missed = usual.end.keys() - life.end.keys()
    assert {key.partition("/")[0] for key in missed} <= {"call", "standup"}  # never made up for
    assert {key: (each.values, each.is_open) for key, each in life.end.items()} == {
        key: (each.values, each.is_open) for key, each in usual.end.items() if key not in missed
    }


def test_a_customer_who_says_nothing_has_accepted_after_five_business_days(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-23, who: maria, does: label sign-off, with: {signoff: sent}}
      """, until="2027-01-05", **SHORT)  # fmt: skip
    # 12-23 is day 1, and 12-24, 12-28, 12-29, 12-30 are days 2 to 5
    assert life.on("2026-12-30")["sign-off"].values["signoff"] == "sent"
    assert life.on("2026-12-31")["sign-off"].values["signoff"] == "passive"
    assert life.state("financial-wrap-up", "2026-12-30") == "blocked"
    assert life.state("financial-wrap-up", "2026-12-31") == "todo"


def test_open_actions_of_one_call_come_up_in_the_next_one_once(live: Live) -> None:
    life = live("acme-aws", """
      - {on: 2026-12-08, who: paul, does: write call/2026-12-08, with: "- [ ] Ada names the approver"}
      - {on: 2026-12-08, who: petra, does: write call/2026-12-08, with: "- [ ] Paul draws the network"}
      - {on: 2026-12-08, who: paul, does: tick call/2026-12-08, with: Paul draws the network}
      """, until="2026-12-16", **SHORT)  # fmt: skip
    following = life.on("2026-12-08")["call/2026-12-15"].description
    assert following.count("- [ ] Ada names the approver") == 1
    assert "(2026-12-08)" in following
    assert "Paul draws the network" not in following  # it is done
    assert life.end["call/2026-12-15"].description.count("Ada names the approver") == 1
