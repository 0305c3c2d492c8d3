"""What a GitLab instance holds: people, namespaces, labels, work items, notes and events."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Access(IntEnum):
    """Roles by their number in GitLab's members API."""

    NONE = 0
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class UserKind(StrEnum):
    """What GitLab takes an account for."""

    HUMAN = "human"
    SERVICE_ACCOUNT = "service_account"
    PROJECT_BOT = "project_bot"


class Edition(StrEnum):
    """What the instance is licensed for."""

    FREE = "free"
    PREMIUM = "premium"
    ULTIMATE = "ultimate"


class ItemType(StrEnum):
    """Work item types, by the name GraphQL filters with."""

    EPIC = "EPIC"
    ISSUE = "ISSUE"
    TASK = "TASK"
    INCIDENT = "INCIDENT"
    TICKET = "TICKET"


@dataclass(slots=True, eq=False)
class User:
    """An account."""

    id: int
    username: str
    name: str
    kind: UserKind = UserKind.HUMAN
    state: str = "active"
    is_admin: bool = False

    @property
    def is_bot(self) -> bool:
        """Tell whether GitLab flags the account as no person's."""
        return self.kind is not UserKind.HUMAN


@dataclass(slots=True, eq=False)
class Token:
    """A personal, group or project access token."""

    id: int
    value: str
    user: User
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_on: date | None = None
    is_revoked: bool = False


@dataclass(slots=True, eq=False)
class Namespace:
    """A group or a project; ``id`` counts within its kind, ``namespace_id`` over both."""

    id: int
    namespace_id: int
    is_group: bool
    path: str
    name: str
    parent: "Namespace | None"
    created_at: datetime
    visibility: str = "private"
    description: str = ""
    full_path: str = ""
    is_archived: bool = False

    @property
    def lineage(self) -> "list[Namespace]":
        """Return this namespace and its ancestors, nearest first."""
        return [self, *(self.parent.lineage if self.parent else ())]


@dataclass(slots=True, eq=False)
class Membership:
    """A direct membership."""

    id: int
    user: User
    namespace: Namespace
    access: Access
    created_at: datetime
    expires_on: date | None = None


@dataclass(slots=True, eq=False)
class Label:
    """A group's or a project's label."""

    id: int
    namespace: Namespace
    title: str
    color: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None

    @property
    def scope(self) -> str:
        """Return everything before the last ``::``; empty for a plain label."""
        return self.title.rpartition("::")[0]


@dataclass(slots=True, eq=False)
class Milestone:
    """A project's or a group's milestone."""

    id: int
    iid: int
    namespace: Namespace
    title: str
    created_at: datetime
    due_on: date | None = None
    start_on: date | None = None
    state: str = "active"
    description: str = ""


@dataclass(slots=True, eq=False)
class Note:
    """A comment or a system note; synthetic ones stand for label and state events."""

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


@dataclass(frozen=True, slots=True, eq=False)
class LabelEvent:
    """A label put on or taken off; the label is None once it has been deleted."""

    id: int
    user: User
    action: str
    label: Label
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class StateEvent:
    """An item closed or reopened."""

    id: int
    user: User
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Timelog:
    """Time somebody says to have spent, in seconds."""

    id: int
    user: User
    seconds: int
    spent_at: datetime
    summary: str = ""


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
    links: list[Link] = field(default_factory=list)

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
    """Somebody who would get a message or a to-do: who, why, about what, caused by whom."""

    username: str
    reason: str
    reference: str
    title: str
    actor: str
    at: datetime
