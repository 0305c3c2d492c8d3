"""Labels and milestones."""

from dataclasses import dataclass
from datetime import date, datetime

from psbot.sandbox.state.accounts import Namespace


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
    is_archived: bool = False

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
