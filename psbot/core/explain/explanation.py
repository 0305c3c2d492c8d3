"""What psbot knows of one item, which rule applies to it or does not, and what the next runs would do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psbot.core.explain import recognition
from psbot.core.explain.rules import reasons
from psbot.core.explain.statement import Notes, Point, Says
from psbot.core.model.facts import Facts, Hand, Standing
from psbot.core.model.finding import Finding
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateLabel, ItemOperation
from psbot.core.model.process import EPIC
from psbot.core.model.work_item import Sighting
from psbot.core.plan.plan import Plan
from psbot.core.records.ownership import Kept
from psbot.core.records.phase import accepted

_STANDINGS = {
    Standing.MACHINE: "a machine",
    Standing.MANAGER: "the manager",
    Standing.PEOPLE: "one of people:",
    Standing.OUTSIDER: "who is not in people:",
}


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
    notes = Notes()
    what = tuple(_what(subject, notes))
    item = subject.item
    is_first = item is None or not _is_duplicate(item, subject.facts)
    why = tuple(reasons(subject.key, item, subject.facts, notes)) if is_first else ()
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


def _is_duplicate(item: Item, facts: Facts) -> bool:
    first = facts.observed.by_key().get(item.key, item)
    return not recognition.is_same(first, item.namespace, item.iid)


def _is_named(sighting: Sighting, message: str) -> bool:
    return re.search(rf"(?<![\w./-]){re.escape(sighting.reference)}(?!\d)", message) is not None


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
        findings=tuple(each for each in _all_findings(subject) if _is_named(sighting, each.message)),
    )


# What


def _what(subject: Subject, notes: Notes) -> Iterator[Point]:
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


def _phase(epic: Item, facts: Facts, notes: Notes) -> Iterator[Point]:
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


def _state(item: Item, facts: Facts, notes: Notes) -> Iterator[Point]:
    shown = facts.process.catalogue.values("state", item.labels)
    yield Point("state", f"{_listed(shown)}{_set_by(item, 'state', shown, facts, notes)}")
    if not item.is_open:
        yield Point("closed", f"it was closed{_by(facts.closed_by(item), notes)}")
    due = f"due {item.due_on}" if item.due_on else "no due date"
    yield Point("due", f"{due}, {f'for {item.assignee}' if item.assignee else 'for nobody'}")


def _listed(values: list[str]) -> str:
    return " and ".join(values) or "none"


def _set_by(item: Item, purpose: str, shown: list[str], facts: Facts, notes: Notes) -> str:
    scope = facts.process.catalogue.scopes[purpose].name
    titles = [f"{scope}::{value}" for value in shown]
    return f", set{_by(facts.labelled_by(item, titles), notes)}" if shown else ""


def _by(hand: Hand, notes: Notes) -> str:
    notes.needs |= hand.needs
    if hand.standing is Standing.UNKNOWN:
        return f"; psbot could not check by whom{f', {hand.name}' if hand.at else ''}"
    return f" by {hand.name}, {_STANDINGS[hand.standing]}{f', on {hand.at:%Y-%m-%d}' if hand.at else ''}"


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
    """Return what both commands find; alarms, which may be excused, are advance's to judge where it can."""
    alarms = {alarm.code for alarm in subject.facts.process.workflow.table.alarms}
    left = alarms if subject.facts.observed.epic else set()
    applied = {each for each in subject.apply.findings if each.code not in left}
    return sorted({*applied, *subject.advance.findings}, key=str)


def _findings(subject: Subject) -> tuple[Finding, ...]:
    """Return what people should know of the item; what is about none is about the epic."""
    mine = (subject.key, None) if subject.key == EPIC else (subject.key,)
    return tuple(each for each in _all_findings(subject) if each.item in mine)
