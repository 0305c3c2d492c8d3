"""Frozen facts: items as the file wants them and as GitLab has them, in one type."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from psbot.core.model.finding import Finding
from psbot.core.model.process import EPIC
from psbot.core.text import marker


class HumanActivity(StrEnum):
    """Whether a person has acted on an item since psbot made it; "could not check" is its own answer."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewestNote:
    """The newest note on an item, as lists show it: who and when, None for an account that is gone.

    ``is_mention`` tells that another item mentions this one.
    """

    username: str | None
    is_machine: bool
    at: datetime
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """The epic or a child item; what only GitLab knows is None on the desired side.

    ``is_adrift`` tells that a child does not hang under the engagement's epic, ``by_machine`` that a machine's
    account made the item, ``made_by`` the account's name, ``updated_at`` when anything of
    it changed last, a new note included, ``made_at`` when it was made, ``closed_at`` when it was closed last,
    ``seconds_spent`` the time booked on it, ``newest`` its newest note where that was asked for.
    """

    key: str
    kind: str
    namespace: str
    title: str
    description: str
    labels: frozenset[str] = frozenset()
    assignees: tuple[str, ...] = ()
    start_on: date | None = None
    due_on: date | None = None
    confidential: bool = False
    is_open: bool = True
    iid: int | None = None
    gid: str | None = None
    url: str | None = None
    human_activity: HumanActivity = HumanActivity.UNKNOWN
    is_detached: bool = False
    is_created_by_machine: bool = False
    created_by: str | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    seconds_spent: int = 0
    created_at: datetime | None = None
    newest_note: NewestNote | None = None

    @property
    def is_epic(self) -> bool:
        """Tell whether this is the engagement's epic."""
        return self.key == EPIC

    @property
    def marker(self) -> marker.Marker | None:
        """Return the marker of the description."""
        return marker.parse_marker(self.description)

    @property
    def assignee(self) -> str | None:
        """Return the assignees as one string, sorted; None for nobody."""
        return ", ".join(sorted(self.assignees)) or None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The epic with its children and the label titles that exist, desired or observed.

    ``duplicates`` are open items whose marker another item of the snapshot carries too, ``disputed`` the keys of
    items under the epic that do not count because of who made them: neither they nor their likes are made.
    """

    epic: Item | None = None
    children: tuple[Item, ...] = ()
    labels: frozenset[str] = frozenset()
    duplicates: tuple[Item, ...] = ()
    untrusted: frozenset[str] = frozenset()

    @property
    def items(self) -> tuple[Item, ...]:
        """Return the epic, where there is one, and the children."""
        return ((self.epic,) if self.epic else ()) + self.children

    def by_key(self) -> dict[str, Item]:
        """Return the items by key; of several with one key, the open one of the lowest iid."""
        ordered = sorted(self.items, key=lambda item: (not item.is_open, item.iid or 0), reverse=True)
        return {item.key: item for item in ordered}

    def with_item(self, item: Item) -> "Snapshot":
        """Return the snapshot with *item* in place of the one with the same namespace and iid, or added."""
        if item.is_epic:
            return replace(self, epic=item)
        rest = tuple(
            child for child in self.children if (child.namespace, child.iid) != (item.namespace, item.iid)
        )
        return replace(self, children=(*rest, item))


@dataclass(frozen=True, slots=True)
class Desired:
    """What an engagement should look like in GitLab at one instant.

    ``due_now`` are the keys to be made when they are missing; the other items of ``snapshot`` belong to the
    engagement too, but are not made (their day is past, or beyond the horizon). ``sections`` are the managed sections
    of items that people have asked for, by key and name.
    """

    snapshot: Snapshot
    due_now: frozenset[str]
    findings: tuple[Finding, ...] = ()
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
