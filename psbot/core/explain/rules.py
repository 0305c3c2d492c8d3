"""Which rules of `apply` and `advance` apply to one item, and what each of them answers."""

from collections.abc import Iterator
from dataclasses import replace

from psbot.core.explain.statement import Statement, StatementCollector, Truth
from psbot.core.explain.wanted import why_wanted
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC, Kind
from psbot.core.model.verdict import all_of
from psbot.core.model.workflow import Condition, Transition, TransitionAuthority
from psbot.core.records.phase import accepted_phase
from psbot.core.workflow.acceptance import last_day_to_object, request_sent_on, run_acceptance_clock
from psbot.core.workflow.consistency import reconcile_state
from psbot.core.workflow.guards import ACCEPTED, GUARDS, Argument, evaluate
from psbot.core.workflow.permission import require_authorized
from psbot.core.workflow.progress import Progress

_MANUAL_MOVES = {
    TransitionAuthority.MANAGER: "the manager can set it manually",
    TransitionAuthority.PEOPLE: "anyone listed under `people:` can set it manually",
}


def rule_statements(
    key: str, item: Item | None, observed: Facts, collector: StatementCollector
) -> Iterator[Statement]:
    """Yield the rules about the item *key* with their answers; *item* is None where GitLab has none."""
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
    """Return the facts that decide on phases and gates: those after `advance` has reconciled labels and states."""
    return replace(run_acceptance_clock(reconcile_state(Progress(facts))).facts, phase=_current_phase(facts))


def _current_phase(facts: Facts) -> str | None:
    """Return the phase that psbot has accepted, or else the one that the epic shows."""
    epic, process = facts.observed.epic, facts.process
    if accepted := accepted_phase(epic, process.workflow):
        return accepted.phase
    return process.catalogue.value("phase", epic.labels) if epic else None


def _transition_statements(facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    phase = facts.phase
    if phase is None:
        return
    accepted = accepted_phase(facts.observed.epic, facts.process.workflow)
    before = accepted.previous if accepted else None
    transitions = facts.process.workflow.rules.transitions_from(phase)
    if not transitions:
        yield Statement("moves", f"{phase} is a final phase; it has no transitions", Truth.NO)
    for rule in transitions:
        yield _transition_statement(rule, phase, before, facts, collector)


def _transition_statement(
    rule: Transition, phase: str, before: str | None, facts: Facts, collector: StatementCollector
) -> Statement:
    path = f"{phase} → {rule.to or f'back to {before}' if before or rule.to else 'back'}"
    manual = [Statement("hand", _MANUAL_MOVES[rule.by])] if rule.by else []
    if not rule.when:
        return Statement("moves", f"{path}: {_MANUAL_MOVES[rule.by]}" if rule.by else path)
    verdicts = [evaluate(each, facts) for each in rule.when]
    guards = [collector.statement("guard", each) for each in verdicts]
    return collector.statement("moves", all_of(verdicts), path, (*guards, *manual))


def _gate_statements(item: Item, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    workflow = facts.process.workflow
    if item.kind not in workflow.rules.gates:
        return
    verdicts = [evaluate(each, facts, item) for each in workflow.rules.gates[item.kind]]
    guards = [collector.statement("guard", each) for each in verdicts]
    blocked, opened = workflow.blocked_state, workflow.open_state
    is_blocked = facts.state(item) == blocked
    text = f"{blocked} until this holds, then {opened}" if is_blocked else f"no longer {blocked}"
    yield collector.statement("gate", all_of(verdicts), text, guards)


def _acceptance_clock_statements(
    item: Item, kind: Kind, facts: Facts, collector: StatementCollector
) -> Iterator[Statement]:
    acceptance, catalogue = facts.process.workflow.rules.acceptance, facts.process.catalogue
    if acceptance is None or not _needs_acceptance(kind, facts):
        return
    value = catalogue.value("signoff", item.labels)
    if value != acceptance.sent:
        text = (
            f"the sign-off is {value}" if value else f"starts when the sign-off is set to {acceptance.sent}"
        )
        yield Statement("clock", text)
        return
    actor = facts.labelled_by(item, [catalogue.title("signoff", value)])
    verdict = require_authorized(actor, item, "signoff", value)
    if not verdict.holds:
        yield collector.statement("clock", verdict)
        return
    since, days = request_sent_on(item, facts), acceptance.passive_after
    last = last_day_to_object(since, facts.engagement.workdays, days)
    text = f"sent on {since}; {acceptance.passive} after {last} (business day {days}) without an objection"
    collector.needs |= verdict.needs
    yield Statement("clock", text, Truth.YES if facts.today > last else Truth.INFO)


def _needs_acceptance(kind: Kind, facts: Facts) -> bool:
    conditions = facts.process.workflow.rules.conditions()
    return any(each.guard == ACCEPTED and each.argument == kind.name for each in conditions)


def _dependent_statements(kind: Kind, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    """Yield what depends on items of *kind*: transitions, gates and closings that name it."""
    rules = facts.process.workflow.rules
    named = [(f"{', '.join(each.sources)} → {each.to or 'back'}", each.when) for each in rules.transitions]
    named += [(f"the gate of {gated}", conditions) for gated, conditions in rules.gates.items()]
    named += [(f"the closing of {closed}", conditions) for closed, conditions in rules.closes.items()]
    for name, conditions in named:
        for condition in conditions:
            if any(_names_kind(part, kind) for part in condition.single_conditions()):
                verdict = evaluate(condition, facts)
                yield collector.statement("awaited", verdict, f"{name} depends on it: {verdict.reason}")


def _names_kind(condition: Condition, kind: Kind) -> bool:
    takes = GUARDS[condition.guard].argument if condition.guard else Argument.NOTHING
    return takes is Argument.KIND and condition.argument == kind.name
