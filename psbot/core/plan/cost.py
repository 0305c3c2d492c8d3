"""What performing a plan costs: requests, notes, new work items."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from psbot.core.model.operations import (
    Close,
    CreateChild,
    CreateEpic,
    CreateLabel,
    Operation,
    PostNotice,
    Reassign,
)
from psbot.core.model.process import Limits

CREATIONS = (CreateEpic, CreateChild)
_BASE_READS = (
    3  # access and labels; epics with the labelled items; the children, or a check for a second epic
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: requests to GitLab, new notes, and new work items (labels not included)."""

    requests: int
    notes: int
    creations: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests + other.requests, self.notes + other.notes, self.creations + other.creations
        )


def plan_cost(operations: Iterable[Operation], limits: Limits) -> Cost:
    """Return what performing *operations* costs, including observation and the closing check."""
    operations = tuple(operations)
    labels, epics, children, people = (
        sum(isinstance(each, types) for each in operations)
        for types in (CreateLabel, CreateEpic, CreateChild, (*CREATIONS, Reassign))
    )
    notices = [each.note_gid for each in operations if isinstance(each, PostNotice)]
    notes = notices.count(None)
    updates = (each for each in operations if not isinstance(each, (*CREATIONS, CreateLabel, PostNotice)))
    updated = len({target(each) for each in updates})
    writes = epics + sum(
        ceil(count / batch_size(count, limits))
        for count in (labels, children, updated, notes, len(notices) - notes)
    )
    rechecks = (epics + children > 0) + (children > 0 and not epics)
    closed = sum(isinstance(each, Close) and each.item.note_count is not None for each in operations)
    rechecks += ceil(closed / limits.recheck_size)
    reads = _BASE_READS + (people > 0) + ceil(updated / limits.recheck_size) + rechecks
    return Cost(reads + writes, notes, epics + children)


def batch_size(count: int, limits: Limits) -> int:
    """Return how many of *count* writes go into one document, so that all connections are used."""
    return max(1, min(limits.batch, ceil(count / limits.connections)))


def target(operation: Operation) -> tuple[str, str]:
    """Return what an operation writes to: the label, or the item by its place."""
    if isinstance(operation, CreateLabel):
        return (operation.namespace, operation.spec.title)
    return (operation.item.namespace, str(operation.item.iid or operation.item.key))
