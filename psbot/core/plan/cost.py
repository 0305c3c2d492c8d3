"""Cost."""

from dataclasses import dataclass
from math import ceil

from psbot.core.model.process import Limits

BASE_READS = 3  # access and labels; epics with the labelled items; the children, or a look for a second epic


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs: requests to GitLab, notes, and work items made (labels do not count)."""

    requests: int
    notes: int
    creations: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests + other.requests, self.notes + other.notes, self.creations + other.creations
        )


def batch_size(count: int, limits: Limits) -> int:
    """Return how many of *count* writes go into one document, so that all connections have something to do."""
    return max(1, min(limits.batch, ceil(count / limits.connections)))
