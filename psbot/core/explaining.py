"""What psbot knows of one item, which rule applies to it or does not, and what the next runs would do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from psbot.core import recognition
from psbot.core.acceptance import accepted_on, clocked, sent_on
from psbot.core.coherence import coherent
from psbot.core.findings import Finding
from psbot.core.guards import ACCEPTED, GUARDS, Answer, Argument, ask, by_hand
from psbot.core.history import Facts, Hand, Standing
from psbot.core.identity import Sighting
from psbot.core.model import Item
from psbot.core.operations import CreateLabel, ItemOperation
from psbot.core.ownership import Kept
from psbot.core.phases import accepted
from psbot.core.plan import Plan
from psbot.core.process import EPIC, Kind
from psbot.core.progress import Progress
from psbot.core.table import Condition, Role, Transition
from psbot.core.wanting import kind_of, wanted

_STANDINGS = {
    Standing.MACHINE: "a machine",
    Standing.MANAGER: "the manager",
    Standing.PEOPLE: "one of people:",
    Standing.OUTSIDER: "who is not in people:",
}
_MAY = {Role.MANAGER: "the manager may do it by hand", Role.PEOPLE: "one of people: may do it by hand"}


class Says(StrEnum):
    """What a point says; "could not check" is an answer of its own, and some points are no judgement."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "could not check"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to know: what it is about, the words, the answer where it is one, and what that is made of."""

    about: str
    text: str
    says: Says = Says.TOLD
    parts: tuple["Point", ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The item that is to be explained, and all that was found: it or a sighting is None where there is none.

    ``apply`` and ``advance`` are what the two commands would do with the whole engagement.
    """

    key: str
    facts: Facts
    apply: Plan
    advance: Plan
    item: Item | None = None
    sighting: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say of one item; ``key`` is None, and so may the engagement be, where it is none of psbot's.

    ``needs`` are the keys of items whose histories would tell more.
    """

    engagement: str | None
    key: str | None
    reference: str | None
    title: str | None
    url: str | None
    what: tuple[Point, ...]
    why: tuple[Point, ...] = ()
    apply: tuple[ItemOperation, ...] = ()
    advance: tuple[ItemOperation, ...] = ()
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: frozenset[str] = frozenset()


def explained(subject: Subject) -> Explanation:
    """Return what there is to say of *subject*."""
    if subject.item is None and subject.sighting is not None:
        return _foreign(subject, subject.sighting)
    notes = _Notes()
    what = tuple(_what(subject, notes))
    why = tuple(_why(subject, notes))
    item = subject.item
    return Explanation(
        engagement=subject.facts.engagement.key,
        key=subject.key,
        reference=recognition.reference(item) if item else None,
        title=item.title if item else None,
        url=item.url if item else None,
        what=what,
        why=why,
        apply=tuple(_about(subject, subject.apply)),
        advance=tuple(_about(subject, subject.advance)),
        kept=tuple(each for each in subject.apply.kept if each.item == subject.key),
        findings=_findings(subject),
        needs=notes.needs,
    )


def stranger(sighting: Sighting) -> Explanation:
    """Return what there is to say of an item that belongs to no engagement."""
    said = Point("item", recognition.unknown(sighting), Says.NO)
    return Explanation(None, None, sighting.reference, sighting.title, sighting.url, (said,))


class _Notes:
    """The histories that points asked for on the way."""

    def __init__(self) -> None:
        self.needs = frozenset[str]()

    def point(self, about: str, answer: Answer, text: str = "", parts: Iterable[Point] = ()) -> Point:
        self.needs |= answer.needs
        return Point(about, text or answer.reason, _says(answer.holds), tuple(parts))


def _says(holds: bool | None) -> Says:
    if holds is None:
        return Says.UNKNOWN
    return Says.YES if holds else Says.NO


def _is_duplicate(item: Item, facts: Facts) -> bool:
    first = facts.observed.by_key().get(item.key, item)
    return not recognition.is_same(first, item.namespace, item.iid)


def _settled(facts: Facts) -> Facts:
    """Return the facts that phases and gates are judged by: after advance has made labels and flags coherent."""
    return replace(clocked(coherent(Progress(facts))).facts, phase=_where(facts))


def _where(facts: Facts) -> str | None:
    """Return the phase that psbot has accepted, else the one that the epic shows."""
    epic, process = facts.observed.epic, facts.process
    if known := accepted(epic, process.workflow):
        return known.phase
    return process.catalogue.value("phase", epic.labels) if epic else None


def _foreign(subject: Subject, sighting: Sighting) -> Explanation:
    """Explain an item that does not count; what psbot tells people of it is among the findings."""
    facts = subject.facts
    reason = recognition.why_not(sighting, facts.engagement, facts.process, facts.observed)
    return Explanation(
        engagement=facts.engagement.key,
        key=None,
        reference=sighting.reference,
        title=sighting.title,
        url=sighting.url,
        what=(Point("item", reason, Says.NO),),
        findings=tuple(each for each in _all_findings(subject) if sighting.reference in each.message),
    )


# What


def _what(subject: Subject, notes: _Notes) -> Iterator[Point]:
    facts, item = subject.facts, subject.item
    if item is None:
        yield Point("item", f"{subject.key} of {facts.engagement.key} is not in GitLab", Says.NO)
        return
    if _is_duplicate(item, facts):
        first = facts.observed.by_key()[item.key]
        yield Point("item", recognition.why_duplicate(item, first), Says.NO)
        return
    yield Point("item", recognition.recognised(item, facts.engagement, facts.process), Says.YES)
    if item.is_adrift:
        yield Point("place", "it does not hang under the epic; apply puts it there", Says.NO)
    yield from _phase(item, facts, notes) if item.is_epic else _state(item, facts, notes)


def _phase(epic: Item, facts: Facts, notes: _Notes) -> Iterator[Point]:
    process = facts.process
    shown = process.catalogue.values("phase", epic.labels)
    known = accepted(epic, process.workflow)
    if known is None:
        yield Point("phase", f"psbot remembers none; the label shows {_listed(shown)}", Says.UNKNOWN)
        return
    after = f", after {known.before}" if known.before else ""
    yield Point("phase", f"{known.phase} since {known.since}{after}, which psbot has accepted")
    if shown != [known.phase]:
        yield Point("label", f"it shows {_listed(shown)}{_set_by(epic, 'phase', shown, facts, notes)}")


def _state(item: Item, facts: Facts, notes: _Notes) -> Iterator[Point]:
    shown = facts.process.catalogue.values("state", item.labels)
    yield Point("state", f"{_listed(shown)}{_set_by(item, 'state', shown, facts, notes)}")
    if not item.is_open:
        yield Point("closed", f"it was closed{_by(facts.closed_by(item), notes)}")
    due = f"due {item.due_on}" if item.due_on else "no due date"
    yield Point("due", f"{due}, {f'for {item.assignee}' if item.assignee else 'for nobody'}")


def _listed(values: list[str]) -> str:
    return " and ".join(values) or "none"


def _set_by(item: Item, purpose: str, shown: list[str], facts: Facts, notes: _Notes) -> str:
    scope = facts.process.catalogue.scopes[purpose].name
    titles = [f"{scope}::{value}" for value in shown]
    return f", set{_by(facts.labelled_by(item, titles), notes)}" if shown else ""


def _by(hand: Hand, notes: _Notes) -> str:
    notes.needs |= hand.needs
    if hand.standing is Standing.UNKNOWN:
        return f"; psbot could not check by whom{f', {hand.name}' if hand.at else ''}"
    return f" by {hand.name}, {_STANDINGS[hand.standing]}{f', on {hand.at:%Y-%m-%d}' if hand.at else ''}"


# Why


def _why(subject: Subject, notes: _Notes) -> Iterator[Point]:
    item = subject.item
    if item is not None and _is_duplicate(item, subject.facts):
        return
    facts = _settled(subject.facts)
    if subject.key == EPIC and item is not None:
        yield from _transitions(facts, notes)
        return
    kind = kind_of(subject.key, facts.process)
    if kind is None:
        return
    if facts.phase in facts.process.workflow.final_phases and item is not None:
        yield Point("over", f"the engagement is {facts.phase}; psbot leaves it as it is", Says.NO)
    yield notes.point("wanted", wanted(subject.key, kind, facts))
    if item is not None:
        yield from _gate(item, facts, notes)
        yield from _clock(item, kind, subject.facts, notes)
    yield from _waiting(kind, facts, notes)


def _transitions(facts: Facts, notes: _Notes) -> Iterator[Point]:
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


def _transition(rule: Transition, phase: str, before: str | None, facts: Facts, notes: _Notes) -> Point:
    way = f"{phase} → {rule.to or f'back to {before}' if before or rule.to else 'back'}"
    may = [Point("hand", _MAY[rule.by])] if rule.by else []
    if not rule.when:
        return Point("moves", f"{way}: {_MAY[rule.by]}" if rule.by else way)
    guards = [_guard(each, facts, None, notes) for each in rule.when]
    return Point("moves", way, _all(guards), (*guards, *may))


def _guard(condition: Condition, facts: Facts, item: Item | None, notes: _Notes) -> Point:
    return notes.point("guard", ask(condition, facts, item))


def _all(points: list[Point]) -> Says:
    """Return one answer: no if one says no, could not check if one could not, else yes."""
    said = {each.says for each in points}
    return next((each for each in (Says.NO, Says.UNKNOWN) if each in said), Says.YES)


def _gate(item: Item, facts: Facts, notes: _Notes) -> Iterator[Point]:
    workflow = facts.process.workflow
    if item.kind not in workflow.table.gates:
        return
    guards = [_guard(each, facts, item, notes) for each in workflow.table.gates[item.kind]]
    is_blocked = facts.state(item) == workflow.blocked_state
    blocked, opened = workflow.blocked_state, workflow.open_state
    text = f"it is {blocked}, and {opened} once this holds" if is_blocked else f"it is not {blocked} any more"
    yield Point("gate", text, _all(guards), tuple(guards))


def _clock(item: Item, kind: Kind, facts: Facts, notes: _Notes) -> Iterator[Point]:
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


def _waiting(kind: Kind, facts: Facts, notes: _Notes) -> Iterator[Point]:
    """Yield what waits for items of *kind*: transitions and gates that name it."""
    table = facts.process.workflow.table
    rules = [(f"{', '.join(rule.sources)} → {rule.to or 'back'}", rule.when) for rule in table.transitions]
    rules += [(f"the gate of {gated}", conditions) for gated, conditions in table.gates.items()]
    for name, conditions in rules:
        for condition in conditions:
            if any(_names(part, kind) for part in condition.parts()):
                answer = ask(condition, facts)
                yield notes.point("awaited", answer, f"{name} waits for it: {answer.reason}")


def _names(condition: Condition, kind: Kind) -> bool:
    takes = GUARDS[condition.guard].takes if condition.guard else Argument.NOTHING
    return takes is Argument.KIND and condition.argument == kind.name


# Next


def _about(subject: Subject, plan: Plan) -> Iterator[ItemOperation]:
    """Yield the operations of *plan* on the item, or those that would make it."""
    for operation in plan.operations:
        if isinstance(operation, CreateLabel) or operation.item.key != subject.key:
            continue
        found = subject.item
        if found is None or recognition.is_same(operation.item, found.namespace, found.iid):
            yield operation


def _all_findings(subject: Subject) -> list[Finding]:
    return sorted({*subject.apply.findings, *subject.advance.findings}, key=str)


def _findings(subject: Subject) -> tuple[Finding, ...]:
    """Return what people should know of the item; what is about none is about the epic."""
    mine = (subject.key, None) if subject.key == EPIC else (subject.key,)
    return tuple(each for each in _all_findings(subject) if each.item in mine)
