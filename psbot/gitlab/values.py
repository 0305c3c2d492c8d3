"""The values that the ports return and take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from psbot.core.model.work_item import Author, WorkItem
from psbot.gitlab.item_queries import ItemList


@dataclass(frozen=True, slots=True)
class Account:
    """The account a token belongs to."""

    gid: str
    author: Author


@dataclass(frozen=True, slots=True)
class NamespaceAccess:
    """What the token may do in a group or project, and the id of the item type that psbot creates there.

    ``access_level`` is GitLab's number of the role (Planner is 15); ``item_type_gid`` is None where items of the
    type cannot be created (an edition without epics).
    """

    path: str
    access_level: int
    item_type_gid: str | None
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Whose token it is and what it may do; a group or project that it cannot see is None.

    ``labels`` are those of the label group and its ancestors, title to global id; None where it is not visible.
    ``label_group`` is what the token may do there. ``epic_count`` is the number of epics of the group; None where
    that is not known.
    """

    account: Account
    group: NamespaceAccess | None
    projects: Mapping[str, NamespaceAccess | None]
    labels: Mapping[str, str] | None
    label_group: NamespaceAccess | None = None
    epic_count: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for one page of a list; ``filter_values`` are the parents, labels, ids or the time it filters by.

    ``with_newest_note`` asks for the newest note of each item, instead of its time spent and closing time.
    """

    item_list: ItemList
    filter_values: tuple[str, ...] = ()
    cursor: str | None = None
    with_newest_note: bool = False


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """The essentials of an item: global id, description (with the marker) and, where asked for, its parent."""

    gid: str
    description: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``total_count`` is the number of items of the whole list."""

    items: tuple[WorkItem, ...]
    summaries: tuple[ItemSummary, ...]
    total_count: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The membership of *username* in the group or project *path*."""

    username: str
    path: str
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class AccountLookup:
    """The accounts that exist by username, those that are not active, and the memberships that exist."""

    gids: Mapping[str, str] = field(default_factory=dict)
    inactive: frozenset[str] = frozenset()
    members: frozenset[Membership] = frozenset()


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Version and edition of GitLab, and whose token it is."""

    version: str
    is_enterprise: bool
    author: Author | None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """The scopes of a token, and its expiry date; None where it does not expire."""

    scopes: frozenset[str]
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who can read a project: its members, or everyone who can reach the server where it is not private."""

    is_private: bool
    members: tuple[Author, ...]


@dataclass(frozen=True, slots=True)
class GroupEpics:
    """The epics of a group that are not confidential: their number, and the descriptions of the oldest by iid."""

    total_count: int
    descriptions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A work item to create; ids are global ids. ``related`` are items to link it to."""

    namespace: str
    item_type_gid: str
    title: str
    description: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...] = ()
    start_on: date | None = None
    due_on: date | None = None
    confidential: bool = False
    parent: str | None = None
    is_epic: bool = False
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of an item; an epic's are fixed, not taken from its children."""

    start_on: date | None
    due_on: date | None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """All changes of one work item; None leaves a field as it is, ids are global ids."""

    gid: str
    title: str | None = None
    description: str | None = None
    dates: Dates | None = None
    assignees: tuple[str, ...] | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    parent: str | None = None
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note to post; an internal note is visible to members with at least the Planner role."""

    item_gid: str
    body: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """New text for a note; ``gid`` is the note's global id."""

    gid: str
    body: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, and who edited it last; an author that GitLab does not name is None."""

    gid: str
    body: str
    author: Author | None
    at: datetime
    edited_by: Author | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of one write of a batch: the item (or label, or note), or why GitLab refused.

    With ``is_partial``, GitLab refused after it may have carried out a part: psbot has to look. ``state_refusal`` is
    why the item is still closed, or still open, although GitLab took the rest of the update.
    """

    gid: str | None = None
    iid: int | None = None
    url: str | None = None
    refusal: str | None = None
    is_unclear: bool = False
    is_partial: bool = False
    state_refusal: str | None = None
