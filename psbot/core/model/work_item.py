"""Work item."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from psbot.core.model.item import Item, NewestNote
from psbot.core.model.process import Process
from psbot.core.text import marker


def number_of(gid: str) -> int:
    """Return the number at the end of a global id; it grows with time."""
    return int(gid.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Author:
    """Who made an item; GitLab gives the items of deleted accounts to one account, the ghost."""

    username: str
    is_machine: bool = False
    is_ghost: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A work item as GitLab shows it; ``gid`` and ``parent`` are global ids, ``newest`` is its newest note."""

    gid: str
    iid: int
    namespace: str
    title: str
    description: str
    author: Author | None
    is_epic: bool = False
    labels: frozenset[str] = frozenset()
    assignees: tuple[str, ...] = ()
    start_on: date | None = None
    due_on: date | None = None
    confidential: bool = False
    is_open: bool = True
    url: str | None = None
    parent: str | None = None
    is_moved: bool = False
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    seconds_spent: int = 0
    label_gids: Mapping[str, str] = field(default_factory=dict)
    made_at: datetime | None = None
    newest: NewestNote | None = None

    @property
    def number(self) -> int:
        """Return the id by which GitLab counts items of all places."""
        return number_of(self.gid)

    @property
    def marker(self) -> marker.Marker | None:
        """Return the marker of the description."""
        return marker.read(self.description)

    @property
    def reference(self) -> str:
        """Return the full reference, as GitLab writes it."""
        return f"{self.namespace}{'&' if self.is_epic else '#'}{self.iid}"


def is_machine(author: Author, process: Process) -> bool:
    """Tell whether an account is psbot's or another machine's: flagged by GitLab, or listed in the process."""
    return author.is_machine or author.username in process.machine_accounts


def as_item(sighting: Sighting) -> Item:
    """Return the fields that an item and a sighting share; key and kind are not known from them."""
    return Item(
        key="",
        kind="",
        namespace=sighting.namespace,
        title=sighting.title,
        description=sighting.description,
        labels=sighting.labels,
        assignees=sighting.assignees,
        start_on=sighting.start_on,
        due_on=sighting.due_on,
        confidential=sighting.confidential,
        is_open=sighting.is_open,
        iid=sighting.iid,
        gid=sighting.gid,
        url=sighting.url,
        updated_at=sighting.updated_at,
        closed_at=sighting.closed_at,
        seconds_spent=sighting.seconds_spent,
        made_at=sighting.made_at,
        newest=sighting.newest,
    )


def as_seen(item: Item, sighting: Sighting) -> Item:
    """Return *item*, of which everything but who and what it is has been seen anew."""
    return replace(
        as_item(sighting), key=item.key, kind=item.kind, by_machine=item.by_machine, made_by=item.made_by
    )
