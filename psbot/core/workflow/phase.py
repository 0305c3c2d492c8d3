"""The engagement's phase: what facts move, and what people have moved, judged by the table."""

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
    """How an engagement comes from ``start``, the phase psbot accepted last, to ``accepted``, by which verdicts."""

    start: AcceptedPhase
    accepted: AcceptedPhase
    decisions: tuple[PhaseDecision, ...] = ()

    @property
    def phases(self) -> tuple[str, ...]:
        """Return the phases it went through, in order."""
        return tuple(each.phase for each in self.decisions if each.outcome is PhaseOutcome.MOVE)

    @property
    def reason(self) -> str:
        """Say why it moved."""
        return "; ".join(
            each.reasons[-1] for each in self.decisions if each.outcome is PhaseOutcome.MOVE and each.reasons
        )

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose histories would tell more."""
        return frozenset[str]().union(*(each.needs for each in self.decisions))


def advance_phase(progress: Progress) -> Progress:
    """Return the progress after which the epic's phase is what facts and those who may move it say."""
    facts, epic = progress.facts, progress.facts.observed.epic
    if epic is None:
        return progress
    shown = facts.process.catalogue.values("phase", epic.labels)
    known = accepted_phase(epic, facts.process.workflow)
    if known is None:
        known, needs = _phase_from_label(epic, shown, facts)
        progress = progress.with_needs(needs)
    if known is None:
        return progress.with_finding("no-phase", "the epic has no clear phase; set its label", epic)
    way = follow_facts(known, facts)
    progress = _report_blocker(progress, epic, way)
    if len(shown) > 1:
        return _with_phase(progress, known)  # which of them is newer could not be checked, and was said
    if shown and shown[0] in (known.phase, *way.phases):
        return _enter_phase(progress, epic, way)
    return _judge_manual_move(progress, epic, way, shown[0] if shown else None)


def _report_blocker(progress: Progress, epic: Item, path: PhasePath) -> Progress:
    """Say what stands in the way and should be known: what could not be checked, and what does not count."""
    last = path.decisions[-1]
    if last.outcome is PhaseOutcome.UNKNOWN:
        return progress.with_unknown("; ".join(last.reasons), epic, last.needs)
    return report_unauthorized(progress, last.unauthorized)


def follow_facts(known: AcceptedPhase, facts: Facts) -> PhasePath:
    """Return the way that facts alone lead from what is accepted."""
    start, verdicts = known, decide_all(known.phase, facts)
    for verdict in verdicts:
        if verdict.outcome is PhaseOutcome.MOVE:
            known = known.followed_by(verdict.phase, facts.today)
    return PhasePath(start, known, verdicts)


def _phase_from_label(
    epic: Item, shown: list[str], facts: Facts
) -> tuple[AcceptedPhase | None, frozenset[str]]:
    """Return the phase the label shows where the marker remembers none: nobody can say that it was moved.

    The items are those whose histories would tell since when.
    """
    if len(shown) != 1 or shown[0] not in facts.process.workflow.phases:
        return None, frozenset()
    hand = facts.labelled_by(epic, [facts.process.catalogue.title("phase", shown[0])])
    return AcceptedPhase(shown[0], facts.engagement.today(hand.at or facts.now)), hand.needs


def _judge_manual_move(progress: Progress, epic: Item, path: PhasePath, shown: str | None) -> Progress:
    """Judge a phase that somebody has set: it may lead on from any phase that facts lead through."""
    facts = progress.facts
    move = ManualMove(shown, _who_moved(facts, epic, shown))
    places = [path.start.phase, *path.phases]
    befores = [path.start.previous, *places]
    verdicts = [
        decide(place, move, facts, before)
        for place, before in reversed(list(zip(places, befores, strict=False)))
    ]
    verdict = next((each for each in verdicts if each.outcome is PhaseOutcome.MOVE), verdicts[0])
    progress = progress.with_needs(verdict.needs | path.needs)
    match verdict.outcome:
        case PhaseOutcome.MOVE:
            left = places[len(places) - 1 - verdicts.index(verdict)]
            since = facts.engagement.today(move.actor.at or facts.now)
            on = follow_facts(
                _accepted_up_to(path, left, facts.today).followed_by(verdict.phase, since), facts
            )
            return _enter_phase(progress, epic, replace(on, decisions=(verdict, *on.decisions)))
        case PhaseOutcome.UNKNOWN:
            return _with_phase(
                progress.with_unknown("; ".join(verdict.reasons), epic, verdict.needs), path.start
            )
        case _:
            return _refuse_move(progress, epic, path, verdict, move.actor)


def _accepted_up_to(path: PhasePath, phase: str, today: date) -> AcceptedPhase:
    """Return what is accepted where *way* has come to *phase*."""
    known = path.start
    for each in path.phases:
        if known.phase == phase:
            break
        known = known.followed_by(each, today)
    return known


def _who_moved(facts: Facts, epic: Item, shown: str | None) -> Actor:
    """Return who set the phase that the epic shows, or took away the one it had."""
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
    """Report an illegal move; what an outsider set gives way to facts, what people set stays unless restored."""
    facts = progress.facts
    is_restored = facts.process.workflow.rules.on_illegal is OnIllegal.RESTORE
    is_left = not is_restored and not (actor.role is ActorRole.OUTSIDER and path.phases)
    counts = path.start if is_left else path.accepted
    said = "; ".join((*decision.reasons, f"it counts as {counts.phase}"))
    progress = progress.with_finding("transition-refused", said if is_left else f"{REVERTED}{said}", epic)
    return (
        _with_phase(progress, counts)
        if is_left
        else _enter_phase(progress, epic, path, "; ".join(decision.reasons))
    )


def _enter_phase(progress: Progress, epic: Item, path: PhasePath, fallback_reason: str = "") -> Progress:
    """Return the progress after which label and marker say where the engagement is; an end closes the epic."""
    facts, wanted = progress.facts, path.accepted
    workflow = facts.process.workflow
    known = accepted_phase(epic, workflow)
    progress = _with_phase(progress, wanted).with_needs(path.needs)
    reason = path.reason or fallback_reason or "psbot remembers the phase that the label shows"
    if facts.process.catalogue.values("phase", epic.labels) != [wanted.phase]:
        progress = progress.with_label(epic, "phase", wanted.phase, reason)
    if known != wanted:
        after = with_accepted_phase(progress.current(epic), wanted, facts.engagement.key)
        progress = progress.with_item(after, reason)
    entered = wanted.phase if known is None or known.phase != wanted.phase else None
    if entered in workflow.rules.closing_phases and epic.is_open:
        progress = progress.with_open(progress.current(epic), False, reason)
    return progress


def _with_phase(progress: Progress, known: AcceptedPhase) -> Progress:
    """Return the progress with the accepted phase as a fact for gates and alarms."""
    return replace(progress, facts=replace(progress.facts, phase=known.phase))
