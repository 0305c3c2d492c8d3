"""Items that the engagement file does not have: adopt what people have created, close what is obsolete."""

from collections.abc import Iterator, Mapping

from psbot.core.desired.raid_log import initial_labels
from psbot.core.desired.schedule import is_applicable
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Desired, HumanActivity, Item, Snapshot
from psbot.core.model.labels import LabelDelta, replace_in_scope
from psbot.core.model.operations import Close, Operation, Redescribe, Relabel
from psbot.core.model.process import Kind, Process, Repeat
from psbot.core.plan.update import differing_sections, outdated_reason
from psbot.core.text.marker import Marker

OBSOLETE_KEPT = "obsolete-kept"  # the finding of an item that is no longer in the file but has been edited


def needs_activity_check(desired: Desired, observed: Snapshot, process: Process) -> tuple[Item, ...]:
    """Return the open items that psbot closes unless a person has edited them, where that is not known yet."""
    desired_items = desired.snapshot.by_key()
    obsolete = [
        item
        for key, item in observed.by_key().items()
        if key not in desired_items and item.is_open and _can_be_obsolete(item, process)
    ]
    duplicates = [item for item in observed.duplicates if item.is_created_by_machine]
    return tuple(item for item in (*obsolete, *duplicates) if item.human_activity is HumanActivity.UNKNOWN)


def plan_unlisted(
    engagement: Engagement, process: Process, item: Item, sections: Mapping[str, str]
) -> Iterator[Operation | Finding]:
    """Yield what happens to an open item that is not in the file; *sections* are those of one created on demand."""
    kind = process.kinds.get(item.kind)
    if kind is not None and kind.repeat is Repeat.ON_DEMAND:
        yield from _adopt(engagement, process, item, sections)
    elif kind is not None and _can_be_obsolete(item, process):
        yield _close_obsolete(engagement, process, item, kind)


def _adopt(
    engagement: Engagement, process: Process, item: Item, sections: Mapping[str, str]
) -> Iterator[Relabel | Redescribe]:
    """Yield the initial labels, the marker and the managed sections of an item that a person has created."""
    if labels := process.catalogue.titles(initial_labels(item, process)):
        yield Relabel(item, LabelDelta(tuple(sorted(labels))), "created by a person without these labels")
    differing, note = differing_sections(item, sections), item.marker
    has_marker = note is not None and note.item == item.key
    line = None if has_marker else str(Marker(engagement.key, item.key, note.memory if note else {}))
    if line or differing:
        reason = outdated_reason(item, differing)
        if line:
            reason = (
                "concurrent runs assigned its number twice"
                if note
                else "created by a person without a marker"
            )
        yield Redescribe(item, differing, line, reason)


def _close_obsolete(engagement: Engagement, process: Process, item: Item, kind: Kind) -> Close | Finding:
    """Return the operation that closes *item*, or why it stays open."""
    skip_reason = engagement.skip.get(item.key) or engagement.skip.get(kind.name)
    if kind.when_unwanted and skip_reason is None and not is_applicable(kind, engagement):
        state = process.catalogue.title("state", kind.when_unwanted)
        return Close(item, replace_in_scope(item.labels, state), "resolved by the engagement file")
    skipped = f"skipped in the engagement file ({skip_reason})"
    reason = skipped if skip_reason else "no longer in the engagement file"
    if item.human_activity is HumanActivity.NO:
        return Close(item, obsolete_labels(item, process), f"{reason}, unchanged since psbot created it")
    return Finding(OBSOLETE_KEPT, Severity.WARNING, _kept_message(item, reason), item.key)


def _kept_message(item: Item, reason: str) -> str:
    edited = (
        "but has been edited"
        if item.human_activity is HumanActivity.YES
        else "but psbot could not check whether it has been edited"
    )
    return f"{item.key} is {reason} {edited}. It stays open; close it manually if it is obsolete."


def _can_be_obsolete(item: Item, process: Process) -> bool:
    kind = process.kinds.get(item.kind)
    return not item.is_epic and kind is not None and kind.repeat is not Repeat.ON_DEMAND


def obsolete_labels(item: Item, process: Process) -> LabelDelta:
    """Return the change of labels of an item that psbot closes because it is not needed."""
    if item.is_epic:
        return LabelDelta()
    return replace_in_scope(item.labels, process.catalogue.title("state", process.workflow.unwanted_state))
