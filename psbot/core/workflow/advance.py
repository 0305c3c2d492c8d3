"""Advances an engagement: applies the rules in order and returns the plan of ``psbot advance``.

It looks at the current state only, never at what happened since the last run. A missed run therefore changes nothing
in the end, and a second run writes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from psbot.core.desired.build import Renderer, build_desired
from psbot.core.desired.schedule import Context
from psbot.core.desired.wrap_up import items_with_needed_history
from psbot.core.model.facts import Facts
from psbot.core.model.finding import UNCHECKED, Finding, Severity
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.operations import Close, CreateChild, CreateLabel, Operation, PostNotice, Redescribe
from psbot.core.notices.notice import MEMORY_KEY, plan_notices
from psbot.core.notices.unreadable import find_unreadable
from psbot.core.plan.plan import Plan, build_plan, sort_operations
from psbot.core.plan.unlisted import OBSOLETE_KEPT
from psbot.core.text import marker as markers
from psbot.core.workflow.acceptance import run_acceptance_clock
from psbot.core.workflow.action_items import check_action_items, create_action_items
from psbot.core.workflow.carry_over import carry_over_tasks
from psbot.core.workflow.change_requests import advance_change_requests
from psbot.core.workflow.consistency import reconcile_state, set_initial_labels
from psbot.core.workflow.gates import close_finished, open_gates, raise_alarms
from psbot.core.workflow.phase import advance_phase
from psbot.core.workflow.progress import Progress

RULES = (
    set_initial_labels,
    reconcile_state,
    run_acceptance_clock,
    advance_change_requests,
    advance_phase,
    open_gates,
    close_finished,
    check_action_items,
    raise_alarms,
)


@dataclass(frozen=True, slots=True)
class NeededReads:
    """What must be read before advancing: the histories of these items, and whether the notices of the log."""

    items: frozenset[str]
    notices: bool


def apply_rules(facts: Facts) -> Progress:
    """Return how far the engagement gets: every rule in turn, each on the result of those before it."""
    progress = Progress(facts)
    for rule in RULES:
        progress = rule(progress)
    return progress


def needed_reads(facts: Facts) -> NeededReads:
    """Return what else must be read; call it again with that, until nothing is needed.

    It assumes that everybody was authorized, so histories are read only where a rule would apply and depends on them.
    """
    progress = apply_rules(replace(facts, assume_authorized=True))
    log = facts.log
    has_notices = bool(_findings_for_log(progress)) or (log is not None and _may_have_notices(log))
    observed = facts.observed.by_key()
    wrap_up = items_with_needed_history(progress.facts.observed, facts.process)
    unread = {key for key in wrap_up if facts.missing_history(observed[key])}
    return NeededReads(progress.needs | unread, has_notices and facts.histories.notices is None)


def advance(facts: Facts, templates: Renderer) -> Plan:
    """Return the plan: labels, open flags, items that are due, managed sections and notices.

    Titles, dates and assignees never change, and an epic is never created.
    """
    engagement, process, epic = facts.engagement, facts.process, facts.observed.epic
    if epic is None:
        finding = Finding("not-in-gitlab", Severity.INFO, "no epic yet; run `psbot apply` first")
        return Plan(engagement.key, findings=(finding,))
    progress = _remember_notices(apply_rules(facts))
    after = progress.facts.observed
    desired = build_desired(
        engagement, process, facts.now, templates, after, histories=progress.facts.histories.by_item
    )
    # An epic that is closed in this run still gets its last overview.
    structure = build_plan(engagement, desired, _keep_epic_open(after, epic), process)
    decided: list[Operation] = [
        *progress.operations_since(facts.observed),
        *_structure_operations(structure, progress, facts.observed),
        *create_action_items(Context(engagement, process, facts.today), after.by_key(), templates),
        *_post_notices(progress, facts),
    ]
    # Alarms are raised by the rules above; only apply reads who edited items that the file no longer has.
    other_codes = {OBSOLETE_KEPT} | {alarm.code for alarm in process.workflow.rules.alarms}
    known = [each for each in structure.findings if each.code not in other_codes]
    return Plan(
        engagement.key,
        sort_operations(decided),
        findings=tuple(sorted({*progress.findings, *known, *find_unreadable(facts.histories)}, key=str)),
        open_items=structure.open_items,
    )


def _keep_epic_open(after: Snapshot, epic: Item) -> Snapshot:
    return replace(after, epic=replace(after.epic, is_open=epic.is_open)) if after.epic else after


def _structure_operations(
    structure_plan: Plan, progress: Progress, observed: Snapshot
) -> Iterator[Operation]:
    """Yield the operations that follow from time and progress; what the file decides is left to ``apply``."""
    facts = progress.facts
    created = [each.item for each in structure_plan.operations if isinstance(each, CreateChild)]
    carried = carry_over_tasks(created, facts.observed.by_key(), facts.process, facts.today)
    descriptions: dict[str, Redescribe] = {}
    for operation in structure_plan.operations:
        match operation:
            case CreateLabel():
                yield operation
            case CreateChild(item=item):
                yield replace(operation, item=carried.get(item.key, item))
            case Redescribe():
                descriptions[operation.item.key] = operation
            case Close(duplicate_of=Item()):
                yield operation
            case Close(item=item) if _is_resolved_by_file(item, facts):
                yield replace(operation, item=observed.by_key()[item.key])
            case _:
                pass
    for key, item in observed.by_key().items():
        yield from _update_description(item, carried.get(key, progress.current(item)), descriptions.get(key))


def _is_resolved_by_file(item: Item, facts: Facts) -> bool:
    """Tell whether the file now contains what the item asked for, so that it is done and not obsolete."""
    kind = facts.process.kinds.get(item.kind)
    return kind is not None and kind.when_unwanted is not None


def _update_description(item: Item, after: Item, planned: Redescribe | None) -> Iterator[Redescribe]:
    """Yield the one change of a description: managed sections, marker and parent."""
    before = markers.managed_sections(item.description)
    sections = {
        name: text
        for name, text in markers.managed_sections(after.description).items()
        if before.get(name) != text
    }
    new_marker = after.marker if after.marker != item.marker else None
    marker = str(new_marker) if new_marker else (planned.marker if planned else None)
    sections |= dict(planned.sections) if planned else {}
    parent = planned.parent if planned else None
    if sections or marker or parent:
        reason = (
            planned.reason
            if planned and planned.reason
            else "psbot records what it has accepted or carried over"
        )
        yield Redescribe(item, sections, marker, reason, parent)


def _remember_notices(progress: Progress) -> Progress:
    """Record in the log's marker that it may have notices, so that later runs read and resolve them."""
    log = progress.facts.log
    if log is None or progress.facts.histories.notices is None:
        return progress
    is_recorded = log.marker is not None and MEMORY_KEY in log.marker.memory
    if is_recorded or not (_findings_for_log(progress) or _may_have_notices(log)):
        return progress
    after = log.with_memory(progress.facts.engagement.key, {MEMORY_KEY: "posted"})
    return progress.with_item(after, "the log has notices")


def _may_have_notices(log: Item) -> bool:
    """Tell whether *log* may have notices: its marker records it, or was removed or emptied by a person."""
    return log.marker is None or not log.marker.memory or MEMORY_KEY in log.marker.memory


def _findings_for_log(progress: Progress) -> list[Finding]:
    """Return the findings to post in the log; what could not be checked is checked again in the next run."""
    return [each for each in progress.findings if each.code != UNCHECKED]


def _post_notices(progress: Progress, facts: Facts) -> Iterator[PostNotice]:
    log = facts.log
    if log is not None and facts.histories.notices is not None:
        unchecked = {each.item for each in progress.findings if each.code == UNCHECKED and each.item}
        yield from plan_notices(log, _findings_for_log(progress), facts.histories.notices, unchecked)
