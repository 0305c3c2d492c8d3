"""What a project has besides work items: merge requests, branches, CI/CD variables, pipeline schedules."""

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
    """A CI/CD variable of a project or a group."""

    key: str
    value: str = "x"
    is_protected: bool = False
    is_masked: bool = False
    is_hidden: bool = False
    environment_scope: str = "*"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch and its protection."""

    name: str
    is_protected: bool = True
    developers_can_merge: bool = False


def default_branches() -> list[Branch]:
    """Return the branches of a new project."""
    return [Branch("main")]


@dataclass(frozen=True, slots=True, eq=False)
class PipelineSchedule:
    """A pipeline schedule; it runs with the permissions of its owner, None if that account is deleted."""

    id: int
    description: str
    cron: str
    owner: User | None
    ref: str = "refs/heads/main"
    is_active: bool = True
    variables: tuple[tuple[str, str], ...] = ()
