"""advance(facts, words) → the plan that moves an engagement on, as far as facts and people allow.

Level-triggered: it looks at what is, never at what happened since the last run, so a missed run changes nothing in the
end and a second one writes nothing.
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
from psbot.core.plan.obsolete import OBSOLETE_KEPT
from psbot.core.plan.plan import Plan, build_plan, sort_operations
from psbot.core.text import marker as markers
from psbot.core.workflow.acceptance import run_acceptance_clock
from psbot.core.workflow.action_items import check_action_items, create_action_items
from psbot.core.workflow.carry_over import carry_over_tasks
from psbot.core.workflow.change_requests import advance_change_requests
from psbot.core.workflow.consistency import reconcile_state, set_initial_labels
from psbot.core.workflow.gates import close_finished, open_gates, raise_alarms
from psbot.core.workflow.phase import advance_phase
from psbot.core.workflow.progress import Progress, operations_between

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
    """What has to be read before advancing: the histories of these items, and the notices of the log."""

    items: frozenset[str]
    notices: bool


def apply_rules(facts: Facts) -> Progress:
    """Return how far the engagement gets: every rule in turn, each on what the ones before it made."""
    progress = Progress(facts)
    for stage in RULES:
        progress = stage(progress)
    return progress


def needed_reads(facts: Facts) -> NeededReads:
    """Return what else would make a difference; ask again with it, until nothing is needed.

    It presumes that all who acted may act, so that histories are read only where a rule hangs on them and would
    apply.
    """
    progress = apply_rules(replace(facts, assume_authorized=True))
    log = facts.log
    is_told = bool(_findings_for_log(progress)) or (log is not None and _may_have_notices(log))
    telling, found = (
        items_with_needed_history(progress.facts.observed, facts.process),
        facts.observed.by_key(),
    )
    told = {key for key in telling if facts.missing_history(found[key])}
    return NeededReads(progress.needs | told, is_told and facts.histories.notices is None)


def advance(facts: Facts, templates: Renderer) -> Plan:
    """Return the operations that move the engagement on: labels, open flags, what is due, managed text, notices.

    Title, dates and assignee are never touched, and an epic is never made.
    """
    engagement, process, epic = facts.engagement, facts.process, facts.observed.epic
    if epic is None:
        finding = Finding("not-in-gitlab", Severity.INFO, "it has no epic yet; apply the engagement file")
        return Plan(engagement.key, findings=(finding,))
    progress = _remember_notices(apply_rules(facts))
    after = progress.facts.observed
    wanted = build_desired(
        engagement, process, facts.now, templates, after, histories=progress.facts.histories.by_item
    )
    # An epic that is closed in this run gets its last overview with it.
    structure = build_plan(engagement, wanted, _keep_epic_open(after, epic), process)
    decided: list[Operation] = [
        *operations_between(facts.observed, after, progress.reasons),
        *_structure_operations(structure, progress, facts.observed),
        *create_action_items(Context(engagement, process, facts.today), after.by_key(), templates),
        *_post_notices(progress, facts),
    ]
    # Alarms are progress's to judge; who worked on what the file no longer has is read by apply alone.
    not_ours = {OBSOLETE_KEPT} | {alarm.code for alarm in process.workflow.rules.alarms}
    known = [each for each in structure.findings if each.code not in not_ours]
    return Plan(
        engagement.key,
        sort_operations(decided),
        findings=tuple(sorted({*progress.findings, *known}, key=str)),
        open_items=structure.open_items,
    )


def _keep_epic_open(after: Snapshot, epic: Item) -> Snapshot:
    return replace(after, epic=replace(after.epic, is_open=epic.is_open)) if after.epic else after


def _structure_operations(
    structure_plan: Plan, progress: Progress, observed: Snapshot
) -> Iterator[Operation]:
    """Yield what time and progress alone make of the structure; what the file decides is left to apply."""
    facts = progress.facts
    created = [each.item for each in structure_plan.operations if isinstance(each, CreateChild)]
    carry = carry_over_tasks(created, facts.observed.by_key(), facts.process, facts.today)
    texts: dict[str, Redescribe] = {}
    for operation in structure_plan.operations:
        match operation:
            case CreateLabel():
                yield operation
            case CreateChild(item=item):
                yield replace(operation, item=carry.get(item.key, item))
            case Redescribe():
                texts[operation.item.key] = operation
            case Close(duplicate_of=Item()):
                yield operation
            case Close(item=item) if _is_resolved_by_file(item, facts):
                yield replace(operation, item=observed.by_key()[item.key])
            case _:
                pass
    for key, item in observed.by_key().items():
        yield from _update_description(item, carry.get(key, progress.current(item)), texts.get(key))


def _is_resolved_by_file(item: Item, facts: Facts) -> bool:
    """Tell whether the file has answered what the item asked for, so that it is done rather than unwanted."""
    kind = facts.process.kinds.get(item.kind)
    return kind is not None and kind.when_unwanted is not None


def _update_description(item: Item, after: Item, text: Redescribe | None) -> Iterator[Redescribe]:
    """Yield the one change of a description: managed sections, the marker's memory, the place under the epic."""
    have, wanted = markers.managed_sections(item.description), markers.managed_sections(after.description)
    sections = {name: words for name, words in wanted.items() if have.get(name) != words}
    note = after.marker if after.marker != item.marker else None
    marker = str(note) if note else (text.marker if text else None)
    sections |= dict(text.sections) if text else {}
    parent = text.parent if text else None
    if sections or marker or parent:
        reason = (
            text.reason if text and text.reason else "psbot remembers what it has accepted or carried over"
        )
        yield Redescribe(item, sections, marker, reason, parent)


def _remember_notices(progress: Progress) -> Progress:
    """Return the progress after which the log's marker tells that notices may stand there, to be read and resolved."""
    log = progress.facts.log
    if log is None or progress.facts.histories.notices is None:
        return progress
    is_remembered = log.marker is not None and MEMORY_KEY in log.marker.memory
    if is_remembered or not (_findings_for_log(progress) or _may_have_notices(log)):
        return progress
    after = log.remember(progress.facts.engagement.key, {MEMORY_KEY: "posted"})
    return progress.with_item(after, "it has notices")


def _may_have_notices(log: Item) -> bool:
    """Tell whether notices may stand on *log*: its marker says so, or has forgotten all, for somebody removed it."""
    return log.marker is None or not log.marker.memory or MEMORY_KEY in log.marker.memory


def _findings_for_log(progress: Progress) -> list[Finding]:
    """Return the findings that people should find in the log; what could not be checked is tried again instead."""
    return [each for each in progress.findings if each.code != UNCHECKED]


def _post_notices(progress: Progress, facts: Facts) -> Iterator[PostNotice]:
    log = facts.log
    if log is not None and facts.histories.notices is not None:
        unchecked = {each.item for each in progress.findings if each.code == UNCHECKED and each.item}
        yield from plan_notices(log, _findings_for_log(progress), facts.histories.notices, unchecked)
