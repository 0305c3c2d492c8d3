"""Duplicates, created by two runs at the same time: whether there are any, and which operations resolve them."""

from collections.abc import Collection
from dataclasses import replace

from psbot.core.model.engagement import Engagement
from psbot.core.model.labels import kind_label_filter
from psbot.core.model.operations import Close, CreateChild, CreateEpic, CreateLabel, Operation
from psbot.core.model.process import Process
from psbot.core.text import marker
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.observe.observation import Observation
from psbot.observe.pages import PagedList, read_page


def has_duplicates(
    reader: Reader, engagement: Engagement, process: Process, epic: str | None, created: Collection[str]
) -> bool:
    """Tell whether the marker of one of the items *created* is on another item too.

    Duplicates are below the same *epic*; where it is None (this run has created it), they may be anywhere in the group.
    """
    listing = (
        PagedList(ItemList.CHILDREN, (epic,))
        if epic
        else PagedList(ItemList.LABELLED, (kind_label_filter(process.catalogue),))
    )
    by_key: dict[str, set[str]] = {}
    while not listing.is_done:
        page = read_page(reader, engagement.gitlab.group, [listing])[listing]
        seen = [(each.gid, each.description) for each in page.summaries]
        seen += [(each.gid, each.description) for each in page.items]
        for gid, description in seen:
            found = marker.parse_marker(description)
            if found and found.engagement == engagement.key:
                by_key.setdefault(found.item, set()).add(gid)
    return any(len(gids) > 1 and not gids.isdisjoint(created) for gids in by_key.values())


def resolves_duplicate(operation: Operation, created: Collection[str]) -> bool:
    """Tell whether an operation closes a duplicate, or changes one of the items *created*."""
    if isinstance(operation, CreateLabel | CreateEpic | CreateChild):
        return False
    return operation.item.gid in created or (
        isinstance(operation, Close) and operation.duplicate_of is not None
    )


def claim_own(
    observation: Observation, created: Collection[str], maybe_created: Collection[str]
) -> Observation:
    """Return the observation with the duplicates that this run created marked as psbot's, whoever's token it used.

    For the keys in *maybe_created* GitLab did not say which of two items this run created: both count if this account
    created them.
    """
    me = observation.account.author.username
    duplicates = tuple(
        replace(
            item,
            is_created_by_machine=item.is_created_by_machine
            or item.gid in created
            or (item.key in maybe_created and item.created_by == me),
        )
        for item in observation.snapshot.duplicates
    )
    return replace(observation, snapshot=replace(observation.snapshot, duplicates=duplicates))
