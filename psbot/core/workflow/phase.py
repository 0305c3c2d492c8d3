"""Advances the engagement's phase: follows the transitions that facts open, and checks changes that people made."""

from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.model.item import Item
from psbot.core.model.workflow import OnIllegal
from psbot.core.notices.notice import REVERTED
from psbot.core.records.phase import AcceptedPhase, accepted_phase, with_accepted_phase
from psbot.core.workflow.permission import report_unauthorized
from psbot.core.workflow.progress import Progress
from psbot.core.workflow.transition import ManualMove, PhaseDecision, PhaseOutcome, decide, decide_all


@dataclass(frozen=True, slots=True)
class PhasePath:
    """The way of an engagement from ``start``, the phase psbot accepted last, to ``accepted``, and the decisions."""

    start: AcceptedPhase
    accepted: AcceptedPhase
    decisions: tuple[PhaseDecision, ...] = ()

    @property
    def phases(self) -> tuple[str, ...]:
        """Return the phases it enters, in order."""
        return tuple(each.phase for each in self.decisions if each.outcome is PhaseOutcome.MOVE)

    @property
    def reason(self) -> str:
        """Return why it moves."""
        return "; ".join(
            each.reasons[-1] for each in self.decisions if each.outcome is PhaseOutcome.MOVE and each.reasons
        )

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose histories must be read."""
        return frozenset[str]().union(*(each.needs for each in self.decisions))


def advance_phase(progress: Progress) -> Progress:
    """Set the epic's phase to what the facts and authorized people lead to."""
    facts, epic = progress.facts, progress.facts.observed.epic
    if epic is None:
        return progress
    shown = facts.process.catalogue.values("phase", epic.labels)
    known = accepted_phase(epic, facts.process.workflow)
    if known is None:
        known, needs = _phase_from_label(epic, shown, facts)
        progress = progress.with_needs(needs)
    if known is None:
        return progress.with_finding(
            "no-phase", "The epic has no clear phase. Set exactly one phase label.", epic
        )
    path = follow_facts(known, facts)
    progress = _report_blocker(progress, epic, path)
    if len(shown) > 1:
        return _with_phase(progress, known)  # reported already: psbot could not check which is newer
    if shown and shown[0] in (known.phase, *path.phases):
        return _enter_phase(progress, epic, path)
    return _check_manual_move(progress, epic, path, shown[0] if shown else None)


def _report_blocker(progress: Progress, epic: Item, path: PhasePath) -> Progress:
    """Report what blocks the next phase: what could not be checked, or was not authorized."""
    last = path.decisions[-1]
    if last.outcome is PhaseOutcome.UNKNOWN:
        return progress.with_unknown("; ".join(last.reasons), epic, last.needs)
    return report_unauthorized(progress, last.unauthorized_changes)


def follow_facts(known: AcceptedPhase, facts: Facts) -> PhasePath:
    """Return the path that facts alone open from the accepted phase."""
    start, decisions = known, decide_all(known.phase, facts)
    for decision in decisions:
        if decision.outcome is PhaseOutcome.MOVE:
            known = known.followed_by(decision.phase, facts.today)
    return PhasePath(start, known, decisions)


def _phase_from_label(
    epic: Item, shown: list[str], facts: Facts
) -> tuple[AcceptedPhase | None, frozenset[str]]:
    """Return the phase of the label, for an epic whose marker has none, so that no move can be checked.

    The keys are those of items whose histories would say since when.
    """
    if len(shown) != 1 or shown[0] not in facts.process.workflow.phases:
        return None, frozenset()
    actor = facts.labelled_by(epic, [facts.process.catalogue.title("phase", shown[0])])
    return AcceptedPhase(shown[0], facts.engagement.today(actor.at or facts.now)), actor.needs


def _check_manual_move(progress: Progress, epic: Item, path: PhasePath, shown: str | None) -> Progress:
    """Check a phase that somebody set: it may follow from any phase on the path of facts."""
    facts = progress.facts
    move = ManualMove(shown, _who_moved(facts, epic, shown))
    phases = [path.start.phase, *path.phases]
    previous = [path.start.previous, *phases]
    decisions = [
        decide(phase, move, facts, before)
        for phase, before in reversed(list(zip(phases, previous, strict=False)))
    ]
    decision = next((each for each in decisions if each.outcome is PhaseOutcome.MOVE), decisions[0])
    progress = progress.with_needs(decision.needs | path.needs)
    match decision.outcome:
        case PhaseOutcome.MOVE:
            left = phases[len(phases) - 1 - decisions.index(decision)]
            since = facts.engagement.today(move.actor.at or facts.now)
            accepted = _accepted_up_to(path, left, facts.today).followed_by(decision.phase, since)
            onward = follow_facts(accepted, facts)
            return _enter_phase(progress, epic, replace(onward, decisions=(decision, *onward.decisions)))
        case PhaseOutcome.UNKNOWN:
            progress = progress.with_unknown("; ".join(decision.reasons), epic, decision.needs)
            return _with_phase(progress, path.start)
        case _:
            return _refuse_move(progress, epic, path, decision, move.actor)


def _accepted_up_to(path: PhasePath, phase: str, today: date) -> AcceptedPhase:
    """Return the accepted phase at the point where *path* has reached *phase*."""
    known = path.start
    for each in path.phases:
        if known.phase == phase:
            break
        known = known.followed_by(each, today)
    return known


def _who_moved(facts: Facts, epic: Item, shown: str | None) -> Actor:
    """Return who set the phase that the epic shows, or removed the phase label."""
    catalogue, workflow = facts.process.catalogue, facts.process.workflow
    history = facts.history(epic)
    if shown is not None:
        return facts.labelled_by(epic, [f"{catalogue.scopes['phase'].name}::{shown}"])
    titles = [catalogue.title("phase", phase) for phase in workflow.phases]
    event = history.last_label_event(titles, is_added=False) if history else None
    return facts.actor_of(event) if event else facts.labelled_by(epic, [])


def _refuse_move(
    progress: Progress, epic: Item, path: PhasePath, decision: PhaseDecision, actor: Actor
) -> Progress:
    """Report a refused move; facts override an outsider's, a person's stays unless ``on_illegal`` is ``restore``."""
    facts = progress.facts
    reverts = facts.process.workflow.rules.on_illegal is OnIllegal.RESTORE
    is_label_kept = not reverts and not (actor.role is ActorRole.OUTSIDER and path.phases)
    accepted = path.start if is_label_kept else path.accepted
    reasons = "; ".join(decision.reasons)
    message = f"{reasons}; the phase remains {accepted.phase}."
    if is_label_kept:
        return _with_phase(progress.with_finding("transition-refused", message, epic), accepted)
    progress = progress.with_finding("transition-refused", f"{REVERTED}{message}", epic)
    return _enter_phase(progress, epic, path, reasons)


def _enter_phase(progress: Progress, epic: Item, path: PhasePath, fallback_reason: str = "") -> Progress:
    """Set label and marker to the phase that *path* leads to; a closing phase closes the epic."""
    facts, accepted = progress.facts, path.accepted
    workflow = facts.process.workflow
    known = accepted_phase(epic, workflow)
    progress = _with_phase(progress, accepted).with_needs(path.needs)
    reason = path.reason or fallback_reason or "psbot records the phase of the label"
    if facts.process.catalogue.values("phase", epic.labels) != [accepted.phase]:
        progress = progress.with_label(epic, "phase", accepted.phase, reason)
    if known != accepted:
        after = with_accepted_phase(progress.current(epic), accepted, facts.engagement.key)
        progress = progress.with_item(after, reason)
    entered = accepted.phase if known is None or known.phase != accepted.phase else None
    if entered in workflow.rules.closing_phases and epic.is_open:
        progress = progress.with_open(progress.current(epic), False, reason)
    return progress


def _with_phase(progress: Progress, known: AcceptedPhase) -> Progress:
    """Return the progress in which gates and alarms see the accepted phase."""
    return replace(progress, facts=replace(progress.facts, phase=known.phase))
