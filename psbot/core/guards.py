"""Guards: named predicates over facts, each of which answers with a reason; "could not check" is an answer too."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from psbot.core.changerecord import decision
from psbot.core.changes import approvers
from psbot.core.drafts import Draft, Situation, is_wanted, occurrences
from psbot.core.history import PSBOT, Facts, Hand, Standing
from psbot.core.model import Item
from psbot.core.table import Condition

ACCEPTED = "accepted"  # the guard that asks for the customer's acceptance


@dataclass(frozen=True, slots=True, order=True)
class Dispute:
    """Something that does not count, because an outsider did it: on which item, in which scope."""

    item: str
    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a guard holds (None: could not check) and why; ``needs`` are items whose histories would tell."""

    holds: bool | None
    reason: str
    needs: frozenset[str] = frozenset()
    disputes: frozenset[Dispute] = frozenset()


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


def every(answers: Iterable[Answer]) -> Answer:
    """Return one answer: no if one says no, could not check if one could not, else yes."""
    given = list(answers)
    refusals = [each for each in given if each.holds is False]
    doubts = [each for each in given if each.holds is None]
    return _joined(refusals or doubts or given, "; ")


def _joined(answers: list[Answer], glue: str) -> Answer:
    """Join answers of which the least certain no counts: None wherever one is None."""
    holds = [each.holds for each in answers]
    reason = glue.join(dict.fromkeys(each.reason for each in answers))
    needs = frozenset[str]().union(*(each.needs for each in answers))
    disputes = frozenset[Dispute]().union(*(each.disputes for each in answers))
    return Answer(None if None in holds else all(holds), reason, needs, disputes)


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


def is_done(item: Item, facts: Facts) -> Answer:
    """Answer whether *item* is done or skipped by the hand of a machine or one of the engagement's people."""
    state = facts.state(item)
    if state not in facts.process.workflow.done_states:
        return Answer(False, f"{item.key} is {state or 'in no clear state'}")
    hand = facts.labelled_by(item, [facts.process.catalogue.title("state", str(state))])
    if not hand.counts and not item.is_open:
        closing = facts.closed_by(item)
        hand = closing if closing.counts else hand
    return by_hand(hand, item, "state", f"{item.key} is {state}")


def is_accepted(item: Item, facts: Facts) -> Answer:
    """Answer whether the customer has accepted what *item* is about, as people or psbot recorded it."""
    acceptance, catalogue = facts.process.workflow.table.acceptance, facts.process.catalogue
    if facts.state(item) == facts.process.workflow.unwanted_state:
        return is_done(item, facts)
    value = catalogue.value("signoff", item.labels)
    if acceptance is None or value is None or value not in acceptance.accepted:
        shown = value or facts.state(item) or "in no clear state"
        return Answer(False, f"{item.key} is {shown}")
    hand = facts.labelled_by(item, [catalogue.title("signoff", value)])
    return by_hand(hand, item, "signoff", f"{item.key} is {value}")


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


def is_decided(item: Item, value: str, facts: Facts) -> Answer:
    """Answer whether the change request *item*, whose label says *value*, was decided by one who may."""
    catalogue, what = facts.process.catalogue, f"{item.key} is {value}"
    known = decision(item)
    if known and known.value == value:
        return Answer(True, f"{what}, by {known.by}")
    hand = facts.labelled_by(item, [catalogue.title("change", value)])
    answer = by_hand(hand, item, "change", what)
    instrument = catalogue.value("instrument", item.labels)
    deciders = approvers(instrument, facts.engagement, facts.process.changes)
    if not answer.holds or hand.needs or hand.name in deciders:
        return answer
    who = f"a change by {instrument}" if instrument else "a change whose instrument is not known"
    reason = (
        f"{what}, but by {hand.name}; on {who} {' or '.join(sorted(deciders))} decides, so it does not count"
    )
    return Answer(False, reason, disputes=frozenset({Dispute(item.key, "change", reason)}))


def by_hand(hand: Hand, item: Item, purpose: str, what: str) -> Answer:
    """Answer that *what* counts when a machine or one of the engagement's people did it to *item*."""
    if hand.standing is Standing.OUTSIDER:
        reason = f"{what}, but by {hand.name}, who is not in people:, so it does not count"
        return Answer(False, reason, disputes=frozenset({Dispute(item.key, purpose, reason)}))
    if hand.counts is None:
        return Answer(None, f"{what}, but psbot could not check who did that", hand.needs)
    is_of_this_run = hand.name == PSBOT.username and hand.standing is Standing.MACHINE
    return Answer(True, what if is_of_this_run else f"{what}, by {hand.name}", hand.needs)


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
