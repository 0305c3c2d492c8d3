"""Explain one item: what psbot knows about it, which rules apply, and what the next runs would do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psbot.core.explain import recognition
from psbot.core.explain.rules import rule_statements
from psbot.core.explain.statement import Statement, StatementCollector, Truth
from psbot.core.model.facts import Actor, ActorRole, Facts
from psbot.core.model.finding import Finding
from psbot.core.model.item import Item
from psbot.core.model.operations import CreateLabel, ItemOperation
from psbot.core.model.process import EPIC
from psbot.core.model.work_item import WorkItem
from psbot.core.plan.plan import Plan
from psbot.core.records.ownership import KeptValue
from psbot.core.records.phase import accepted_phase

_ROLE_NAMES = {
    ActorRole.MACHINE: "machine account",
    ActorRole.MANAGER: "manager",
    ActorRole.PEOPLE: "listed under `people:`",
    ActorRole.OUTSIDER: "not listed under `people:`",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The item to explain, and the plans of ``apply`` and ``advance`` for the whole engagement.

    ``item`` is None where psbot has not matched one, ``work_item`` where GitLab has none.
    """

    key: str
    facts: Facts
    apply: Plan
    advance: Plan
    item: Item | None = None
    work_item: WorkItem | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one item; ``key``, and maybe ``engagement``, is None for one that psbot ignores.

    ``needs`` are the keys of items whose histories would answer what is still unknown.
    """

    engagement: str | None
    key: str | None
    reference: str | None
    title: str | None
    url: str | None
    what: tuple[Statement, ...]
    why: tuple[Statement, ...] = ()
    apply: tuple[ItemOperation, ...] = ()
    advance: tuple[ItemOperation, ...] = ()
    kept: tuple[KeptValue, ...] = ()
    findings: tuple[Finding, ...] = ()
    needs: frozenset[str] = frozenset()


def explain_item(subject: Subject) -> Explanation:
    """Return the explanation of *subject*."""
    if subject.item is None and subject.work_item is not None:
        return _explain_untrusted(subject, subject.work_item)
    collector = StatementCollector()
    what = tuple(_item_statements(subject, collector))
    item = subject.item
    is_first = item is None or not _is_duplicate(item, subject.facts)
    why = tuple(rule_statements(subject.key, item, subject.facts, collector)) if is_first else ()
    return Explanation(
        engagement=subject.facts.engagement.key,
        key=subject.key,
        reference=item.reference if item else None,
        title=item.title if item else None,
        url=item.url if item else None,
        what=what,
        why=why,
        apply=tuple(_operations_on_item(subject, subject.apply)),
        advance=tuple(_operations_on_item(subject, subject.advance)),
        kept=tuple(each for each in subject.apply.kept if each.item == subject.key),
        findings=_findings(subject),
        needs=collector.needs,
    )


def explain_unknown(work_item: WorkItem) -> Explanation:
    """Return the explanation of an item that belongs to no engagement."""
    statement = Statement("item", recognition.why_unknown(work_item), Truth.NO)
    return Explanation(None, None, work_item.reference, work_item.title, work_item.url, (statement,))


def _is_duplicate(item: Item, facts: Facts) -> bool:
    first = facts.observed.by_key().get(item.key, item)
    return not recognition.is_same_item(first, item.namespace, item.iid)


def _is_mentioned(work_item: WorkItem, message: str) -> bool:
    return re.search(rf"(?<![\w./-]){re.escape(work_item.reference)}(?!\d)", message) is not None


def _explain_untrusted(subject: Subject, work_item: WorkItem) -> Explanation:
    """Explain an item that psbot ignores, with the findings that mention it."""
    facts = subject.facts
    reason = recognition.why_not_recognised(work_item, facts.engagement, facts.process, facts.observed)
    return Explanation(
        engagement=facts.engagement.key,
        key=None,
        reference=work_item.reference,
        title=work_item.title,
        url=work_item.url,
        what=(Statement("item", reason, Truth.NO),),
        findings=tuple(each for each in _all_findings(subject) if _is_mentioned(work_item, each.message)),
    )


# What


def _item_statements(subject: Subject, collector: StatementCollector) -> Iterator[Statement]:
    facts, item = subject.facts, subject.item
    if item is None:
        yield Statement("item", f"{subject.key} of {facts.engagement.key} is not in GitLab", Truth.NO)
        return
    if _is_duplicate(item, facts):
        first = facts.observed.by_key()[item.key]
        yield Statement("item", recognition.why_duplicate(item, first), Truth.NO)
        return
    yield Statement(
        "item", recognition.describe_recognition(item, facts.engagement, facts.process), Truth.YES
    )
    if item.is_detached:
        yield Statement("place", "not a child of the epic; `apply` fixes this", Truth.NO)
    yield from (
        _phase_statements(item, facts, collector)
        if item.is_epic
        else _state_statements(item, facts, collector)
    )


def _phase_statements(epic: Item, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    process = facts.process
    shown = process.catalogue.values("phase", epic.labels)
    accepted = accepted_phase(epic, process.workflow)
    if accepted is None:
        yield Statement("phase", f"none accepted by psbot yet; the label shows {_join(shown)}", Truth.UNKNOWN)
        return
    after = f", after {accepted.previous}" if accepted.previous else ""
    yield Statement("phase", f"{accepted.phase} since {accepted.since}{after}, accepted by psbot")
    if shown != [accepted.phase]:
        yield Statement(
            "label", f"shows {_join(shown)}{_set_by_text(epic, 'phase', shown, facts, collector)}"
        )


def _state_statements(item: Item, facts: Facts, collector: StatementCollector) -> Iterator[Statement]:
    shown = facts.process.catalogue.values("state", item.labels)
    yield Statement("state", f"{_join(shown)}{_set_by_text(item, 'state', shown, facts, collector)}")
    if not item.is_open:
        yield Statement("closed", f"closed{_actor_text(facts.closed_by(item), collector)}")
    due = f"due {item.due_on}" if item.due_on else "no due date"
    yield Statement("due", f"{due}, {f'assigned to {item.assignee}' if item.assignee else 'unassigned'}")


def _join(values: list[str]) -> str:
    return " and ".join(values) or "none"


def _set_by_text(
    item: Item, purpose: str, shown: list[str], facts: Facts, collector: StatementCollector
) -> str:
    scope = facts.process.catalogue.scopes[purpose].name
    titles = [f"{scope}::{value}" for value in shown]
    return f", set{_actor_text(facts.labelled_by(item, titles), collector)}" if shown else ""


def _actor_text(actor: Actor, collector: StatementCollector) -> str:
    collector.needs |= actor.needs
    if actor.role is ActorRole.UNKNOWN:
        return f" by {actor.name if actor.at else 'an account'} that psbot could not check"
    return f" by {actor.name} ({_ROLE_NAMES[actor.role]}){f' on {actor.at:%Y-%m-%d}' if actor.at else ''}"


# Next


def _operations_on_item(subject: Subject, plan: Plan) -> Iterator[ItemOperation]:
    """Yield the operations of *plan* on the item, or those that would create it."""
    for operation in plan.operations:
        if isinstance(operation, CreateLabel) or operation.item.key != subject.key:
            continue
        item = subject.item
        if item is None or recognition.is_same_item(operation.item, item.namespace, item.iid):
            yield operation


def _all_findings(subject: Subject) -> list[Finding]:
    """Return the findings of both commands; where there is an epic, only `advance` decides on alarms."""
    alarms = {alarm.code for alarm in subject.facts.process.workflow.rules.alarms}
    left_out = alarms if subject.facts.observed.epic else set()
    applied = {each for each in subject.apply.findings if each.code not in left_out}
    return sorted({*applied, *subject.advance.findings}, key=str)


def _findings(subject: Subject) -> tuple[Finding, ...]:
    """Return the findings about the item; those without an item are about the epic."""
    keys = (subject.key, None) if subject.key == EPIC else (subject.key,)
    return tuple(each for each in _all_findings(subject) if each.item in keys)
