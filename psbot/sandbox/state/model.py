"""Work items with their notes, links and notifications."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from psbot.sandbox.state.accounts import Namespace, User
from psbot.sandbox.state.events import LabelEvent, MilestoneEvent, Reaction, StateEvent, Timelog, WeightEvent
from psbot.sandbox.state.labels import Label, Milestone


class ItemType(StrEnum):
    """Work item types, by the name GraphQL filters with."""

    EPIC = "EPIC"
    ISSUE = "ISSUE"
    TASK = "TASK"
    INCIDENT = "INCIDENT"
    TICKET = "TICKET"


# The types that groups and projects can hold, with their IDs, which clients must look up.
GROUP_TYPES = {ItemType.EPIC: 8}
PROJECT_TYPES = {ItemType.ISSUE: 1, ItemType.INCIDENT: 2, ItemType.TASK: 5, ItemType.TICKET: 9}
TYPE_NAMES = {type_: type_.value.capitalize() for type_ in ItemType}


TOUCH_INTERVAL = timedelta(minutes=1)


@dataclass(slots=True, eq=False)
class Note:
    """A comment or a system note; a synthetic note represents a label, state or milestone event."""

    id: int
    discussion_id: str
    item: "WorkItem"
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    is_system: bool = False
    is_internal: bool = False
    is_thread: bool = False
    is_synthetic: bool = False
    action: str | None = None
    last_edited_at: datetime | None = None
    last_edited_by: User | None = None
    mentions: "WorkItem | None" = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A link between two items, from the first to the second."""

    id: int
    source: "WorkItem"
    target: "WorkItem"
    kind: str
    created_at: datetime


@dataclass(slots=True, eq=False)
class WorkItem:
    """An epic in a group, an issue or a task in a project."""

    id: int
    iid: int
    namespace: Namespace
    type: ItemType
    title: str
    author: User
    created_at: datetime
    updated_at: datetime
    description: str = ""
    is_open: bool = True
    confidential: bool = False
    is_locked: bool = False
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    parent: "WorkItem | None" = None
    children: "list[WorkItem]" = field(default_factory=list)
    start_on: date | None = None
    due_on: date | None = None
    has_fixed_dates: bool = False
    milestone: Milestone | None = None
    weight: int | None = None
    color: str = "#1068bf"
    estimate_seconds: int = 0
    timelogs: list[Timelog] = field(default_factory=list)
    closed_at: datetime | None = None
    closed_by: User | None = None
    last_edited_at: datetime | None = None
    last_edited_by: User | None = None
    moved_to: "WorkItem | None" = None
    duplicated_to: "WorkItem | None" = None
    lock_version: int = 0
    legacy_id: int = 0
    notes: list[Note] = field(default_factory=list)
    label_events: list[LabelEvent] = field(default_factory=list)
    state_events: list[StateEvent] = field(default_factory=list)
    weight_events: list[WeightEvent] = field(default_factory=list)
    milestone_events: list[MilestoneEvent] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def touch(self, at: datetime) -> None:
        """Move the time of the last update, at most once a minute: notes and labels alone move it no more often.

        GitLab, app/models/concerns/throttled_touch.rb@4555e1b2.
        """
        if at - self.updated_at > TOUCH_INTERVAL:
            self.updated_at = at

    @property
    def is_epic(self) -> bool:
        """Tell whether this is an epic."""
        return self.type is ItemType.EPIC

    @property
    def state(self) -> str:
        """Return the state as REST names it."""
        return "opened" if self.is_open else "closed"

    @property
    def reference(self) -> str:
        """Return the full reference: ``group&1`` or ``group/project#1``."""
        return f"{self.namespace.full_path}{'&' if self.is_epic else '#'}{self.iid}"

    @property
    def spent_seconds(self) -> int:
        """Return the sum of the time logs."""
        return sum(log.seconds for log in self.timelogs)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification or to-do: for whom, why, about which item, caused by whom."""

    username: str
    reason: str
    reference: str
    title: str
    actor: str
    at: datetime
