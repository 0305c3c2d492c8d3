"""decide: a verdict on the phase, with the rule and the reasons."""

from datetime import date

import pytest

from psbot.core.model.calendar import Workdays
from psbot.core.model.facts import Facts, Hand, Standing
from psbot.core.workflow.acceptance import accepted_on
from psbot.core.workflow.transition import Move, Outcome, chain, decide
from tests.support.board import Desk, example

MARIA = Hand(Standing.MANAGER, "maria")
PAUL = Hand(Standing.PEOPLE, "paul")
MALLORY = Hand(Standing.OUTSIDER, "mallory")
MACHINE = Hand(Standing.MACHINE, "psbot-bot")
SOMEBODY = Hand(Standing.UNKNOWN, needs=frozenset({"epic"}))


@pytest.fixture
def facts() -> Facts:
    """What is known of the AWS example on the day it was applied."""
    desk = Desk()
    desk.apply()
    return desk.facts()


def test_facts_move_and_the_verdict_names_rule_and_reason(facts: Facts) -> None:
    verdict = decide("quote", None, facts)
    assert (verdict.outcome, verdict.phase) == (Outcome.MOVE, "setup")
    assert verdict.reasons == ("the deal is Closed Won on 2026-11-16",)
    assert verdict.rule is not None
    assert verdict.rule.to == "setup"


def test_facts_stay_with_the_reasons_of_the_guards_that_do_not_hold(facts: Facts) -> None:
    verdict = decide("setup", None, facts)
    assert (verdict.outcome, verdict.phase) == (Outcome.STAY, "setup")
    assert verdict.reasons == ("not kick-off: welcome-email is todo",)


def test_facts_lead_nowhere_from_where_only_people_lead_on(facts: Facts) -> None:
    assert decide("on-hold", None, facts).reasons == ("only people lead on from on-hold",)


def test_facts_that_could_not_be_checked_are_unknown_and_say_what_would_help() -> None:
    desk = Desk()
    desk.apply()
    desk.label("maria", "welcome-email", "state", "done")
    verdict = decide("setup", None, Facts(desk.engagement, desk.process, desk.world, desk.now))
    assert (verdict.outcome, verdict.phase) == (Outcome.UNKNOWN, "setup")
    assert verdict.needs == {"welcome-email"}
    assert "could not check" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("phase", "to", "hand", "outcome"),
    [
        ("delivery", "wrap-up", MARIA, Outcome.MOVE),
        ("delivery", "wrap-up", PAUL, Outcome.MOVE),
        ("delivery", "wrap-up", MACHINE, Outcome.MOVE),
        ("delivery", "wrap-up", MALLORY, Outcome.ILLEGAL),
        ("delivery", "wrap-up", SOMEBODY, Outcome.UNKNOWN),
        ("delivery", "on-hold", MARIA, Outcome.MOVE),
        ("delivery", "on-hold", MACHINE, Outcome.MOVE),
        ("delivery", "on-hold", PAUL, Outcome.ILLEGAL),
        ("quote", "cancelled", MARIA, Outcome.MOVE),
        ("on-hold", "cancelled", MARIA, Outcome.MOVE),
        ("on-hold", "intake", MARIA, Outcome.MOVE),
        ("on-hold", "intake", PAUL, Outcome.ILLEGAL),
        ("setup", "delivery", MARIA, Outcome.ILLEGAL),
        ("setup", None, MARIA, Outcome.ILLEGAL),
        ("delivery", "setup", PAUL, Outcome.ILLEGAL),
        ("cancelled", "delivery", MARIA, Outcome.ILLEGAL),
        ("completed", "on-hold", MARIA, Outcome.ILLEGAL),
        ("setup", "delivery", SOMEBODY, Outcome.UNKNOWN),
    ],
)
def test_move_is_judged_by_who_made_it(
    facts: Facts, phase: str, to: str | None, hand: Hand, outcome: Outcome
) -> None:
    verdict = decide(phase, Move(to, hand), facts)
    assert verdict.outcome is outcome
    assert verdict.phase == (to if outcome is Outcome.MOVE else phase), (
        "an illegal move names what to restore"
    )
    assert len(verdict.reasons) > 1


def test_move_that_facts_would_make_is_right_whoever_makes_it(facts: Facts) -> None:
    assert decide("quote", Move("setup", MALLORY), facts).outcome is Outcome.MOVE


def test_label_taken_away_leads_back_to_the_phase_before(facts: Facts) -> None:
    verdict = decide("on-hold", Move(None, MARIA), facts, before="delivery")
    assert (verdict.outcome, verdict.phase) == (Outcome.MOVE, "delivery")


def test_label_taken_away_leads_nowhere_when_the_phase_before_is_not_known(facts: Facts) -> None:
    verdict = decide("on-hold", Move(None, MARIA), facts)
    assert verdict.outcome is Outcome.ILLEGAL
    assert "psbot does not remember which phase that replaced; set one" in verdict.reasons


def test_chain_ends_with_the_verdict_that_does_not_move() -> None:
    desk = Desk(example(engineers=()))
    desk.apply()
    verdicts = chain("quote", desk.facts())
    assert [each.outcome for each in verdicts] == [Outcome.MOVE, Outcome.STAY]
    assert verdicts[-1].phase == "setup"


OFF = frozenset({date(2026, 12, 24), date(2026, 12, 25)})


@pytest.mark.parametrize(
    ("sent", "last"),
    [
        (date(2026, 11, 23), date(2026, 11, 27)),  # Monday to Friday
        (date(2026, 11, 24), date(2026, 11, 30)),  # over a weekend
        (date(2026, 11, 28), date(2026, 12, 4)),  # a Saturday counts as Monday
        (date(2026, 12, 21), date(2026, 12, 29)),  # two days off on the way
        (date(2026, 12, 24), date(2027, 1, 1)),  # sent on a day off; Workdays knows no other
    ],
)
def test_acceptance_clock_ends_with_its_fifth_business_day(sent: date, last: date) -> None:
    assert accepted_on(sent, Workdays(OFF), 5) == last


def test_acceptance_clock_of_one_day_ends_on_the_day_it_starts() -> None:
    assert accepted_on(date(2026, 11, 23), Workdays(), 1) == date(2026, 11, 23)
