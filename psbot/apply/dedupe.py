"""Items that were made twice at the same time: whether there are any, and which operations put an end to it."""

from collections.abc import Collection
from dataclasses import replace

from psbot.core.model.engagement import Engagement
from psbot.core.model.labels import kind_filter
from psbot.core.model.operations import Close, CreateChild, CreateEpic, CreateLabel, Operation
from psbot.core.model.process import Process
from psbot.core.text import marker
from psbot.gitlab.item_queries import Part
from psbot.gitlab.ports import ForgeReader
from psbot.observe.observation import Observation
from psbot.observe.pages import Listing, turn


def is_doubled(
    reader: ForgeReader, engagement: Engagement, process: Process, epic: str | None, made: Collection[str]
) -> bool:
    """Tell whether a marker of the items *made* is on another item too.

    Twins hang under the same *epic*; where it is None (this run has made it), a twin may be anywhere in the group.
    """
    listing = (
        Listing(Part.CHILDREN, (epic,)) if epic else Listing(Part.LABELLED, (kind_filter(process.catalogue),))
    )
    by_key: dict[str, set[str]] = {}
    while not listing.is_done:
        page = turn(reader, engagement.gitlab.group, [listing])[listing]
        seen = [(each.gid, each.description) for each in page.briefs]
        seen += [(each.gid, each.description) for each in page.items]
        for gid, description in seen:
            note = marker.read(description)
            if note and note.engagement == engagement.key:
                by_key.setdefault(note.item, set()).add(gid)
    return any(len(gids) > 1 and not gids.isdisjoint(made) for gids in by_key.values())


def ends_doubling(operation: Operation, made: Collection[str]) -> bool:
    """Tell whether an operation closes a twin, or changes an item of those *made*."""
    if isinstance(operation, CreateLabel | CreateEpic | CreateChild):
        return False
    return operation.item.gid in made or (isinstance(operation, Close) and operation.duplicate_of is not None)


def as_own(looked: Observation, made: Collection[str], doubtful: Collection[str]) -> Observation:
    """Return the observation with the duplicates that this run made marked as psbot's, whoever's token it used.

    Of the keys in *doubtful* GitLab did not say which of two twins this run has made: both of this account count.
    """
    me = looked.account.author.username
    duplicates = tuple(
        replace(
            item,
            by_machine=item.by_machine or item.gid in made or (item.key in doubtful and item.made_by == me),
        )
        for item in looked.snapshot.duplicates
    )
    return replace(looked, snapshot=replace(looked.snapshot, duplicates=duplicates))
