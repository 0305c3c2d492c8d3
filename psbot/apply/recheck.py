"""A second read before anything is created, so that psbot does not create what a list has left out."""

from collections.abc import Iterable

from psbot.core.model.engagement import Engagement
from psbot.core.model.operations import Operation, PostNotice
from psbot.core.model.process import Process
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.observe.histories import fetch_notices
from psbot.observe.observation import Observation
from psbot.observe.pages import PagedList, read_all


def has_new_children(reader: Reader, engagement: Engagement, observation: Observation) -> bool:
    """Tell whether the epic has children now that were not observed; False where there is no epic.

    A list that hides items counts only what it shows, so the list itself does not reveal that it is short.
    """
    epic = observation.snapshot.epic
    if epic is None or epic.gid is None:
        return False
    children = read_all(reader, engagement.gitlab.group, PagedList(ItemList.CHILDREN, (epic.gid,)))
    return any(each.gid not in observation.seen_gids for each in children)


def has_new_notices(
    reader: Reader,
    engagement: Engagement,
    observation: Observation,
    process: Process,
    operations: Iterable[Operation],
) -> bool:
    """Tell whether a notice that is to be posted exists now and was not observed."""
    fresh = [each for each in operations if isinstance(each, PostNotice) and each.note_gid is None]
    names, logs = {each.identity for each in fresh}, {each.item.gid for each in fresh}
    known = {each.gid for each in observation.histories.notices or ()}
    return any(
        each.identity in names and each.gid not in known
        for gid in sorted(filter(None, logs))
        for each in fetch_notices(reader, engagement, gid, observation.account.author, process)
    )
