"""One frozen class a verb: what is to be written, with before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import ClassVar

from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, LabelSpec
from psbot.core.text import marker


@dataclass(frozen=True, slots=True)
class CreateLabel:
    """Make a label of the catalogue in the label group."""

    op: ClassVar[str] = "create-label"
    namespace: str
    spec: LabelSpec
    reason: str = "the catalogue has it, the label group does not"


@dataclass(frozen=True, slots=True)
class CreateEpic:
    """Make the engagement's epic."""

    op: ClassVar[str] = "create-epic"
    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class CreateChild:
    """Make a child item under the epic, linked as related to the items *linked*."""

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
    """Give an item the title of the file."""

    op: ClassVar[str] = "retitle"
    item: Item
    after: str
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Give an item the dates of the file."""

    op: ClassVar[str] = "reschedule"
    item: Item
    start_on: date | None
    due_on: date | None
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Reassign:
    """Give an item the assignee of the file."""

    op: ClassVar[str] = "reassign"
    item: Item
    after: tuple[str, ...]
    reason: str
    is_occurrence: bool = False


@dataclass(frozen=True, slots=True)
class Redescribe:
    """Rewrite managed sections, or give an item its marker or its place under the epic back; words stay.

    ``parent`` is the global id of the epic that the item is to hang under again, ``memory`` what the marker is to
    remember of what the sections say.
    """

    op: ClassVar[str] = "redescribe"
    item: Item
    sections: Mapping[str, str] = field(default_factory=dict)
    marker: str | None = None
    reason: str = ""
    parent: str | None = None
    memory: Mapping[str, str] = field(default_factory=dict)

    def apply_to(self, description: str) -> str:
        """Return *description* with its sections, marker and memory changed; people's words stay."""
        text = reduce(
            lambda words, each: marker.with_section(words, *each), self.sections.items(), description
        )
        note = marker.parse_marker(self.marker or text)
        return marker.with_marker(text, note.with_memory(self.memory)) if note else text


@dataclass(frozen=True, slots=True)
class Close:
    """Close an item and say, by its state label, why; a duplicate names the item that stays."""

    op: ClassVar[str] = "close"
    item: Item
    delta: LabelDelta
    reason: str
    duplicate_of: Item | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open a closed item again."""

    op: ClassVar[str] = "reopen"
    item: Item
    delta: LabelDelta
    reason: str


@dataclass(frozen=True, slots=True)
class PostNotice:
    """Post a notice on an item, or edit the note ``note`` (a global id) in which it stands.

    ``mentions`` are the usernames whom GitLab tells of a new one.
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
