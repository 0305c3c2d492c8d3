"""Records attached to work items: label, state, weight and milestone events, time logs, reactions."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psbot.sandbox.state.accounts import User
    from psbot.sandbox.state.labels import Label, Milestone


@dataclass(frozen=True, slots=True, eq=False)
class LabelEvent:
    """A label added or removed; the action is ``add`` or ``remove``."""

    id: int
    user: "User"
    action: str
    label: "Label"
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class StateEvent:
    """An item closed or reopened."""

    id: int
    user: "User"
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class WeightEvent:
    """A weight set, or removed (None)."""

    id: int
    user: "User"
    weight: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class MilestoneEvent:
    """A milestone set or removed; the action is ``add`` or ``remove``."""

    id: int
    user: "User"
    action: str
    milestone: "Milestone"
    created_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Timelog:
    """Time that a user logged as spent, in seconds."""

    id: int
    user: "User"
    seconds: int
    spent_at: datetime
    summary: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Reaction:
    """An emoji reaction to an item or a note; *name* is without colons."""

    id: int
    user: "User"
    name: str
    created_at: datetime
