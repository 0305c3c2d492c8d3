"""Which rules apply to an item: what plan and advance decide with, asked about one item."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from psbot.core.explain.statement import Statement, StatementCollector, Truth, truth_of
from psbot.core.explain.wanted import why_wanted
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Kind
from psbot.core.model.verdict import all_hold
from psbot.core.model.workflow import Condition, Role, Transition
from psbot.core.records.phase import accepted_phase
from psbot.core.workflow.acceptance import last_day_to_object, request_sent_on, run_acceptance_clock
from psbot.core.workflow.consistency import reconcile_state
from psbot.core.workflow.guards import ACCEPTED, GUARDS, Argument, evaluate
from psbot.core.workflow.permission import require_authorized
from psbot.core.workflow.progress import Progress

_MANUAL_MOVES = {
    Role.MANAGER: "the manager may do it by hand",
    Role.PEOPLE: "one of people: may do it by hand",
}


def rule_statements(
    key: str, item: Item | None, observed: Facts, collector: StatementCollector
) -> Iterator[Statement]:
    """Yield the rules about the item *key*, which is None where GitLab has none, as *observed* answers them."""
    facts = _reconciled_facts(observed)
    if key == EPIC and item is not None:
        yield from _transition_statements(facts, collector)
        return
    kind = facts.process.kind_of_key(key)
    if kind is None:
        return
    if facts.phase in facts.process.workflow.final_phases and item is not None:
        yield Statement("over", f"the engagement is {facts.phase}; psbot no longer changes it", Truth.NO)
    yield collector.statement("wanted", why_wanted(key, kind, facts))
    if item is not None:
        yield from _gate_statements(item, facts, collector)
        yield from _acceptance_clock_statements(item, kind, observed, collector)
    yield from _dependent_statements(kind, facts, collector)


def _reconciled_facts(facts: Facts) -> Facts:
    """Return the facts that phases and gates are judged by: after advance has made labels and flags coherent."""
    return replace(run_acceptance_clock(reconcile_state(Progress(facts))).facts, phase=_current_phase(facts))


def _current_phase(facts: Facts) -> str | None:
    """Return the phase that psbot has accepted, else the one that the epic shows."""
    epic, process = facts.observed.epic, facts.process
    if known := accepted_phase(epic, process.workflow):
        return known.phase
    return process.catalogue.value("phase", epic.labels) if epic else None


def _transition_statements(facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    phase = facts.phase
    if phase is None:
        return
    known = accepted_phase(facts.observed.epic, facts.process.workflow)
    before = known.previous if known else None
    rules = facts.process.workflow.rules.transitions_from(phase)
    if not rules:
        yield Statement("moves", f"{phase} is an end; nothing leads on from it", Truth.NO)
    for rule in rules:
        yield _transition_statement(rule, phase, before, facts, collector)


def _transition_statement(
    rule: Transition, phase: str, before: str | None, facts: Facts, collector: StatementCollector
) -> Statement:
    way = f"{phase} → {rule.to or f'back to {before}' if before or rule.to else 'back'}"
    may = [Statement("hand", _MANUAL_MOVES[rule.by])] if rule.by else []
    if not rule.when:
        return Statement("moves", f"{way}: {_MANUAL_MOVES[rule.by]}" if rule.by else way)
    guards = [_guard_statement(each, facts, None, collector) for each in rule.when]
    return Statement("moves", way, _combined_truth(guards), (*guards, *may))


def _guard_statement(
    condition: Condition, facts: Facts, item: Item | None, collector: StatementCollector
) -> Statement:
    return collector.statement("guard", evaluate(condition, facts, item))


_HOLDS: Mapping[Truth, bool | None] = MappingProxyType({Truth.NO: False, Truth.UNKNOWN: None})


def _combined_truth(statements: list[Statement]) -> Truth:
    """Return the three-valued *and* of the truths of *statements*."""
    return truth_of(all_hold(_HOLDS.get(each.truth, True) for each in statements))


def _gate_statements(item: Item, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    workflow = facts.process.workflow
    if item.kind not in workflow.rules.gates:
        return
    guards = [_guard_statement(each, facts, item, collector) for each in workflow.rules.gates[item.kind]]
    is_blocked = facts.state(item) == workflow.blocked_state
    blocked, opened = workflow.blocked_state, workflow.open_state
    text = f"it is {blocked}, and {opened} once this holds" if is_blocked else f"it is not {blocked} any more"
    yield Statement("gate", text, _combined_truth(guards), tuple(guards))


def _acceptance_clock_statements(
    item: Item, kind: Kind, facts: Facts, collector: StatementCollector
) -> Iterator[Statement]:
    acceptance, catalogue = facts.process.workflow.rules.acceptance, facts.process.catalogue
    if acceptance is None or not _needs_acceptance(kind, facts):
        return
    value = catalogue.value("signoff", item.labels)
    if value != acceptance.sent:
        text = f"it is {value}" if value else f"it starts when it becomes {acceptance.sent}"
        yield Statement("clock", text)
        return
    hand = facts.labelled_by(item, [catalogue.title("signoff", value)])
    answer = require_authorized(hand, item, "signoff", f"{item.key} is {value}")
    if not answer.holds:
        yield collector.statement("clock", answer)
        return
    since, days = request_sent_on(item, facts), acceptance.passive_after
    last = last_day_to_object(since, facts.engagement.workdays, days)
    text = f"sent on {since}; {acceptance.passive} after {last}, business day {days}, unless somebody objects"
    collector.needs |= answer.needs
    yield Statement("clock", text, Truth.YES if facts.today > last else Truth.INFO)


def _needs_acceptance(kind: Kind, facts: Facts) -> bool:
    conditions = facts.process.workflow.rules.conditions()
    return any(each.guard == ACCEPTED and each.argument == kind.name for each in conditions)


def _dependent_statements(kind: Kind, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    """Yield what waits for items of *kind*: transitions, gates and closings that name it."""
    table = facts.process.workflow.rules
    rules = [(f"{', '.join(rule.sources)} → {rule.to or 'back'}", rule.when) for rule in table.transitions]
    rules += [(f"the gate of {gated}", conditions) for gated, conditions in table.gates.items()]
    rules += [(f"the end of {closed}", conditions) for closed, conditions in table.closes.items()]
    for name, conditions in rules:
        for condition in conditions:
            if any(_names_kind(part, kind) for part in condition.single_conditions()):
                answer = evaluate(condition, facts)
                yield collector.statement("awaited", answer, f"{name} waits for it: {answer.reason}")


def _names_kind(condition: Condition, kind: Kind) -> bool:
    takes = GUARDS[condition.guard].argument if condition.guard else Argument.NOTHING
    return takes is Argument.KIND and condition.argument == kind.name
