"""How psbot recognises an item, or why it does not count as one of an engagement's."""

from psbot.core.identity.findings import author_name
from psbot.core.identity.trust import TrustAssessment, assess_trust
from psbot.core.model.engagement import Engagement
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, Process, Repeat
from psbot.core.model.work_item import WorkItem


def is_same_item(item: Item, namespace: str, iid: int | None) -> bool:
    """Tell whether *item* is the one at this place; GitLab's paths know no upper and lower case."""
    return (item.namespace.casefold(), item.iid) == (namespace.casefold(), iid)


def describe_recognition(item: Item, engagement: Engagement, process: Process) -> str:
    """Say by what psbot recognises *item*, and who made it."""
    if item.marker is not None:
        how = "by its marker"
    elif item.is_epic:
        how = "as the one epic above the engagement's items, since its marker was removed; apply puts it back"
    else:
        how = "by its kind label and its place under the epic; it has no marker, and apply gives it one"
    return f"recognised {how}; {_author_text(item, engagement, process)}"


def _author_text(item: Item, engagement: Engagement, process: Process) -> str:
    kind = process.kinds.get(item.kind)
    if item.created_by is None:
        return "made by an account that was deleted"
    if item.is_created_by_machine:
        return f"made by {item.created_by}, a machine"
    if item.created_by in engagement.people:
        return f"made by {item.created_by}, one of people:"
    if kind and kind.repeat is Repeat.ON_DEMAND:
        return f"made by {item.created_by}, as everybody in the group may"
    return f"made by {item.created_by}, and it hangs under the epic"


def why_duplicate(item: Item, first: Item) -> str:
    """Say why *item*, whose marker *first* carries too, is not the one that counts."""
    return (
        f"it carries the marker of {item.key} too; {first.reference} is the one that counts, since of several the "
        "open one with the lowest id does"
    )


def why_not_recognised(
    work_item: WorkItem, engagement: Engagement, process: Process, observed: Snapshot
) -> str:
    """Say why *sighting*, which is none of the items of *observed*, does not count."""
    if work_item.is_moved:
        return "it was moved elsewhere; what stayed here is a copy, which psbot ignores"
    epics = {each.gid for each in (observed.epic, *observed.duplicates) if each and each.key == EPIC}
    known = assess_trust(engagement, process, frozenset(gid for gid in epics if gid), work_item)
    return (_why_marker_is_ignored if work_item.marker else _why_label_is_not_enough)(
        work_item, known, observed
    )


def _why_label_is_not_enough(work_item: WorkItem, trust: TrustAssessment, observed: Snapshot) -> str:
    if trust.kind is None:
        return "it has neither a marker nor a kind label, so psbot does not know it"
    what = f"it has the kind label of {trust.kind.name} and no marker"
    first = observed.by_key().get(trust.kind.item)
    if not trust.is_child:
        return f"{what}, and it does not hang under the engagement's epic"
    if first is not None:
        return f"{what}, and {first.reference} is the {first.key} that counts"
    if not trust.is_trusted:
        return f"{what}, and {_untrusted_author(work_item)}"
    return f"{what}, and psbot cannot tell which {trust.kind.name} it is; put its marker back, or take the label off"


def _why_marker_is_ignored(work_item: WorkItem, trust: TrustAssessment, observed: Snapshot) -> str:
    key = work_item.marker.item if work_item.marker else ""
    what = f"it carries the marker of {key}"
    first = observed.by_key().get(key)
    if trust.is_misplaced:
        return f"{what}, which has no place there; somebody has edited or moved it, put its own marker back"
    if not trust.is_trusted:
        return f"{what}, but {_untrusted_author(work_item)}"
    if first is not None:
        return f"{what}, but {first.reference} is the one that counts"
    return f"{what}, but it does not count"


def _untrusted_author(work_item: WorkItem) -> str:
    return f"{author_name(work_item)} made it, who is neither a machine nor one of the engagement's people"


def why_unknown(work_item: WorkItem) -> str:
    """Say why *sighting*, which carries no marker and lies where several engagements do, is none of theirs."""
    if work_item.is_moved:
        return "it was moved elsewhere; what stayed here is a copy, which psbot ignores"
    return "it has no marker, and hangs under none of their epics as an item with a kind label"
