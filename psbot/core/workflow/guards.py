"""Guards: named predicates over facts, each of which answers with a reason; "could not check" is an answer too."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from psbot.core.desired.schedule import Context, ScheduledItem, is_applicable, schedule_kind
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.verdict import Verdict, all_of, combine
from psbot.core.model.workflow import Condition
from psbot.core.workflow.permission import check_accepted, check_decided, check_done, require_authorized

ACCEPTED = "accepted"  # the guard that asks for the customer's acceptance


class Argument(StrEnum):
    """What a guard is asked about."""

    NOTHING = "nothing"
    KIND = "kind"
    PHASE = "phase"
    DAYS = "days"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Guard:
    """A predicate, what it takes, and what it says in plain words, with ``{}`` for the argument."""

    check: Callable[[Condition, Facts, Item | None], Verdict]
    argument: Argument
    description: str


def evaluate(condition: Condition, facts: Facts, item: Item | None = None) -> Verdict:
    """Return whether *condition* holds; *item* is the one that a gate is about."""
    if not condition.any_of:
        return GUARDS[condition.guard].check(condition, facts, item)
    answers = [evaluate(each, facts, item) for each in condition.any_of]
    return next((each for each in answers if each.holds), combine(answers, " and "))


def evaluate_all(conditions: Iterable[Condition], facts: Facts, item: Item | None = None) -> Verdict:
    """Return whether all *conditions* hold, with the reasons of those that decide it."""
    return all_of(evaluate(condition, facts, item) for condition in conditions)


def describe(condition: Condition) -> str:
    """Say *condition* in plain words."""
    if condition.any_of:
        return " or ".join(map(describe, condition.any_of))
    shown = " and ".join(f"{purpose} {value}" for purpose, value in condition.labels)
    return GUARDS[condition.guard].description.format(shown or condition.argument)


def _check_closed_won(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    won_on = facts.engagement.closed_won_on
    if won_on is None:
        return Verdict(False, "the engagement file has no closed_won_on")
    return _check_day_reached(won_on, facts, "the deal is Closed Won")


def _check_kick_off_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_day_reached(facts.engagement.kick_off_on, facts, "the kick-off is planned")


def _check_end_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_day_reached(facts.engagement.ends_on(facts.today), facts, "the engagement ends")


def _check_day_reached(day: date, facts: Facts, what: str) -> Verdict:
    holds = day <= facts.today
    return Verdict(holds, f"{what} on {day}" + ("" if holds else ", which is still to come"))


def _check_engineer_named(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    if facts.engagement.lead is None:
        return Verdict(False, "people.engineers names nobody")
    return Verdict(True, f"{facts.engagement.lead} is the lead engineer")


def _check_phase(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return Verdict(facts.phase == condition.argument, f"the phase is {facts.phase or 'not clear'}")


def _check_due_within(condition: Condition, facts: Facts, item: Item | None) -> Verdict:
    """Answer for a part that is accepted on its own; the one item of a whole engagement waits for its phase."""
    if item is None or "/" not in item.key:
        return Verdict(False, "it is not for a milestone")
    if item.due_on is None:
        return Verdict(False, f"{item.key} has no due date")
    first = facts.engagement.workdays.before(item.due_on, int(condition.argument or 0))
    return _check_day_reached(first, facts, f"{condition.argument} business days before its due date it is")


def _check_done(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_each_of_kind(condition, facts, check_done)


def _check_accepted(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_each_of_kind(condition, facts, check_accepted)


def _check_each_of_kind(
    condition: Condition, facts: Facts, check: Callable[[Item, Facts], Verdict]
) -> Verdict:
    """Answer for all items of a kind; one that the engagement does not have, or leaves out, is satisfied."""
    found, outlines = facts.observed.by_key(), _items_of_kind(str(condition.argument), facts)
    if not outlines:
        return Verdict(True, f"the engagement has no {condition.argument}")
    return all_of(
        check(found[each.key], facts)
        if each.key in found
        else Verdict(False, _describe_uncreated(each, facts))
        for each in outlines
    )


def _items_of_kind(kind_name: str, facts: Facts) -> list[ScheduledItem]:
    """Return the items of a kind that the engagement has over its life, by key."""
    kind, skip = facts.process.kinds[kind_name], facts.engagement.skip
    if kind_name in skip or not is_applicable(kind, facts.engagement):
        return []
    outlines = schedule_kind(kind, Context(facts.engagement, facts.process, facts.today))
    return sorted((each for each in outlines if each.key not in skip), key=lambda each: each.key)


def _describe_uncreated(item: ScheduledItem, facts: Facts) -> str:
    """Say of an item that is not there what will be so once it is made, which may happen in the same run."""
    state = facts.process.kinds[item.kind].seeds.get("state")
    return f"{item.key} is {state}" if item.is_due and state else f"{item.key} is not made yet"


def _check_labelled(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    titles = {facts.process.catalogue.title(*label): label[0] for label in condition.labels}
    shown = " and ".join(sorted(titles))
    answers = [
        all_of(_check_label(item, purpose, value, facts) for purpose, value in condition.labels)
        for item in facts.observed.by_key().values()
        if titles.keys() <= item.labels
    ]
    if not answers:
        return Verdict(False, f"no item is {shown}")
    return next((each for each in answers if each.holds), combine(answers, " and "))


def _check_label(item: Item, purpose: str, value: str, facts: Facts) -> Verdict:
    way, title = facts.process.changes.states, facts.process.catalogue.title(purpose, value)
    if purpose == "change" and value in (way.approved, way.rejected):
        return check_decided(item, value, facts)
    return require_authorized(facts.labelled_by(item, [title]), item, purpose, f"{item.key} is {title}")


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "closed-won": Guard(_check_closed_won, Argument.NOTHING, "the deal is Closed Won"),
        "engineer-named": Guard(_check_engineer_named, Argument.NOTHING, "the file names an engineer"),
        "kick-off-reached": Guard(
            _check_kick_off_reached, Argument.NOTHING, "the day of the kick-off has come"
        ),
        "end-reached": Guard(_check_end_reached, Argument.NOTHING, "the planned end has come"),
        "done": Guard(_check_done, Argument.KIND, "`{}` is done or skipped"),
        ACCEPTED: Guard(_check_accepted, Argument.KIND, "every `{}` is accepted or skipped"),
        "phase": Guard(_check_phase, Argument.PHASE, "the phase is `{}`"),
        "milestone-due-within": Guard(
            _check_due_within, Argument.DAYS, "it is for a milestone that is due within {} business days"
        ),
        "labelled": Guard(_check_labelled, Argument.LABELS, "an item is {}"),
    }
)
