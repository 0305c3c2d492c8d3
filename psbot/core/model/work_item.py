"""Work items as GitLab shows them, before psbot knows whether they belong to an engagement."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from psbot.core.model.item import Item, NewestNote
from psbot.core.model.process import Process
from psbot.core.text import marker


def numeric_id_of(gid: str) -> int:
    """Return the number at the end of a global id; newer objects have higher numbers."""
    return int(gid.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Author:
    """An account; GitLab assigns what deleted accounts created to one account, the ghost user."""

    username: str
    is_machine: bool = False
    is_ghost: bool = False


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A work item as GitLab shows it; ``gid`` and ``parent`` are global ids.

    ``other_type`` is the name of its type where that is neither an epic nor an issue.
    """

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
    created_at: datetime | None = None
    newest_note: NewestNote | None = None
    other_type: str = ""

    @property
    def numeric_id(self) -> int:
        """Return the id that is unique among the work items of the GitLab instance."""
        return numeric_id_of(self.gid)

    @property
    def marker(self) -> marker.Marker | None:
        """Return the marker of the description."""
        return marker.parse_marker(self.description)

    @property
    def reference(self) -> str:
        """Return the full reference: ``group&1`` for an epic, ``group/project#3`` for other items."""
        return f"{self.namespace}{'&' if self.is_epic else '#'}{self.iid}"


def is_machine(author: Author, process: Process) -> bool:
    """Tell whether an account is a machine: GitLab says so, or ``config/accounts.yml`` lists it."""
    return author.is_machine or author.username in process.machine_accounts


def to_item(work_item: WorkItem) -> Item:
    """Return an item with the fields of *work_item*; its key and kind are still empty."""
    return Item(
        key="",
        kind="",
        namespace=work_item.namespace,
        title=work_item.title,
        description=work_item.description,
        labels=work_item.labels,
        assignees=work_item.assignees,
        start_on=work_item.start_on,
        due_on=work_item.due_on,
        confidential=work_item.confidential,
        is_open=work_item.is_open,
        iid=work_item.iid,
        gid=work_item.gid,
        url=work_item.url,
        updated_at=work_item.updated_at,
        closed_at=work_item.closed_at,
        seconds_spent=work_item.seconds_spent,
        created_at=work_item.created_at,
        newest_note=work_item.newest_note,
    )


def refreshed(item: Item, work_item: WorkItem) -> Item:
    """Return *item* with the fields that *work_item* shows now; its key, kind and creator stay."""
    return replace(
        to_item(work_item),
        key=item.key,
        kind=item.kind,
        is_created_by_machine=item.is_created_by_machine,
        created_by=item.created_by,
    )
