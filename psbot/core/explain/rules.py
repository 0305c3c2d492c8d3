"""Which rules apply to an item: what plan and advance decide with, asked about one item."""

from collections.abc import Iterator
from dataclasses import replace

from psbot.core.explain.statement import Notes, Point, Says
from psbot.core.explain.wanted import wanted
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Kind, kind_of
from psbot.core.model.workflow import Condition, Role, Transition
from psbot.core.records.phase import accepted
from psbot.core.workflow.acceptance import accepted_on, clocked, sent_on
from psbot.core.workflow.consistency import coherent
from psbot.core.workflow.guards import ACCEPTED, GUARDS, Argument, ask
from psbot.core.workflow.permission import by_hand
from psbot.core.workflow.progress import Progress

_MAY = {Role.MANAGER: "the manager may do it by hand", Role.PEOPLE: "one of people: may do it by hand"}


def reasons(key: str, item: Item | None, observed: Facts, notes: Notes) -> Iterator[Point]:
    """Yield the rules about the item *key*, which is None where GitLab has none, as *observed* answers them."""
    facts = _settled(observed)
    if key == EPIC and item is not None:
        yield from _transitions(facts, notes)
        return
    kind = kind_of(key, facts.process)
    if kind is None:
        return
    if facts.phase in facts.process.workflow.final_phases and item is not None:
        yield Point("over", f"the engagement is {facts.phase}; psbot leaves it as it is", Says.NO)
    yield notes.point("wanted", wanted(key, kind, facts))
    if item is not None:
        yield from _gate(item, facts, notes)
        yield from _clock(item, kind, observed, notes)
    yield from _waiting(kind, facts, notes)


def _settled(facts: Facts) -> Facts:
    """Return the facts that phases and gates are judged by: after advance has made labels and flags coherent."""
    return replace(clocked(coherent(Progress(facts))).facts, phase=_where(facts))


def _where(facts: Facts) -> str | None:
    """Return the phase that psbot has accepted, else the one that the epic shows."""
    epic, process = facts.observed.epic, facts.process
    if known := accepted(epic, process.workflow):
        return known.phase
    return process.catalogue.value("phase", epic.labels) if epic else None


def _transitions(facts: Facts, notes: Notes) -> Iterator[Point]:
    phase = facts.phase
    if phase is None:
        return
    known = accepted(facts.observed.epic, facts.process.workflow)
    before = known.before if known else None
    rules = facts.process.workflow.table.ways(phase)
    if not rules:
        yield Point("moves", f"{phase} is an end; nothing leads on from it", Says.NO)
    for rule in rules:
        yield _transition(rule, phase, before, facts, notes)


def _transition(rule: Transition, phase: str, before: str | None, facts: Facts, notes: Notes) -> Point:
    way = f"{phase} → {rule.to or f'back to {before}' if before or rule.to else 'back'}"
    may = [Point("hand", _MAY[rule.by])] if rule.by else []
    if not rule.when:
        return Point("moves", f"{way}: {_MAY[rule.by]}" if rule.by else way)
    guards = [_guard(each, facts, None, notes) for each in rule.when]
    return Point("moves", way, _all(guards), (*guards, *may))


def _guard(condition: Condition, facts: Facts, item: Item | None, notes: Notes) -> Point:
    return notes.point("guard", ask(condition, facts, item))


def _all(points: list[Point]) -> Says:
    """Return one answer: no if one says no, could not check if one could not, else yes."""
    said = {each.says for each in points}
    return next((each for each in (Says.NO, Says.UNKNOWN) if each in said), Says.YES)


def _gate(item: Item, facts: Facts, notes: Notes) -> Iterator[Point]:
    workflow = facts.process.workflow
    if item.kind not in workflow.table.gates:
        return
    guards = [_guard(each, facts, item, notes) for each in workflow.table.gates[item.kind]]
    is_blocked = facts.state(item) == workflow.blocked_state
    blocked, opened = workflow.blocked_state, workflow.open_state
    text = f"it is {blocked}, and {opened} once this holds" if is_blocked else f"it is not {blocked} any more"
    yield Point("gate", text, _all(guards), tuple(guards))


def _clock(item: Item, kind: Kind, facts: Facts, notes: Notes) -> Iterator[Point]:
    acceptance, catalogue = facts.process.workflow.table.acceptance, facts.process.catalogue
    if acceptance is None or not _is_accepted_at_all(kind, facts):
        return
    value = catalogue.value("signoff", item.labels)
    if value != acceptance.sent:
        text = f"it is {value}" if value else f"it starts when it becomes {acceptance.sent}"
        yield Point("clock", text)
        return
    hand = facts.labelled_by(item, [catalogue.title("signoff", value)])
    answer = by_hand(hand, item, "signoff", f"{item.key} is {value}")
    if not answer.holds:
        yield notes.point("clock", answer)
        return
    since, days = sent_on(item, facts), acceptance.passive_after
    last = accepted_on(since, facts.engagement.workdays, days)
    text = f"sent on {since}; {acceptance.passive} after {last}, business day {days}, unless somebody objects"
    notes.needs |= answer.needs
    yield Point("clock", text, Says.YES if facts.today > last else Says.TOLD)


def _is_accepted_at_all(kind: Kind, facts: Facts) -> bool:
    conditions = facts.process.workflow.table.conditions()
    return any(each.guard == ACCEPTED and each.argument == kind.name for each in conditions)


def _waiting(kind: Kind, facts: Facts, notes: Notes) -> Iterator[Point]:
    """Yield what waits for items of *kind*: transitions, gates and closings that name it."""
    table = facts.process.workflow.table
    rules = [(f"{', '.join(rule.sources)} → {rule.to or 'back'}", rule.when) for rule in table.transitions]
    rules += [(f"the gate of {gated}", conditions) for gated, conditions in table.gates.items()]
    rules += [(f"the end of {closed}", conditions) for closed, conditions in table.closes.items()]
    for name, conditions in rules:
        for condition in conditions:
            if any(_names(part, kind) for part in condition.parts()):
                answer = ask(condition, facts)
                yield notes.point("awaited", answer, f"{name} waits for it: {answer.reason}")


def _names(condition: Condition, kind: Kind) -> bool:
    takes = GUARDS[condition.guard].takes if condition.guard else Argument.NOTHING
    return takes is Argument.KIND and condition.argument == kind.name
