"""decide: a verdict on the phase, with the rule and the reasons."""

from datetime import date

import pytest

from psbot.core.model.calendar import Workdays
from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.workflow.acceptance import last_day_to_object
from psbot.core.workflow.transition import ManualMove, PhaseOutcome, decide, decide_all
from tests.support.board import Desk, example

MARIA = Actor(ActorRole.MANAGER, "maria")
PAUL = Actor(ActorRole.PEOPLE, "paul")
MALLORY = Actor(ActorRole.OUTSIDER, "mallory")
MACHINE = Actor(ActorRole.MACHINE, "psbot-bot")
SOMEBODY = Actor(ActorRole.UNKNOWN, needs=frozenset({"epic"}))


@pytest.fixture
def facts() -> Facts:
    """What is known of the AWS example on the day it was applied."""
    desk = Desk()
    desk.apply()
    return desk.facts()


def test_facts_move_and_the_verdict_names_rule_and_reason(facts: Facts) -> None:
    verdict = decide("quote", None, facts)
    assert (verdict.outcome, verdict.phase) == (PhaseOutcome.MOVE, "setup")
    assert verdict.reasons == ("the deal is Closed Won on 2026-11-16",)
    assert verdict.rule is not None
    assert verdict.rule.to == "setup"


def test_facts_stay_with_the_reasons_of_the_guards_that_do_not_hold(facts: Facts) -> None:
    verdict = decide("setup", None, facts)
    assert (verdict.outcome, verdict.phase) == (PhaseOutcome.STAY, "setup")
    assert verdict.reasons == ("not kick-off: welcome-email is todo",)


def test_facts_lead_nowhere_from_where_only_people_lead_on(facts: Facts) -> None:
    assert decide("on-hold", None, facts).reasons == ("only people can change the phase on-hold",)


def test_facts_that_could_not_be_checked_are_unknown_and_say_what_would_help() -> None:
    desk = Desk()
    desk.apply()
    desk.label("maria", "welcome-email", "state", "done")
    verdict = decide("setup", None, Facts(desk.engagement, desk.process, desk.world, desk.now))
    assert (verdict.outcome, verdict.phase) == (PhaseOutcome.UNKNOWN, "setup")
    assert verdict.needs == {"welcome-email"}
    assert "could not check" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("phase", "to", "hand", "outcome"),
    [
        ("delivery", "wrap-up", MARIA, PhaseOutcome.MOVE),
        ("delivery", "wrap-up", PAUL, PhaseOutcome.MOVE),
        ("delivery", "wrap-up", MACHINE, PhaseOutcome.MOVE),
        ("delivery", "wrap-up", MALLORY, PhaseOutcome.ILLEGAL),
        ("delivery", "wrap-up", SOMEBODY, PhaseOutcome.UNKNOWN),
        ("delivery", "on-hold", MARIA, PhaseOutcome.MOVE),
        ("delivery", "on-hold", MACHINE, PhaseOutcome.MOVE),
        ("delivery", "on-hold", PAUL, PhaseOutcome.ILLEGAL),
        ("quote", "cancelled", MARIA, PhaseOutcome.MOVE),
        ("on-hold", "cancelled", MARIA, PhaseOutcome.MOVE),
        ("on-hold", "intake", MARIA, PhaseOutcome.MOVE),
        ("on-hold", "intake", PAUL, PhaseOutcome.ILLEGAL),
        ("setup", "delivery", MARIA, PhaseOutcome.ILLEGAL),
        ("setup", None, MARIA, PhaseOutcome.ILLEGAL),
        ("delivery", "setup", PAUL, PhaseOutcome.ILLEGAL),
        ("cancelled", "delivery", MARIA, PhaseOutcome.ILLEGAL),
        ("completed", "on-hold", MARIA, PhaseOutcome.ILLEGAL),
        ("setup", "delivery", SOMEBODY, PhaseOutcome.UNKNOWN),
    ],
)
def test_move_is_judged_by_who_made_it(
    facts: Facts, phase: str, to: str | None, hand: Actor, outcome: PhaseOutcome
) -> None:
    verdict = decide(phase, ManualMove(to, hand), facts)
    assert verdict.outcome is outcome
    assert verdict.phase == (to if outcome is PhaseOutcome.MOVE else phase), (
        "an illegal move names what to restore"
    )
    assert len(verdict.reasons) > 1


def test_move_that_facts_would_make_is_right_whoever_makes_it(facts: Facts) -> None:
    assert decide("quote", ManualMove("setup", MALLORY), facts).outcome is PhaseOutcome.MOVE


def test_label_taken_away_leads_back_to_the_phase_before(facts: Facts) -> None:
    verdict = decide("on-hold", ManualMove(None, MARIA), facts, previous="delivery")
    assert (verdict.outcome, verdict.phase) == (PhaseOutcome.MOVE, "delivery")


def test_label_taken_away_leads_nowhere_when_the_phase_before_is_not_known(facts: Facts) -> None:
    verdict = decide("on-hold", ManualMove(None, MARIA), facts)
    assert verdict.outcome is PhaseOutcome.ILLEGAL
    assert "the previous phase is unknown, set a phase label" in verdict.reasons


def test_chain_ends_with_the_verdict_that_does_not_move() -> None:
    desk = Desk(example(engineers=()))
    desk.apply()
    verdicts = decide_all("quote", desk.facts())
    assert [each.outcome for each in verdicts] == [PhaseOutcome.MOVE, PhaseOutcome.STAY]
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
    assert last_day_to_object(sent, Workdays(OFF), 5) == last


def test_acceptance_clock_of_one_day_ends_on_the_day_it_starts() -> None:
    assert last_day_to_object(date(2026, 11, 23), Workdays(), 1) == date(2026, 11, 23)
