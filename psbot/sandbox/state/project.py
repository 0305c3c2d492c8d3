"""What a project has beside its items: merge requests, and what its pipelines get and are started by."""

from dataclasses import dataclass, field
from datetime import datetime

from psbot.sandbox.state.accounts import Namespace, User


@dataclass(slots=True, eq=False)
class MergeRequestNote:
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
    notes: list[MergeRequestNote] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CiVariable:
    """A variable of the pipelines of a project, or of all projects of a group."""

    key: str
    value: str = "x"
    is_protected: bool = False
    is_masked: bool = False
    is_hidden: bool = False
    environment_scope: str = "*"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch, as far as it is protected."""

    name: str
    is_protected: bool = True
    developers_can_merge: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PipelineSchedule:
    """What starts a pipeline regularly, with the permissions of its owner, if that account still exists."""

    id: int
    description: str
    cron: str
    owner: User | None
    ref: str = "refs/heads/main"
    is_active: bool = True
    variables: tuple[tuple[str, str], ...] = ()
