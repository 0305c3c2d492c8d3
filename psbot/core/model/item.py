"""Items as the engagement file wants them and as GitLab has them, in one type."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from psbot.core.model.finding import Finding
from psbot.core.model.process import EPIC
from psbot.core.text import marker


class HumanActivity(StrEnum):
    """Whether a person has acted on an item since psbot created it; UNKNOWN if psbot could not check."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewestNote:
    """The newest note on an item, as lists show it; ``username`` is None for a deleted account.

    ``is_mention`` means that the note says that another item mentions this one.
    """

    username: str | None
    is_machine: bool
    at: datetime
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """The epic or one of its child items; fields that only GitLab fills are None in a desired item.

    ``key`` is the name of the item within its engagement, such as ``kick-off`` or ``call/2026-12-08``. ``is_detached``
    means that a child is not below the engagement's epic. ``created_by`` is a username, and ``is_created_by_machine``
    means that it belongs to a machine account. ``updated_at`` changes with every change, but with a new note only a
    minute after the last one. ``note_count`` is None where the notes were not read.
    ``seconds_spent`` is the time booked on the item. ``newest_note`` is None where it was not requested.
    ``has_lost_assignee`` means that GitLab, not a person, has taken the assignee away: the account was deleted.
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
    has_lost_assignee: bool = False
    note_count: int | None = None

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
        """Return the assignees as one string, sorted; None if there are none."""
        return ", ".join(sorted(self.assignees)) or None

    @property
    def reference(self) -> str:
        """Return the full reference of an observed item: ``group&1`` for an epic, ``group/project#3`` for a child."""
        return f"{self.namespace}{'&' if self.is_epic else '#'}{self.iid}"

    def with_memory(self, engagement: str, memory: Mapping[str, str], forget: Iterable[str] = ()) -> "Item":
        """Return the item with *memory* in its marker and without the keys to *forget*.

        An item whose marker is missing gets one of the *engagement* with that key.
        """
        before = self.marker or marker.Marker(engagement, self.key)
        dropped = frozenset(forget)
        kept = {key: value for key, value in before.memory.items() if key not in dropped}
        after = marker.Marker(before.engagement, before.item, {**kept, **memory})
        return replace(self, description=marker.with_marker(self.description, after))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The epic with its children and the label titles that exist, desired or observed.

    ``duplicates`` are open items with the same marker as another item of the snapshot. ``untrusted`` are the keys of
    items that psbot ignores because of who created them or because of their type; it creates no other item with
    such a key.
    """

    epic: Item | None = None
    children: tuple[Item, ...] = ()
    labels: frozenset[str] = frozenset()
    duplicates: tuple[Item, ...] = ()
    untrusted: frozenset[str] = frozenset()

    @property
    def items(self) -> tuple[Item, ...]:
        """Return the epic, if there is one, and the children."""
        return ((self.epic,) if self.epic else ()) + self.children

    def by_key(self) -> dict[str, Item]:
        """Return the items by key; of several with the same key, the open one with the lowest iid."""
        ordered = sorted(self.items, key=lambda item: (not item.is_open, item.iid or 0), reverse=True)
        return {item.key: item for item in ordered}

    def with_item(self, item: Item) -> "Snapshot":
        """Return the snapshot with *item* added, or in place of the one with the same namespace and iid."""
        if item.is_epic:
            return replace(self, epic=item)
        rest = tuple(
            child for child in self.children if (child.namespace, child.iid) != (item.namespace, item.iid)
        )
        return replace(self, children=(*rest, item))


@dataclass(frozen=True, slots=True)
class Desired:
    """What an engagement should look like in GitLab at one instant.

    ``due_now`` are the keys of items to create if they are missing. The other items of ``snapshot`` belong to the
    engagement too, but their day is past or beyond the horizon. ``sections`` are the managed sections of items that
    people have requested, by key and name.
    """

    snapshot: Snapshot
    due_now: frozenset[str]
    findings: tuple[Finding, ...] = ()
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
