"""Users, tokens, groups, projects and their members."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum


class AccessLevel(IntEnum):
    """Roles by their access level in GitLab's members API."""

    NONE = 0
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50


class UserKind(StrEnum):
    """The kind of an account."""

    HUMAN = "human"
    SERVICE_ACCOUNT = "service_account"
    PROJECT_BOT = "project_bot"
    GHOST = "ghost"


class Edition(StrEnum):
    """The licensed edition of the instance."""

    FREE = "free"
    PREMIUM = "premium"
    ULTIMATE = "ultimate"


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
        """Tell whether GitLab flags the account as a bot."""
        return self.kind not in (UserKind.HUMAN, UserKind.GHOST)


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
    """A group or a project; ``id`` is unique among groups or among projects, ``namespace_id`` among both."""

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
    has_issues: bool = True
    shares: "list[Share]" = field(default_factory=list)

    @property
    def is_read_only(self) -> bool:
        """Tell whether this or an ancestor is archived."""
        return any(one.is_archived for one in self.self_and_ancestors)

    @property
    def self_and_ancestors(self) -> "list[Namespace]":
        """Return this namespace and its ancestors, nearest first."""
        return [self, *(self.parent.self_and_ancestors if self.parent else ())]


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A group invited to a namespace; its members get their own access level, at most *access_level*."""

    group: Namespace
    access_level: AccessLevel


@dataclass(slots=True, eq=False)
class Membership:
    """A direct membership."""

    id: int
    user: User
    namespace: Namespace
    access_level: AccessLevel
    created_at: datetime
    expires_on: date | None = None
