"""Decides whether the engagement changes its phase, by the transitions of workflow.yml, always with reasons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.model.verdict import UnauthorizedChange, Verdict
from psbot.core.model.workflow import Transition, TransitionAuthority
from psbot.core.workflow.guards import evaluate_all


class PhaseOutcome(StrEnum):
    """The outcome of a decision."""

    MOVE = "move"
    STAY = "stay"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ManualMove:
    """A change of the phase label by somebody; ``to`` is None if the label was removed."""

    to: str | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class PhaseDecision:
    """Whether the engagement changes its phase, and why; ``phase`` is the phase afterwards.

    After an illegal move ``phase`` is the one to restore. ``rule`` is the transition that was applied, if any;
    ``needs`` are the items whose histories would replace "could not check" or an assumption by an answer.
    """

    outcome: PhaseOutcome
    phase: str
    reasons: tuple[str, ...]
    rule: Transition | None = None
    needs: frozenset[str] = frozenset()
    unauthorized_changes: frozenset[UnauthorizedChange] = frozenset()


def decide(phase: str, move: ManualMove | None, facts: Facts, previous: str | None = None) -> PhaseDecision:
    """Decide on an engagement in *phase*: after a manual *move*, or by facts alone if that is None.

    *previous* is the phase before *phase*, which a transition back leads to.
    """
    facts = replace(facts, phase=phase)
    return (
        _decide_by_facts(phase, facts) if move is None else _decide_manual_move(phase, move, facts, previous)
    )


def decide_all(phase: str, facts: Facts) -> tuple[PhaseDecision, ...]:
    """Return the decisions by facts alone, one after the other, up to the first that does not move.

    All moves that are due are made at once, so a missed run changes nothing in the end.
    """
    decisions: list[PhaseDecision] = []
    seen = {phase}
    while True:
        decision = decide(phase, None, facts)
        if decision.outcome is PhaseOutcome.MOVE and decision.phase in seen:
            loop = PhaseDecision(PhaseOutcome.STAY, phase, ("the transitions form a loop",))
            return (*decisions, loop)
        decisions.append(decision)
        if decision.outcome is not PhaseOutcome.MOVE:
            return tuple(decisions)
        phase = decision.phase
        seen.add(phase)


def _decide_by_facts(phase: str, facts: Facts) -> PhaseDecision:
    """Apply the first transition whose guards hold; one that could not be checked blocks those after it."""
    reasons: list[str] = []
    unauthorized = frozenset[UnauthorizedChange]()
    for rule, verdict in evaluate_transitions(phase, facts):
        if verdict.holds and rule.to:
            return PhaseDecision(PhaseOutcome.MOVE, rule.to, (verdict.reason,), rule, verdict.needs)
        if verdict.holds is None:
            return PhaseDecision(PhaseOutcome.UNKNOWN, phase, (verdict.reason,), rule, verdict.needs)
        reasons.append(f"not {rule.to}: {verdict.reason}")
        unauthorized |= verdict.unauthorized_changes
    why = tuple(reasons) or (f"only people can change the phase {phase}",)
    return PhaseDecision(PhaseOutcome.STAY, phase, why, unauthorized_changes=unauthorized)


def evaluate_transitions(phase: str, facts: Facts) -> Iterator[tuple[Transition, Verdict]]:
    """Yield the transitions from *phase* that have guards, each with their verdict."""
    for rule in facts.process.workflow.rules.transitions_from(phase):
        if rule.when:
            yield rule, evaluate_all(rule.when, facts)


def _decide_manual_move(phase: str, move: ManualMove, facts: Facts, previous: str | None) -> PhaseDecision:
    change = f"changed the phase from {phase} to {move.to}" if move.to else f"removed the phase {phase}"
    what = f"{move.actor.name} {change}"
    refusals: list[str] = []
    for rule in facts.process.workflow.rules.transitions_from(phase):
        if not _leads_to(rule, move.to, facts.process.workflow.phases):
            continue
        verdict = _check_move(rule, move, previous, facts)
        if verdict.holds:
            target = move.to or previous or phase
            return PhaseDecision(PhaseOutcome.MOVE, target, (what, verdict.reason), rule, verdict.needs)
        refusals.append(verdict.reason)
    if move.actor.is_authorized is None:
        reasons = (what, "psbot could not check who did that")
        return PhaseDecision(PhaseOutcome.UNKNOWN, phase, reasons, None, move.actor.needs)
    why = tuple(refusals) or ("workflow.yml has no such transition",)
    return PhaseDecision(PhaseOutcome.ILLEGAL, phase, (what, *why), None, move.actor.needs)


def _leads_to(rule: Transition, to: str | None, phases: tuple[str, ...]) -> bool:
    """Tell whether *rule* leads to *to*; a transition back is made by any of *phases*, or by removing the label."""
    return to is None or to in phases if rule.to is None else rule.to == to


def _check_move(rule: Transition, move: ManualMove, previous: str | None, facts: Facts) -> Verdict:
    """Check whether *rule* allows *move*: because of the actor's role, or because its guards hold."""
    if rule.by and move.actor.is_authorized and move.actor.role in _ALLOWED_ROLES[rule.by]:
        if move.to is None and previous is None:
            return Verdict(False, "the previous phase is unknown, set a phase label")
        return Verdict(True, f"{move.actor.name} is {_describe_role(rule.by)}", move.actor.needs)
    if rule.when:
        return evaluate_all(rule.when, facts)
    who = "the manager" if rule.by is TransitionAuthority.MANAGER else "people listed under `people:`"
    return Verdict(False, f"only {who} may do that")


_ALLOWED_ROLES = {
    TransitionAuthority.MANAGER: (ActorRole.MACHINE, ActorRole.MANAGER),
    TransitionAuthority.PEOPLE: (ActorRole.MACHINE, ActorRole.MANAGER, ActorRole.PEOPLE),
}


def _describe_role(role: TransitionAuthority) -> str:
    return {TransitionAuthority.MANAGER: "the manager", TransitionAuthority.PEOPLE: "listed under `people:`"}[
        role
    ]
