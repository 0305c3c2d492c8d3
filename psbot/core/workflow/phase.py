"""The engagement's phase: what facts move, and what people have moved, judged by the table."""

from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.facts import Facts, Hand, Standing
from psbot.core.model.item import Item
from psbot.core.model.workflow import OnIllegal
from psbot.core.notices.notice import TAKEN_BACK
from psbot.core.records.phase import Accepted, accepted, remembering
from psbot.core.text.marker import Marker
from psbot.core.workflow.permission import refused
from psbot.core.workflow.progress import Progress
from psbot.core.workflow.transition import Move, Outcome, Verdict, chain, decide


@dataclass(frozen=True, slots=True)
class Way:
    """How an engagement comes from ``start``, the phase psbot accepted last, to ``accepted``, by which verdicts."""

    start: Accepted
    accepted: Accepted
    verdicts: tuple[Verdict, ...] = ()

    @property
    def phases(self) -> tuple[str, ...]:
        """Return the phases it went through, in order."""
        return tuple(each.phase for each in self.verdicts if each.outcome is Outcome.MOVE)

    @property
    def reason(self) -> str:
        """Say why it moved."""
        return "; ".join(
            each.reasons[-1] for each in self.verdicts if each.outcome is Outcome.MOVE and each.reasons
        )

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose histories would tell more."""
        return frozenset[str]().union(*(each.needs for each in self.verdicts))


def moved(progress: Progress) -> Progress:
    """Return the progress after which the epic's phase is what facts and those who may move it say."""
    facts, epic = progress.facts, progress.facts.observed.epic
    if epic is None:
        return progress
    shown = facts.process.catalogue.values("phase", epic.labels)
    known = accepted(epic, facts.process.workflow)
    if known is None:
        known, needs = _first_seen(epic, shown, facts)
        progress = progress.asking(needs)
    if known is None:
        return progress.finding("no-phase", "the epic has no clear phase; set its label", epic)
    way = onward(known, facts)
    progress = _said(progress, epic, way)
    if len(shown) > 1:
        return _at(progress, known)  # which of them is newer could not be checked, and was said
    if shown and shown[0] in (known.phase, *way.phases):
        return _arrived(progress, epic, way)
    return _judged(progress, epic, way, shown[0] if shown else None)


def _said(progress: Progress, epic: Item, way: Way) -> Progress:
    """Say what stands in the way and should be known: what could not be checked, and what does not count."""
    last = way.verdicts[-1]
    if last.outcome is Outcome.UNKNOWN:
        return progress.unchecked("; ".join(last.reasons), epic, last.needs)
    return refused(progress, last.disputes)


def onward(known: Accepted, facts: Facts) -> Way:
    """Return the way that facts alone lead from what is accepted."""
    start, verdicts = known, chain(known.phase, facts)
    for verdict in verdicts:
        if verdict.outcome is Outcome.MOVE:
            known = known.then(verdict.phase, facts.today)
    return Way(start, known, verdicts)


def _first_seen(epic: Item, shown: list[str], facts: Facts) -> tuple[Accepted | None, frozenset[str]]:
    """Return the phase the label shows where the marker remembers none: nobody can say that it was moved.

    The items are those whose histories would tell since when.
    """
    if len(shown) != 1 or shown[0] not in facts.process.workflow.phases:
        return None, frozenset()
    hand = facts.labelled_by(epic, [facts.process.catalogue.title("phase", shown[0])])
    return Accepted(shown[0], facts.engagement.today(hand.at or facts.now)), hand.needs


def _judged(progress: Progress, epic: Item, way: Way, shown: str | None) -> Progress:
    """Judge a phase that somebody has set: it may lead on from any phase that facts lead through."""
    facts = progress.facts
    move = Move(shown, _mover(facts, epic, shown))
    places = [way.start.phase, *way.phases]
    befores = [way.start.before, *places]
    verdicts = [
        decide(place, move, facts, before)
        for place, before in reversed(list(zip(places, befores, strict=False)))
    ]
    verdict = next((each for each in verdicts if each.outcome is Outcome.MOVE), verdicts[0])
    progress = progress.asking(verdict.needs | way.needs)
    match verdict.outcome:
        case Outcome.MOVE:
            left = places[len(places) - 1 - verdicts.index(verdict)]
            since = facts.engagement.today(move.hand.at or facts.now)
            on = onward(_through(way, left, facts.today).then(verdict.phase, since), facts)
            return _arrived(progress, epic, replace(on, verdicts=(verdict, *on.verdicts)))
        case Outcome.UNKNOWN:
            return _at(progress.unchecked("; ".join(verdict.reasons), epic, verdict.needs), way.start)
        case _:
            return _illegal(progress, epic, way, verdict, move.hand)


def _through(way: Way, phase: str, today: date) -> Accepted:
    """Return what is accepted where *way* has come to *phase*."""
    known = way.start
    for each in way.phases:
        if known.phase == phase:
            break
        known = known.then(each, today)
    return known


def _mover(facts: Facts, epic: Item, shown: str | None) -> Hand:
    """Return who set the phase that the epic shows, or took away the one it had."""
    catalogue, workflow = facts.process.catalogue, facts.process.workflow
    history = facts.history(epic)
    if shown is not None:
        return facts.labelled_by(epic, [f"{catalogue.scopes['phase'].name}::{shown}"])
    titles = [catalogue.title("phase", phase) for phase in workflow.phases]
    event = history.last_label(titles, is_added=False) if history else None
    return facts.hand(event) if event else facts.labelled_by(epic, [])


def _illegal(progress: Progress, epic: Item, way: Way, verdict: Verdict, hand: Hand) -> Progress:
    """Report an illegal move; what an outsider set gives way to facts, what people set stays unless restored."""
    facts = progress.facts
    is_restored = facts.process.workflow.table.on_illegal is OnIllegal.RESTORE
    is_left = not is_restored and not (hand.standing is Standing.OUTSIDER and way.phases)
    counts = way.start if is_left else way.accepted
    said = "; ".join((*verdict.reasons, f"it counts as {counts.phase}"))
    progress = progress.finding("illegal-phase", said if is_left else f"{TAKEN_BACK}{said}", epic)
    return _at(progress, counts) if is_left else _arrived(progress, epic, way, "; ".join(verdict.reasons))


def _arrived(progress: Progress, epic: Item, way: Way, why: str = "") -> Progress:
    """Return the progress after which label and marker say where the engagement is; an end closes the epic."""
    facts, wanted = progress.facts, way.accepted
    workflow = facts.process.workflow
    known = accepted(epic, workflow)
    progress = _at(progress, wanted).asking(way.needs)
    reason = way.reason or why or "psbot remembers the phase that the label shows"
    if facts.process.catalogue.values("phase", epic.labels) != [wanted.phase]:
        progress = progress.relabelled(epic, "phase", wanted.phase, reason)
    if known != wanted:
        marker = Marker(facts.engagement.key, epic.key)
        progress = progress.becomes(remembering(progress.item(epic), wanted, marker), reason)
    entered = wanted.phase if known is None or known.phase != wanted.phase else None
    if entered in workflow.table.closing_phases and epic.is_open:
        progress = progress.switched(progress.item(epic), False, reason)
    return progress


def _at(progress: Progress, known: Accepted) -> Progress:
    """Return the progress with the accepted phase as a fact for gates and alarms."""
    return replace(progress, facts=replace(progress.facts, phase=known.phase))
