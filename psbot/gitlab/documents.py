"""All GraphQL documents that psbot sends, for schema tests and docs."""

from collections.abc import Iterator

from psbot.gitlab.account_queries import (
    ARCHIVED_LABELS_QUERY,
    AUDIENCES_PER_QUERY,
    GROUPS_PER_QUERY,
    LABELS_QUERY,
    MEMBERSHIPS_PER_QUERY,
    PROJECTS_PER_QUERY,
    SERVER_QUERY,
    access_and_labels_query,
    access_query,
    accounts_query,
    audience_query,
    group_epics_query,
)
from psbot.gitlab.item_queries import (
    ACTIVITY_QUERY,
    COMMENTS_QUERY,
    HISTORIES_QUERY,
    ITEM_QUERY,
    MAX_BATCH,
    WHOLE_HISTORIES_QUERY,
    ItemList,
    list_query,
)
from psbot.gitlab.mutations import (
    create_items,
    create_labels,
    create_notes,
    delete_items,
    update_items,
    update_notes,
)

# Lists that are read in one request; two full lists together with a third would come near the complexity limit.
LIST_COMBINATIONS: tuple[tuple[ItemList, ...], ...] = (
    (ItemList.EPICS,),
    (ItemList.EPICS, ItemList.LABELLED),
    (ItemList.CHILDREN,),
    (ItemList.CHILDREN, ItemList.LABELLED),
    (ItemList.LABELLED,),
    (ItemList.BY_ID,),
    (ItemList.UPDATED,),
    (ItemList.CONFIDENTIAL,),
)


def operation_name(document: str) -> str:
    """Return the name of a document with its type: ``query Access``."""
    return " ".join(document.replace("(", " ").split()[:2])


def every_document() -> Iterator[str]:
    """Yield the largest document of every kind, for checks against GitLab's schema and for the docs."""
    yield from map(list_query, LIST_COMBINATIONS)
    yield from (
        list_query(parts, with_newest_note=True)
        for parts in LIST_COMBINATIONS
        if set(parts) - {ItemList.LABELLED}
    )
    yield from (
        access_query(PROJECTS_PER_QUERY),
        access_and_labels_query(PROJECTS_PER_QUERY),
        LABELS_QUERY,
        ARCHIVED_LABELS_QUERY,
        ITEM_QUERY,
        ACTIVITY_QUERY,
        HISTORIES_QUERY,
        WHOLE_HISTORIES_QUERY,
        COMMENTS_QUERY,
    )
    yield accounts_query(
        ("group",) * (MEMBERSHIPS_PER_QUERY // 2) + ("project",) * (MEMBERSHIPS_PER_QUERY // 2)
    )
    yield from (audience_query(AUDIENCES_PER_QUERY), group_epics_query(GROUPS_PER_QUERY), SERVER_QUERY)
    writes = (create_labels, create_items, update_items, create_notes, update_notes, delete_items)
    yield from (write(MAX_BATCH) for write in writes)
