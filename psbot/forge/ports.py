"""The two ports to GitLab: a function that is handed a reader cannot write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from psbot.core.history import History
from psbot.core.identity import Author, Sighting
from psbot.core.labels import LabelSpec
from psbot.core.touch import Activity
from psbot.errors import Exit, GitLabError, PsbotError
from psbot.forge.documents import Part


class RateLimited(GitLabError):
    """GitLab asks for a pause longer than this run may wait; what was asked for counts as unclear."""

    exit_code = Exit.LIMIT

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, "run again later; psbot goes on where it stopped")
        self.seconds = seconds


class Unclear(GitLabError):
    """The answer to a write does not tell whether GitLab carried it out."""


class Refused(GitLabError):
    """GitLab said clearly that it carried out nothing of a write."""


class LimitReached(PsbotError):
    """Stopped at a limit, or because somebody asked for it; the next run goes on."""

    exit_code = Exit.LIMIT


@dataclass(frozen=True, slots=True)
class Account:
    """The account a token belongs to."""

    gid: str
    author: Author


@dataclass(frozen=True, slots=True)
class Place:
    """What the token may do in a group or project, and the id of the item type that psbot makes there.

    ``level`` is GitLab's number of the role (Planner is 15); ``item_type`` is None where items of the type
    cannot be made (an edition without epics).
    """

    path: str
    level: int
    item_type: str | None
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who the token is and what it sees; a place that it does not see is None.

    ``labels`` are those of the label group and its ancestors, title to global id; None where it is not seen.
    ``label_group`` is what the token may do there. ``epics`` is how many epics the group has; None where that is not
    known.
    """

    account: Account
    group: Place | None
    projects: Mapping[str, Place | None]
    labels: Mapping[str, str] | None
    label_group: Place | None = None
    epics: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One page of one listing: ``values`` are the parents, labels, ids or the instant that the part filters by.

    ``with_newest`` asks for the newest note of each item, in place of its address, time booked and when it was
    closed.
    """

    part: Part
    values: tuple[str, ...] = ()
    after: str | None = None
    with_newest: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """An item in short: its global id, its description, which has the marker, and its parent where asked for."""

    gid: str
    description: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ``count`` is how many items the whole list has, ``after`` the next cursor."""

    items: tuple[Sighting, ...]
    briefs: tuple[Brief, ...]
    count: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A question: is *username* a member of the group or project *path*?"""

    username: str
    path: str
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Answers: global ids of active accounts, usernames that are blocked, and the memberships that exist."""

    ids: Mapping[str, str] = field(default_factory=dict)
    inactive: frozenset[str] = frozenset()
    members: frozenset[Membership] = frozenset()


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What GitLab says about itself, and whose token it was asked with."""

    version: str
    is_enterprise: bool
    author: Author | None


@dataclass(frozen=True, slots=True)
class TokenFacts:
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
    item_type: str
    title: str
    description: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...] = ()
    start_on: date | None = None
    due_on: date | None = None
    confidential: bool = False
    parent: str | None = None
    is_epic: bool = False
    linked: tuple[str, ...] = ()


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
class Written:
    """What became of one write of a batch: the item (or label, or note) and, where GitLab refused, why."""

    gid: str | None = None
    iid: int | None = None
    url: str | None = None
    refusal: str | None = None
    is_unclear: bool = False


class ForgeReader(Protocol):
    """Reads. Every method raises GitLabError for an answer that is an error, odd or incomplete."""

    def fetch_access(self, group: str, projects: Sequence[str], label_group: str) -> Access:
        """Return who the token is, what it may do in *group* and *projects*, and the labels of *label_group*."""

    def fetch_labels(self, group: str) -> Mapping[str, str] | None:
        """Return the labels of *group* and its ancestors, title to global id; None where it is not seen."""

    def fetch_pages(self, group: str, asks: Sequence[Ask]) -> Sequence[Page]:
        """Return one page for each of *asks*, of items of *group* and below, in one request."""

    def fetch_item(self, namespace: str, iid: int) -> Sighting | None:
        """Return one item by its place and number; None where GitLab shows none."""

    def fetch_activity(self, group: str, gids: Sequence[str]) -> Mapping[str, Activity]:
        """Return, by global id, what was done to items since they were made; unknown ids are left out."""

    def fetch_histories(
        self, group: str, items: Mapping[str, str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, the label and state events of *items*; items that are not seen are left out.

        *items* are keys by global id, *labels* global ids by title.
        """

    def fetch_whole_histories(
        self, group: str, gids: Sequence[str], labels: Mapping[str, str]
    ) -> Mapping[str, History]:
        """Return, by global id, everything done to and written on items; items that are not seen are left out.

        *labels* are global ids by title. The events name items by their global ids.
        """

    def fetch_comments(self, group: str, gids: Sequence[str]) -> Mapping[str, Sequence[Comment]]:
        """Return, by global id, what was written on items, oldest first; items that are not seen are left out."""

    def fetch_people(self, usernames: Sequence[str], memberships: Sequence[Membership]) -> People:
        """Return which of the accounts and *memberships* exist."""

    def fetch_audiences(self, projects: Sequence[str]) -> Mapping[str, Audience]:
        """Return who can read *projects*; those that are not seen are left out."""


class ForgeWriter(Protocol):
    """Writes, one request a call, never repeated; the answers come in the order of what was asked for.

    Every method raises Refused when nothing was done, RateLimited or Unclear when that is not known.
    """

    def create_labels(self, group: str, specs: Sequence[LabelSpec]) -> Sequence[Written]:
        """Make labels in *group*."""

    def create_items(self, items: Sequence[NewItem]) -> Sequence[Written]:
        """Make work items."""

    def update_items(self, updates: Sequence[ItemUpdate]) -> Sequence[Written]:
        """Change work items."""

    def create_notes(self, notes: Sequence[NewNote]) -> Sequence[Written]:
        """Post notes."""

    def update_notes(self, edits: Sequence[NoteEdit]) -> Sequence[Written]:
        """Give notes new words."""
