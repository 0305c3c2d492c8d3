"""Obsolete."""

from collections.abc import Iterator, Mapping

from psbot.core.desired.raid_log import initial_labels
from psbot.core.desired.schedule import is_applicable
from psbot.core.model.engagement import Engagement
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Desired, HumanActivity, Item, Snapshot
from psbot.core.model.labels import LabelDelta, replace_in_scope
from psbot.core.model.operations import Close, Operation, Redescribe, Relabel
from psbot.core.model.process import Process, Repeat
from psbot.core.plan.update import SECTION_OUTDATED, differing_sections
from psbot.core.text.marker import Marker

OBSOLETE_KEPT = (
    "obsolete-kept"  # the finding of an open item that the file no longer has, and people have worked on
)


def needs_activity_check(desired: Desired, observed: Snapshot, process: Process) -> tuple[Item, ...]:
    """Return the open items whose fate hangs on whether a person has touched them, which is not known yet."""
    wanted = desired.snapshot.by_key()
    unwanted = [
        item
        for key, item in observed.by_key().items()
        if key not in wanted and item.is_open and _can_be_obsolete(item, process)
    ]
    duplicates = [item for item in observed.duplicates if item.is_created_by_machine]
    return tuple(item for item in (*unwanted, *duplicates) if item.human_activity is HumanActivity.UNKNOWN)


def plan_unlisted(
    engagement: Engagement, process: Process, item: Item, sections: Mapping[str, str]
) -> Iterator[Operation | Finding]:
    """Yield what becomes of an open item that the engagement file does not have: any more, or on demand."""
    kind = process.kinds.get(item.kind)
    if kind and kind.repeat is Repeat.ON_DEMAND:
        first = process.catalogue.titles(initial_labels(item, process))
        if first:
            yield Relabel(item, LabelDelta(tuple(sorted(first))), "a person has opened it")
        yield from _adopt_on_demand(engagement, item, sections)
    if kind is None or not _can_be_obsolete(item, process):
        return
    why = engagement.skip.get(item.key) or engagement.skip.get(kind.name)
    if kind.when_unwanted and why is None and not is_applicable(kind, engagement):
        state = process.catalogue.title("state", kind.when_unwanted)
        yield Close(item, replace_in_scope(item.labels, state), "what it asked for is in the engagement file")
        return
    reason = f"left out: {why}" if why else "the engagement file no longer has it"
    if item.human_activity is HumanActivity.NO:
        yield Close(item, _obsolete_labels(item, process), f"{reason}, and nobody has worked on it")
        return
    worked = (
        "a person has worked on it"
        if item.human_activity is HumanActivity.YES
        else "psbot could not check who worked on it"
    )
    yield Finding(
        OBSOLETE_KEPT,
        Severity.WARNING,
        f"{item.key} is kept open: {reason}, but {worked}; close it by hand",
        item.key,
    )


def _adopt_on_demand(engagement: Engagement, item: Item, sections: Mapping[str, str]) -> Iterator[Redescribe]:
    """Yield the marker of an item that a person has opened, and its managed sections."""
    differing, note = differing_sections(item, sections), item.marker
    is_named = note is not None and note.item == item.key
    line = None if is_named else str(Marker(engagement.key, item.key, note.memory if note else {}))
    if line or differing:
        reason = "its number was given twice at the same time" if note else "a person has opened it"
        yield Redescribe(item, differing, line, reason if line else SECTION_OUTDATED)


def _can_be_obsolete(item: Item, process: Process) -> bool:
    kind = process.kinds.get(item.kind)
    return not item.is_epic and kind is not None and kind.repeat is not Repeat.ON_DEMAND


def reattach(item: Item, epic: Item | None) -> Iterator[Redescribe]:
    """Yield the operation that moves a detached item back below the epic."""
    if item.is_detached and epic is not None:
        yield Redescribe(item, reason="it belongs under the engagement's epic", parent=epic.gid)


def close_duplicates(observed: Snapshot, process: Process) -> Iterator[Close | Finding]:
    """Yield what becomes of open items whose marker another one carries too: psbot closes only its own."""
    chosen = observed.by_key()
    kept = {(item.namespace, item.iid) for item in chosen.values()}
    for item in (*observed.duplicates, *observed.items):
        if not item.is_open or (item.namespace, item.iid) in kept:
            continue
        first = chosen[item.key]
        if (
            item.is_created_by_machine
            and item.human_activity is HumanActivity.NO
            and item in observed.duplicates
        ):
            yield Close(item, _obsolete_labels(item, process), _duplicate_reason(item, first), first)
        else:
            yield Finding("duplicate", Severity.WARNING, _duplicate_message(item, first), item.key)


def _obsolete_labels(item: Item, process: Process) -> LabelDelta:
    if item.is_epic:
        return LabelDelta()
    return replace_in_scope(item.labels, process.catalogue.title("state", process.workflow.unwanted_state))


def _duplicate_reason(item: Item, first: Item) -> str:
    return f"made twice at the same time: {first.namespace} {first.iid} is the {item.key} that stays"


def _duplicate_message(item: Item, first: Item) -> str:
    return (
        f"{item.namespace} {item.iid} carries the marker of {item.key} too, like {first.namespace} {first.iid}; "
        "keep one, close the other by hand"
    )
