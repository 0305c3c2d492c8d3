"""decide(phase, event, facts) → a verdict on the engagement's phase, always with reasons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from psbot.core.model.facts import Facts, Hand, Standing
from psbot.core.model.verdict import Answer, Dispute
from psbot.core.model.workflow import Role, Transition
from psbot.core.workflow.guards import ask_all


class Outcome(StrEnum):
    """What a verdict says."""

    MOVE = "move"
    STAY = "stay"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody has set another phase; ``to`` is None where the phase's label was taken away."""

    to: str | None
    hand: Hand


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the engagement moves, and why (not); ``phase`` is the one it is in afterwards.

    After an illegal move ``phase`` is the one to restore. ``rule`` is the transition that was applied, where one
    was; ``needs`` are items whose histories would turn "could not check" or a presumption into an answer.
    """

    outcome: Outcome
    phase: str
    reasons: tuple[str, ...]
    rule: Transition | None = None
    needs: frozenset[str] = frozenset()
    disputes: frozenset[Dispute] = frozenset()


def decide(phase: str, event: Move | None, facts: Facts, before: str | None = None) -> Verdict:
    """Decide what becomes of an engagement in *phase*: after a person's move, or (None) by facts alone.

    *before* is the phase that *phase* has replaced, which a transition back leads to.
    """
    facts = replace(facts, phase=phase)
    return _of_facts(phase, facts) if event is None else _of_move(phase, event, facts, before)


def chain(phase: str, facts: Facts) -> tuple[Verdict, ...]:
    """Return the verdicts by facts alone, one move after the other, up to the first that does not move.

    A missed run changes nothing in the end, because all moves that are due are made at once.
    """
    verdicts: list[Verdict] = []
    seen = {phase}
    while True:
        verdict = decide(phase, None, facts)
        if verdict.outcome is Outcome.MOVE and verdict.phase in seen:
            return (*verdicts, Verdict(Outcome.STAY, phase, ("the transitions lead round in a circle",)))
        verdicts.append(verdict)
        if verdict.outcome is not Outcome.MOVE:
            return tuple(verdicts)
        phase = verdict.phase
        seen.add(phase)


def _of_facts(phase: str, facts: Facts) -> Verdict:
    """Return the first transition whose guards hold; one that could not be checked stops those behind it."""
    reasons: list[str] = []
    disputes = frozenset[Dispute]()
    for rule, answer in judged(phase, facts):
        if answer.holds and rule.to:
            return Verdict(Outcome.MOVE, rule.to, (answer.reason,), rule, answer.needs)
        if answer.holds is None:
            return Verdict(Outcome.UNKNOWN, phase, (answer.reason,), rule, answer.needs)
        reasons.append(f"not {rule.to}: {answer.reason}")
        disputes |= answer.disputes
    why = tuple(reasons) or (f"only people lead on from {phase}",)
    return Verdict(Outcome.STAY, phase, why, disputes=disputes)


def judged(phase: str, facts: Facts) -> Iterator[tuple[Transition, Answer]]:
    """Yield the transitions that facts alone can open from *phase*, each with the answer of its guards."""
    for rule in facts.process.workflow.table.ways(phase):
        if rule.when:
            yield rule, ask_all(rule.when, facts)


def _of_move(phase: str, move: Move, facts: Facts, before: str | None) -> Verdict:
    what = f"{move.hand.name} moved it from {phase} to {move.to or 'no phase'}"
    refusals: list[str] = []
    for rule in facts.process.workflow.table.ways(phase):
        if not _leads(rule, move.to, facts.process.workflow.phases):
            continue
        answer = _allowed(rule, move, before, facts)
        if answer.holds:
            target = move.to or before or phase
            return Verdict(Outcome.MOVE, target, (what, answer.reason), rule, answer.needs)
        refusals.append(answer.reason)
    if move.hand.counts is None:
        return Verdict(Outcome.UNKNOWN, phase, (what, "psbot could not check who did"), None, move.hand.needs)
    why = tuple(refusals) or ("the table has no such transition",)
    return Verdict(Outcome.ILLEGAL, phase, (what, *why), None, move.hand.needs)


def _leads(rule: Transition, to: str | None, phases: tuple[str, ...]) -> bool:
    """Tell whether *rule* leads to *to*; a way back is gone by any of *phases*, or by taking the label away."""
    return to is None or to in phases if rule.to is None else rule.to == to


def _allowed(rule: Transition, move: Move, before: str | None, facts: Facts) -> Answer:
    """Answer whether *move* may go by *rule*: by role, or because the guards hold whoever moves."""
    if rule.by and move.hand.counts and move.hand.standing in _MAY[rule.by]:
        if move.to is None and before is None:
            return Answer(False, "psbot does not remember which phase that replaced; set one")
        return Answer(True, f"{move.hand.name} is {_said(rule.by)}", move.hand.needs)
    return ask_all(rule.when, facts) if rule.when else Answer(False, f"only {_said(rule.by)} may do that")


_MAY = {
    Role.MANAGER: (Standing.MACHINE, Standing.MANAGER),
    Role.PEOPLE: (Standing.MACHINE, Standing.MANAGER, Standing.PEOPLE),
}


def _said(role: Role | None) -> str:
    return {Role.MANAGER: "the manager", Role.PEOPLE: "one of people:"}[role or Role.PEOPLE]
