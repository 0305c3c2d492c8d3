"""What a project has beside its items: merge requests, and what its pipelines get and are started by."""

from dataclasses import dataclass, field
from datetime import datetime

from psbot.sandbox.model import Namespace, User


@dataclass(slots=True, eq=False)
class MergeNote:
    """A comment on a merge request."""

    id: int
    merge_request: "MergeRequest"
    author: User
    body: str
    created_at: datetime
    updated_at: datetime
    is_system: bool = False


@dataclass(slots=True, eq=False)
class MergeRequest:
    """A merge request; ``actions`` are the quick actions that notes have run on it."""

    id: int
    iid: int
    project: Namespace
    author: User
    title: str
    source_branch: str
    target_branch: str
    created_at: datetime
    state: str = "opened"
    merged_at: datetime | None = None
    commits: list[str] = field(default_factory=list)
    notes: list[MergeNote] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a project's pipelines; its value is nobody's business here."""

    key: str
    is_protected: bool = False
    is_masked: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """What starts a pipeline regularly, with the permissions of its owner."""

    id: int
    description: str
    cron: str
    owner: User
    ref: str = "refs/heads/main"
    is_active: bool = True
    variables: tuple[tuple[str, str], ...] = ()
