"""The operations of a plan, one class for each: what psbot writes to GitLab, on which item, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import ClassVar

from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, LabelSpec
from psbot.core.text.marker import parse_marker, with_marker, with_section


@dataclass(frozen=True, slots=True)
class CreateLabel:
    """Create a label of the catalogue in the label group."""

    op: ClassVar[str] = "create-label"
    namespace: str
    spec: LabelSpec
    reason: str = "the label group does not have this label of the catalogue"


@dataclass(frozen=True, slots=True)
class CreateEpic:
    """Create the epic of the engagement."""

    op: ClassVar[str] = "create-epic"
    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class CreateChild:
    """Create a child item below the epic, with a relation to each of the items ``linked``."""

    op: ClassVar[str] = "create-child"
    item: Item
    reason: str
    is_occurrence: bool = False
    linked: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Relabel:
    """Add and remove labels."""

    op: ClassVar[str] = "relabel"
    item: Item
    delta: LabelDelta
    reason: str


@dataclass(frozen=True, slots=True)
class Retitle:
    """Change the title of an item to that of the file."""

    op: ClassVar[str] = "retitle"
    item: Item
    after: str
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Change the dates of an item to those of the file."""

    op: ClassVar[str] = "reschedule"
    item: Item
    start_on: date | None
    due_on: date | None
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Reassign:
    """Change the assignee of an item to that of the file."""

    op: ClassVar[str] = "reassign"
    item: Item
    after: tuple[str, ...]
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Redescribe:
    """Update managed sections, restore the marker, or put the item back below the epic; text of people does not change.

    ``parent`` is the global id of that epic. ``memory`` is what the marker remembers about the sections.
    """

    op: ClassVar[str] = "redescribe"
    item: Item
    sections: Mapping[str, str] = field(default_factory=dict)
    marker: str | None = None
    reason: str = ""
    parent: str | None = None
    memory: Mapping[str, str] = field(default_factory=dict)

    def apply_to(self, description: str) -> str:
        """Return *description* with the new sections, marker and memory; text of people does not change."""
        text = reduce(lambda before, each: with_section(before, *each), self.sections.items(), description)
        marker = parse_marker(self.marker or text)
        return with_marker(text, marker.with_memory(self.memory)) if marker else text


@dataclass(frozen=True, slots=True)
class Close:
    """Close an item and set its state label; a duplicate refers to the item that stays."""

    op: ClassVar[str] = "close"
    item: Item
    delta: LabelDelta
    reason: str
    duplicate_of: Item | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Reopen a closed item."""

    op: ClassVar[str] = "reopen"
    item: Item
    delta: LabelDelta
    reason: str


@dataclass(frozen=True, slots=True)
class PostNotice:
    """Post a notice on an item, or edit it in the note with the global id ``note_gid``.

    ``mentions`` are the usernames whom GitLab notifies of a new notice.
    """

    op: ClassVar[str] = "post-notice"
    item: Item
    identity: str
    body: str
    reason: str
    note_gid: str | None = None
    mentions: tuple[str, ...] = ()


ItemOperation = (
    CreateEpic
    | CreateChild
    | Relabel
    | Retitle
    | Reschedule
    | Reassign
    | Redescribe
    | Close
    | Reopen
    | PostNotice
)
Operation = CreateLabel | ItemOperation
