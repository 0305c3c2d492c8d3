"""How psbot recognises an item, or why it does not count as one of an engagement's."""

from psbot.core.identity.findings import maker
from psbot.core.identity.trust import Traits, traits
from psbot.core.model.engagement import Engagement, people
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import EPIC, Process, Repeat
from psbot.core.model.work_item import Sighting


def reference(item: Item) -> str:
    """Return the full reference, as GitLab writes it."""
    return f"{item.namespace}{'&' if item.is_epic else '#'}{item.iid}"


def is_same(item: Item, namespace: str, iid: int | None) -> bool:
    """Tell whether *item* is the one at this place; GitLab's paths know no upper and lower case."""
    return (item.namespace.casefold(), item.iid) == (namespace.casefold(), iid)


def recognised(item: Item, engagement: Engagement, process: Process) -> str:
    """Say by what psbot recognises *item*, and who made it."""
    if item.marker is not None:
        how = "by its marker"
    elif item.is_epic:
        how = "as the one epic above the engagement's items, since its marker was removed; apply puts it back"
    else:
        how = "by its kind label and its place under the epic; it has no marker, and apply gives it one"
    return f"recognised {how}; {_made_by(item, engagement, process)}"


def _made_by(item: Item, engagement: Engagement, process: Process) -> str:
    kind = process.kinds.get(item.kind)
    if item.made_by is None:
        return "made by an account that was deleted"
    if item.by_machine:
        return f"made by {item.made_by}, a machine"
    if item.made_by in people(engagement):
        return f"made by {item.made_by}, one of people:"
    if kind and kind.repeat is Repeat.ON_DEMAND:
        return f"made by {item.made_by}, as everybody in the group may"
    return f"made by {item.made_by}, and it hangs under the epic"


def why_duplicate(item: Item, first: Item) -> str:
    """Say why *item*, whose marker *first* carries too, is not the one that counts."""
    return (
        f"it carries the marker of {item.key} too; {reference(first)} is the one that counts, since of several the "
        "open one with the lowest id does"
    )


def why_not(sighting: Sighting, engagement: Engagement, process: Process, observed: Snapshot) -> str:
    """Say why *sighting*, which is none of the items of *observed*, does not count."""
    if sighting.is_moved:
        return "it was moved elsewhere; what stayed here is a copy, which psbot ignores"
    epics = {each.gid for each in (observed.epic, *observed.duplicates) if each and each.key == EPIC}
    known = traits(engagement, process, frozenset(gid for gid in epics if gid), sighting)
    return (_why_not_marked if sighting.marker else _why_not_labelled)(sighting, known, observed)


def _why_not_labelled(sighting: Sighting, known: Traits, observed: Snapshot) -> str:
    if known.kind is None:
        return "it has neither a marker nor a kind label, so psbot does not know it"
    what = f"it has the kind label of {known.kind.name} and no marker"
    first = observed.by_key().get(known.kind.item)
    if not known.hangs_here:
        return f"{what}, and it does not hang under the engagement's epic"
    if first is not None:
        return f"{what}, and {reference(first)} is the {first.key} that counts"
    if not known.is_trusted:
        return f"{what}, and {_outsider(sighting)}"
    return f"{what}, and psbot cannot tell which {known.kind.name} it is; put its marker back, or take the label off"


def _why_not_marked(sighting: Sighting, known: Traits, observed: Snapshot) -> str:
    key = sighting.marker.item if sighting.marker else ""
    what = f"it carries the marker of {key}"
    first = observed.by_key().get(key)
    if known.is_misplaced:
        return f"{what}, which has no place there; somebody has edited or moved it, put its own marker back"
    if not known.is_trusted:
        return f"{what}, but {_outsider(sighting)}"
    if first is not None:
        return f"{what}, but {reference(first)} is the one that counts"
    return f"{what}, but it does not count"


def _outsider(sighting: Sighting) -> str:
    return f"{maker(sighting)} made it, who is neither a machine nor one of the engagement's people"


def unknown(sighting: Sighting) -> str:
    """Say why *sighting*, which carries no marker and lies where several engagements do, is none of theirs."""
    if sighting.is_moved:
        return "it was moved elsewhere; what stayed here is a copy, which psbot ignores"
    return "it has no marker, and hangs under none of their epics as an item with a kind label"
