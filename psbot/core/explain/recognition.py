"""How psbot recognises an item, or why it ignores it; `identity/findings.py` owns the sentences they share."""

from psbot.core.identity.findings import (
    misplaced_message,
    moved_copy_message,
    no_identity_message,
    other_type_message,
    unmarked_message,
    untrusted_author,
    untrusted_marker_message,
)
from psbot.core.identity.trust import TrustAssessment, assess_trust
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, Process, Repeat
from psbot.core.model.work_item import WorkItem


def is_same_item(item: Item, namespace: str, iid: int | None) -> bool:
    """Tell whether *item* is the one at this place; GitLab's paths know no upper and lower case."""
    return (item.namespace.casefold(), item.iid) == (namespace.casefold(), iid)


def describe_recognition(item: Item, engagement: Engagement, process: Process) -> str:
    """Return how psbot recognises *item*, and who created it."""
    if item.marker is not None:
        how = "by its marker"
    elif item.is_epic:
        how = "as the only epic above the engagement's items; its marker was removed and `apply` restores it"
    else:
        how = "by its kind label as a child of the epic; it has no marker and `apply` adds one"
    return f"recognised {how}; {_author_text(item, engagement, process)}"


def _author_text(item: Item, engagement: Engagement, process: Process) -> str:
    kind = process.kinds.get(item.kind)
    if item.created_by is None:
        return "created by a deleted account"
    created = f"created by {item.created_by}"
    if item.is_created_by_machine:
        return f"{created}, a machine account"
    if item.created_by in engagement.people:
        return f"{created}, who is listed under `people:`"
    if kind and kind.repeat is Repeat.ON_DEMAND:
        return f"{created}, as everybody in the group may"
    return f"{created}, as a child of the epic"


def why_duplicate(item: Item, first: Item) -> str:
    """Return why psbot uses *first* and not *item*, which carries the same marker."""
    return (
        f"{item.reference} carries the marker of {item.key}, as does {first.reference}. psbot uses "
        f"{first.reference}: of several items, the open one with the lowest ID."
    )


def why_not_recognised(
    work_item: WorkItem, engagement: Engagement, process: Process, observed: Snapshot
) -> str:
    """Return why psbot ignores *work_item*, which is none of the items of *observed*."""
    if work_item.is_moved:
        return moved_copy_message(work_item)
    epics = {each.gid for each in (observed.epic, *observed.duplicates) if each and each.key == EPIC}
    trust = assess_trust(engagement, process, frozenset(gid for gid in epics if gid), work_item)
    if work_item.marker:
        return _why_marker_is_ignored(work_item, trust, observed)
    return _why_label_is_not_enough(work_item, trust, observed, engagement.key)


def _why_label_is_not_enough(
    work_item: WorkItem, trust: TrustAssessment, observed: Snapshot, engagement: str
) -> str:
    if trust.kind is None:
        return no_identity_message(work_item)
    has_label = f"{work_item.reference} has the kind label of {trust.kind.item} but no marker"
    first = observed.by_key().get(trust.kind.item)
    if not trust.is_child:
        return f"{has_label} and is not a child of the engagement's epic. psbot ignores it."
    if first is not None:
        return f"{has_label}, and the {first.key} is {first.reference}. psbot ignores it."
    if not trust.is_trusted:
        return f"{has_label} and was created by {untrusted_author(work_item)}. psbot ignores it."
    return unmarked_message(work_item, trust.kind.item, engagement)


def _why_marker_is_ignored(work_item: WorkItem, trust: TrustAssessment, observed: Snapshot) -> str:
    key = work_item.marker.item if work_item.marker else ""
    first = observed.by_key().get(key)
    if trust.is_misplaced:
        return misplaced_message(work_item)
    if not trust.is_trusted:
        return untrusted_marker_message(work_item)
    if work_item.other_type and first is None:
        return other_type_message(work_item)
    carries_marker = f"{work_item.reference} carries the marker of {key}"
    if first is not None:
        return f"{carries_marker}, but psbot uses {first.reference}."
    return f"{carries_marker}, but psbot ignores it."


def why_unknown(work_item: WorkItem) -> str:
    """Return why *work_item*, without a marker in a project that several engagements share, belongs to none."""
    if work_item.is_moved:
        return moved_copy_message(work_item)
    return (
        f"{work_item.reference} has no marker and is not a child of any engagement's epic with a kind label. "
        "psbot ignores it."
    )
