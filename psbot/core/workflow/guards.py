"""Guards: named predicates over facts, each of which answers with a reason; "could not check" is an answer too."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from psbot.core.desired.schedule import Draft, Situation, is_wanted, occurrences
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.verdict import Answer, _joined, every
from psbot.core.model.workflow import Condition
from psbot.core.workflow.permission import by_hand, is_accepted, is_decided, is_done

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

    answer: Callable[[Condition, Facts, Item | None], Answer]
    takes: Argument
    words: str


def ask(condition: Condition, facts: Facts, item: Item | None = None) -> Answer:
    """Return whether *condition* holds; *item* is the one that a gate is about."""
    if not condition.any_of:
        return GUARDS[condition.guard].answer(condition, facts, item)
    answers = [ask(each, facts, item) for each in condition.any_of]
    return next((each for each in answers if each.holds), _joined(answers, " and "))


def ask_all(conditions: Iterable[Condition], facts: Facts, item: Item | None = None) -> Answer:
    """Return whether all *conditions* hold, with the reasons of those that decide it."""
    return every(ask(condition, facts, item) for condition in conditions)


def in_words(condition: Condition) -> str:
    """Say *condition* in plain words."""
    if condition.any_of:
        return " or ".join(map(in_words, condition.any_of))
    shown = " and ".join(f"{purpose} {value}" for purpose, value in condition.labels)
    return GUARDS[condition.guard].words.format(shown or condition.argument)


def _closed_won(_condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    won_on = facts.engagement.closed_won_on
    if won_on is None:
        return Answer(False, "the engagement file has no closed_won_on")
    return _reached(won_on, facts, "the deal is Closed Won")


def _kick_off_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    return _reached(facts.engagement.kick_off_on, facts, "the kick-off is planned")


def _end_reached(_condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    return _reached(facts.engagement.ends_on(facts.today), facts, "the engagement ends")


def _reached(day: date, facts: Facts, what: str) -> Answer:
    holds = day <= facts.today
    return Answer(holds, f"{what} on {day}" + ("" if holds else ", which is still to come"))


def _engineer_named(_condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    if facts.engagement.lead is None:
        return Answer(False, "people.engineers names nobody")
    return Answer(True, f"{facts.engagement.lead} is the lead engineer")


def _phase(condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    return Answer(facts.phase == condition.argument, f"the phase is {facts.phase or 'not clear'}")


def _due_within(condition: Condition, facts: Facts, item: Item | None) -> Answer:
    """Answer for a part that is accepted on its own; the one item of a whole engagement waits for its phase."""
    if item is None or "/" not in item.key:
        return Answer(False, "it is not for a milestone")
    if item.due_on is None:
        return Answer(False, f"{item.key} has no due date")
    first = facts.engagement.workdays.before(item.due_on, int(condition.argument or 0))
    return _reached(first, facts, f"{condition.argument} business days before its due date it is")


def _done(condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    return _each_of(condition, facts, is_done)


def _accepted(condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    return _each_of(condition, facts, is_accepted)


def _each_of(condition: Condition, facts: Facts, is_met: Callable[[Item, Facts], Answer]) -> Answer:
    """Answer for all items of a kind; one that the engagement does not have, or leaves out, is satisfied."""
    found, outlines = facts.observed.by_key(), _outlines(str(condition.argument), facts)
    if not outlines:
        return Answer(True, f"the engagement has no {condition.argument}")
    return every(
        is_met(found[each.key], facts) if each.key in found else Answer(False, _as_made(each, facts))
        for each in outlines
    )


def _outlines(name: str, facts: Facts) -> list[Draft]:
    """Return the items of a kind that the engagement has over its life, by key."""
    kind, skip = facts.process.kinds[name], facts.engagement.skip
    if name in skip or not is_wanted(kind, facts.engagement):
        return []
    outlines = occurrences(kind, Situation(facts.engagement, facts.process, facts.today))
    return sorted((each for each in outlines if each.key not in skip), key=lambda each: each.key)


def _as_made(draft: Draft, facts: Facts) -> str:
    """Say of an item that is not there what will be so once it is made, which may happen in the same run."""
    state = facts.process.kinds[draft.kind].seeds.get("state")
    return f"{draft.key} is {state}" if draft.is_due and state else f"{draft.key} is not made yet"


def _labelled(condition: Condition, facts: Facts, _item: Item | None) -> Answer:
    titles = {facts.process.catalogue.title(*label): label[0] for label in condition.labels}
    shown = " and ".join(sorted(titles))
    answers = [
        every(_by_label(item, purpose, value, facts) for purpose, value in condition.labels)
        for item in facts.observed.by_key().values()
        if titles.keys() <= item.labels
    ]
    if not answers:
        return Answer(False, f"no item is {shown}")
    return next((each for each in answers if each.holds), _joined(answers, " and "))


def _by_label(item: Item, purpose: str, value: str, facts: Facts) -> Answer:
    way, title = facts.process.changes.way, facts.process.catalogue.title(purpose, value)
    if purpose == "change" and value in (way.approved, way.rejected):
        return is_decided(item, value, facts)
    return by_hand(facts.labelled_by(item, [title]), item, purpose, f"{item.key} is {title}")


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "closed-won": Guard(_closed_won, Argument.NOTHING, "the deal is Closed Won"),
        "engineer-named": Guard(_engineer_named, Argument.NOTHING, "the file names an engineer"),
        "kick-off-reached": Guard(_kick_off_reached, Argument.NOTHING, "the day of the kick-off has come"),
        "end-reached": Guard(_end_reached, Argument.NOTHING, "the planned end has come"),
        "done": Guard(_done, Argument.KIND, "`{}` is done or skipped"),
        ACCEPTED: Guard(_accepted, Argument.KIND, "every `{}` is accepted or skipped"),
        "phase": Guard(_phase, Argument.PHASE, "the phase is `{}`"),
        "milestone-due-within": Guard(
            _due_within, Argument.DAYS, "it is for a milestone that is due within {} business days"
        ),
        "labelled": Guard(_labelled, Argument.LABELS, "an item is {}"),
    }
)
