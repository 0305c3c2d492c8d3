"""Documents."""

from collections.abc import Iterable, Iterator

from psbot.gitlab.account_queries import (
    AUDIENCES,
    LABELS,
    PAIRS,
    PLACES,
    SERVER,
    access,
    access_and_labels,
    audience,
    people,
)
from psbot.gitlab.item_queries import (
    ACTIVITY,
    BATCH,
    COMMENTS,
    HISTORIES,
    ITEM,
    WHOLE_HISTORIES,
    Part,
    listing,
)
from psbot.gitlab.mutations import create_items, create_labels, create_notes, update_items, update_notes

# Parts that are asked for in one request; two full parts together with a third would come near the limit.
PAIRINGS: tuple[tuple[Part, ...], ...] = (
    (Part.EPICS,),
    (Part.EPICS, Part.LABELLED),
    (Part.CHILDREN,),
    (Part.CHILDREN, Part.LABELLED),
    (Part.LABELLED,),
    (Part.NAMED,),
    (Part.MOVED,),
    (Part.CONFIDENTIAL,),
)


def name_of(document: str) -> str:
    """Return what a document is called, with its verb: ``query Access``."""
    return " ".join(document.replace("(", " ").split()[:2])


def every_document() -> Iterator[str]:
    """Yield the largest document of every shape, for checks against GitLab's schema and for the docs."""
    yield from map(listing, PAIRINGS)
    yield from (listing(parts, with_newest=True) for parts in PAIRINGS if set(parts) - {Part.LABELLED})
    yield from (
        access(PLACES),
        access_and_labels(2),
        LABELS,
        ITEM,
        ACTIVITY,
        HISTORIES,
        WHOLE_HISTORIES,
        COMMENTS,
    )
    yield people(("group",) * (PAIRS // 2) + ("project",) * (PAIRS // 2))
    yield from (audience(AUDIENCES), SERVER)
    batches: Iterable[str] = (
        write(BATCH) for write in (create_labels, create_items, update_items, create_notes, update_notes)
    )
    yield from batches
