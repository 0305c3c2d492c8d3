"""Receipt."""

from dataclasses import dataclass
from enum import StrEnum

from psbot.core.model.operations import Operation
from psbot.errors import GitLabError

STOPPED_BEFORE = "stopped before it"


class Outcome(StrEnum):
    """What became of one operation."""

    DONE = "done"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    CHANGED_MEANWHILE = "moved"
    PENDING = "left"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened to one operation; ``reason`` says why it is not done."""

    operation: Operation
    outcome: Outcome
    iid: int | None = None
    url: str | None = None
    reason: str = ""
    gid: str | None = None

    @property
    def was_not_sent(self) -> bool:
        """Tell whether the run ended before it, so that it can be sent without a look at what became of it."""
        return self.outcome is Outcome.PENDING and self.reason == STOPPED_BEFORE


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """Receipts of all operations; what halted them, and when the last write without a clear answer was sent."""

    receipts: tuple[Receipt, ...]
    error: GitLabError | None = None
    sent_at: float = 0.0
