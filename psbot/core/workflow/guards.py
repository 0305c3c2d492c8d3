"""The guards of workflow.yml: named conditions over facts; each verdict has a reason, and may be "could not check"."""

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

ACCEPTED = "accepted"  # the guard that requires the customer's acceptance


class Argument(StrEnum):
    """What kind of argument a guard takes."""

    NOTHING = "nothing"
    KIND = "kind"
    PHASE = "phase"
    DAYS = "days"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Guard:
    """A check, the argument it takes, and its description, with ``{}`` for the argument."""

    check: Callable[[Condition, Facts, Item | None], Verdict]
    argument: Argument
    description: str


def evaluate(condition: Condition, facts: Facts, item: Item | None = None) -> Verdict:
    """Return whether *condition* holds; *item* is the item behind a gate."""
    if not condition.any_of:
        return GUARDS[condition.guard].check(condition, facts, item)
    verdicts = [evaluate(each, facts, item) for each in condition.any_of]
    return next((each for each in verdicts if each.holds), combine(verdicts, " and "))


def evaluate_all(conditions: Iterable[Condition], facts: Facts, item: Item | None = None) -> Verdict:
    """Return whether all *conditions* hold, with the reasons of the decisive ones."""
    return all_of(evaluate(condition, facts, item) for condition in conditions)


def describe(condition: Condition) -> str:
    """Return *condition* as a sentence."""
    if condition.any_of:
        return " or ".join(map(describe, condition.any_of))
    shown = " and ".join(f"{purpose} {value}" for purpose, value in condition.labels)
    return GUARDS[condition.guard].description.format(shown or condition.argument)


def _check_closed_won(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    won_on = facts.engagement.closed_won_on
    if won_on is None:
        return Verdict(False, "the engagement file has no `closed_won_on`")
    return _check_day_reached(won_on, facts, "the deal is Closed Won on")


def _check_kick_off_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_day_reached(facts.engagement.kick_off_on, facts, "the kick-off is planned for")


def _check_end_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_day_reached(facts.engagement.ends_on(facts.today), facts, "the engagement ends on")


def _check_day_reached(day: date, facts: Facts, what: str) -> Verdict:
    holds = day <= facts.today
    return Verdict(holds, f"{what} {day}" + ("" if holds else " (not reached yet)"))


def _check_engineer_named(_condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    if facts.engagement.lead is None:
        return Verdict(False, "`people.engineers` is empty")
    return Verdict(True, f"{facts.engagement.lead} is the lead engineer")


def _check_phase(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return Verdict(facts.phase == condition.argument, f"the phase is {facts.phase or 'unclear'}")


def _check_due_within(condition: Condition, facts: Facts, item: Item | None) -> Verdict:
    """Check the item of one milestone; an item of the whole engagement never meets this guard."""
    if item is None or "/" not in item.key:
        return Verdict(False, "it does not belong to a milestone")
    if item.due_on is None:
        return Verdict(False, f"{item.key} has no due date")
    first = facts.engagement.workdays.before(item.due_on, int(condition.argument or 0))
    return _check_day_reached(first, facts, f"{condition.argument} business days before its due date is")


def _check_done(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_each_of_kind(condition, facts, check_done)


def _check_accepted(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    return _check_each_of_kind(condition, facts, check_accepted)


def _check_each_of_kind(
    condition: Condition, facts: Facts, check: Callable[[Item, Facts], Verdict]
) -> Verdict:
    """Check all items of a kind; a kind that the engagement does not have, or skips, meets the condition."""
    observed, scheduled = facts.observed.by_key(), _items_of_kind(str(condition.argument), facts)
    if not scheduled:
        return Verdict(True, f"the engagement has no {condition.argument}")
    return all_of(
        check(observed[each.key], facts)
        if each.key in observed
        else Verdict(False, _describe_uncreated(each, facts))
        for each in scheduled
    )


def _items_of_kind(kind_name: str, facts: Facts) -> list[ScheduledItem]:
    """Return all items of a kind that the engagement has from start to end, by key."""
    kind, skip = facts.process.kinds[kind_name], facts.engagement.skip
    if kind_name in skip or not is_applicable(kind, facts.engagement):
        return []
    scheduled = schedule_kind(kind, Context(facts.engagement, facts.process, facts.today))
    return sorted((each for each in scheduled if each.key not in skip), key=lambda each: each.key)


def _describe_uncreated(item: ScheduledItem, facts: Facts) -> str:
    """Describe an item that is not in GitLab yet; one that is due is created in this run, in its initial state."""
    state = facts.process.kinds[item.kind].seeds.get("state")
    return f"{item.key} is {state}" if item.is_due and state else f"{item.key} does not exist yet"


def _check_labelled(condition: Condition, facts: Facts, _item: Item | None) -> Verdict:
    titles = {facts.process.catalogue.title(*label): label[0] for label in condition.labels}
    shown = " and ".join(sorted(titles))
    verdicts = [
        all_of(_check_label(item, purpose, value, facts) for purpose, value in condition.labels)
        for item in facts.observed.by_key().values()
        if titles.keys() <= item.labels
    ]
    if not verdicts:
        return Verdict(False, f"no item is labelled {shown}")
    return next((each for each in verdicts if each.holds), combine(verdicts, " and "))


def _check_label(item: Item, purpose: str, value: str, facts: Facts) -> Verdict:
    states, title = facts.process.changes.states, facts.process.catalogue.title(purpose, value)
    if purpose == "change" and value in (states.approved, states.rejected):
        return check_decided(item, value, facts)
    return require_authorized(facts.labelled_by(item, [title]), item, purpose, title)


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "closed-won": Guard(_check_closed_won, Argument.NOTHING, "the deal is Closed Won"),
        "engineer-named": Guard(
            _check_engineer_named, Argument.NOTHING, "the engagement file names an engineer"
        ),
        "kick-off-reached": Guard(_check_kick_off_reached, Argument.NOTHING, "the kick-off date is reached"),
        "end-reached": Guard(_check_end_reached, Argument.NOTHING, "the planned end is reached"),
        "done": Guard(_check_done, Argument.KIND, "`{}` is done or skipped"),
        ACCEPTED: Guard(_check_accepted, Argument.KIND, "every `{}` is accepted or skipped"),
        "phase": Guard(_check_phase, Argument.PHASE, "the phase is `{}`"),
        "milestone-due-within": Guard(
            _check_due_within, Argument.DAYS, "its milestone is due within {} business days"
        ),
        "labelled": Guard(_check_labelled, Argument.LABELS, "an item is labelled {}"),
    }
)
