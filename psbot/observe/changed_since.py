"""In which engagements and epics something may have changed since an earlier run."""

from collections.abc import Sequence

from psbot.core.model.engagement import Engagement
from psbot.core.text import marker
from psbot.gitlab.item_queries import ItemList
from psbot.gitlab.ports import Reader
from psbot.observe.observation import ReadScope
from psbot.observe.pages import PagedList, read_page


def changed_since(
    reader: Reader, group: str, engagements: Sequence[Engagement], scope: ReadScope
) -> frozenset[str]:
    """Return the keys of engagements, and the global ids of epics, in which something may have changed.

    These are all engagements where *scope* has no ``since``.
    """
    changed = {each.key for each in engagements if scope.starts_new_day(each)}
    if scope.since is None:
        return frozenset(changed)
    keys = {each.key for each in engagements}
    updated = PagedList(ItemList.UPDATED, (scope.since.isoformat(),))
    while not updated.is_done:
        for each in read_page(reader, group, [updated])[updated].summaries:
            found = marker.parse_marker(each.description)
            changed |= {found.engagement} & keys if found else set()
            changed |= {each.parent} if each.parent else set()
    return frozenset(changed)
