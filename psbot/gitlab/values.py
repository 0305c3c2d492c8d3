"""Values."""

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
    """What the token may do in a group or project, and the id of the item type that psbot makes there.

    ``level`` is GitLab's number of the role (Planner is 15); ``item_type`` is None where items of the type
    cannot be made (an edition without epics).
    """

    path: str
    access_level: int
    item_type_gid: str | None
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who the token is and what it sees; a place that it does not see is None.

    ``labels`` are those of the label group and its ancestors, title to global id; None where it is not seen.
    ``label_group`` is what the token may do there. ``epics`` is how many epics the group has; None where that is not
    known.
    """

    account: Account
    group: NamespaceAccess | None
    projects: Mapping[str, NamespaceAccess | None]
    labels: Mapping[str, str] | None
    label_group: NamespaceAccess | None = None
    epic_count: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of one listing: ``values`` are the parents, labels, ids or the instant that the part filters by.

    ``with_newest`` asks for the newest note of each item, in place of its address, time booked and when it was
    closed.
    """

    item_list: ItemList
    filter_values: tuple[str, ...] = ()
    cursor: str | None = None
    with_newest_note: bool = False


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """An item in short: its global id, its description, which has the marker, and its parent where asked for."""

    gid: str
    description: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ``count`` is how many items the whole list has, ``after`` the next cursor."""

    items: tuple[WorkItem, ...]
    summaries: tuple[ItemSummary, ...]
    total_count: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A question: is *username* a member of the group or project *path*?"""

    username: str
    path: str
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class AccountLookup:
    """Answers: global ids of active accounts, usernames that are blocked, and the memberships that exist."""

    gids: Mapping[str, str] = field(default_factory=dict)
    inactive: frozenset[str] = frozenset()
    members: frozenset[Membership] = frozenset()


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What GitLab says about itself, and whose token it was asked with."""

    version: str
    is_enterprise: bool
    author: Author | None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a token may do, and its last day; None where it does not expire."""

    scopes: frozenset[str]
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who can read a project: its members, or everybody who can reach the server where it is not private."""

    is_private: bool
    members: tuple[Author, ...]


@dataclass(frozen=True, slots=True)
class NewItem:
    """A work item to be made, all at once; ids are global ids. ``linked`` are items that it is related to."""

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
    """All that changes in one work item; None leaves a field as it is, ids are global ids."""

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
    """A note to be posted; an internal one is seen by members from Planner up."""

    item_gid: str
    body: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """New words for a note; ``gid`` is the note's global id."""

    gid: str
    body: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A note that somebody wrote, and who has changed its words since; None for an account without a name."""

    gid: str
    body: str
    author: Author | None
    at: datetime
    edited_by: Author | None = None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one write of a batch: the item (or label, or note) and, where GitLab refused, why."""

    gid: str | None = None
    iid: int | None = None
    url: str | None = None
    refusal: str | None = None
    is_unclear: bool = False
