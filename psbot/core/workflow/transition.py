"""decide(phase, event, facts) → a verdict on the engagement's phase, always with reasons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.model.verdict import UnauthorizedChange, Verdict
from psbot.core.model.workflow import Role, Transition
from psbot.core.workflow.guards import evaluate_all


class PhaseOutcome(StrEnum):
    """What a verdict says."""

    MOVE = "move"
    STAY = "stay"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ManualMove:
    """Somebody has set another phase; ``to`` is None where the phase's label was taken away."""

    to: str | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class PhaseDecision:
    """Whether the engagement moves, and why (not); ``phase`` is the one it is in afterwards.

    After an illegal move ``phase`` is the one to restore. ``rule`` is the transition that was applied, where one
    was; ``needs`` are items whose histories would turn "could not check" or a presumption into an answer.
    """

    outcome: PhaseOutcome
    phase: str
    reasons: tuple[str, ...]
    rule: Transition | None = None
    needs: frozenset[str] = frozenset()
    unauthorized: frozenset[UnauthorizedChange] = frozenset()


def decide(phase: str, move: ManualMove | None, facts: Facts, previous: str | None = None) -> PhaseDecision:
    """Decide what becomes of an engagement in *phase*: after a person's move, or (None) by facts alone.

    *before* is the phase that *phase* has replaced, which a transition back leads to.
    """
    facts = replace(facts, phase=phase)
    return (
        _decide_by_facts(phase, facts) if move is None else _decide_manual_move(phase, move, facts, previous)
    )


def decide_all(phase: str, facts: Facts) -> tuple[PhaseDecision, ...]:
    """Return the verdicts by facts alone, one move after the other, up to the first that does not move.

    A missed run changes nothing in the end, because all moves that are due are made at once.
    """
    verdicts: list[PhaseDecision] = []
    seen = {phase}
    while True:
        verdict = decide(phase, None, facts)
        if verdict.outcome is PhaseOutcome.MOVE and verdict.phase in seen:
            return (
                *verdicts,
                PhaseDecision(PhaseOutcome.STAY, phase, ("the transitions lead round in a circle",)),
            )
        verdicts.append(verdict)
        if verdict.outcome is not PhaseOutcome.MOVE:
            return tuple(verdicts)
        phase = verdict.phase
        seen.add(phase)


def _decide_by_facts(phase: str, facts: Facts) -> PhaseDecision:
    """Return the first transition whose guards hold; one that could not be checked stops those behind it."""
    reasons: list[str] = []
    disputes = frozenset[UnauthorizedChange]()
    for rule, answer in evaluate_transitions(phase, facts):
        if answer.holds and rule.to:
            return PhaseDecision(PhaseOutcome.MOVE, rule.to, (answer.reason,), rule, answer.needs)
        if answer.holds is None:
            return PhaseDecision(PhaseOutcome.UNKNOWN, phase, (answer.reason,), rule, answer.needs)
        reasons.append(f"not {rule.to}: {answer.reason}")
        disputes |= answer.unauthorized_changes
    why = tuple(reasons) or (f"only people lead on from {phase}",)
    return PhaseDecision(PhaseOutcome.STAY, phase, why, unauthorized=disputes)


def evaluate_transitions(phase: str, facts: Facts) -> Iterator[tuple[Transition, Verdict]]:
    """Yield the transitions that facts alone can open from *phase*, each with the answer of its guards."""
    for rule in facts.process.workflow.rules.transitions_from(phase):
        if rule.when:
            yield rule, evaluate_all(rule.when, facts)


def _decide_manual_move(phase: str, move: ManualMove, facts: Facts, previous: str | None) -> PhaseDecision:
    what = f"{move.actor.name} moved it from {phase} to {move.to or 'no phase'}"
    refusals: list[str] = []
    for rule in facts.process.workflow.rules.transitions_from(phase):
        if not _leads_to(rule, move.to, facts.process.workflow.phases):
            continue
        answer = _check_move(rule, move, previous, facts)
        if answer.holds:
            target = move.to or previous or phase
            return PhaseDecision(PhaseOutcome.MOVE, target, (what, answer.reason), rule, answer.needs)
        refusals.append(answer.reason)
    if move.actor.is_authorized is None:
        return PhaseDecision(
            PhaseOutcome.UNKNOWN, phase, (what, "psbot could not check who did"), None, move.actor.needs
        )
    why = tuple(refusals) or ("the table has no such transition",)
    return PhaseDecision(PhaseOutcome.ILLEGAL, phase, (what, *why), None, move.actor.needs)


def _leads_to(rule: Transition, to: str | None, phases: tuple[str, ...]) -> bool:
    """Tell whether *rule* leads to *to*; a way back is gone by any of *phases*, or by taking the label away."""
    return to is None or to in phases if rule.to is None else rule.to == to


def _check_move(rule: Transition, move: ManualMove, previous: str | None, facts: Facts) -> Verdict:
    """Answer whether *move* may go by *rule*: by role, or because the guards hold whoever moves."""
    if rule.by and move.actor.is_authorized and move.actor.role in _ALLOWED_ROLES[rule.by]:
        if move.to is None and previous is None:
            return Verdict(False, "psbot does not remember which phase that replaced; set one")
        return Verdict(True, f"{move.actor.name} is {_describe_role(rule.by)}", move.actor.needs)
    return (
        evaluate_all(rule.when, facts)
        if rule.when
        else Verdict(False, f"only {_describe_role(rule.by)} may do that")
    )


_ALLOWED_ROLES = {
    Role.MANAGER: (ActorRole.MACHINE, ActorRole.MANAGER),
    Role.PEOPLE: (ActorRole.MACHINE, ActorRole.MANAGER, ActorRole.PEOPLE),
}


def _describe_role(role: Role | None) -> str:
    return {Role.MANAGER: "the manager", Role.PEOPLE: "one of people:"}[role or Role.PEOPLE]
