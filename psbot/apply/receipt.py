"""What became of the operations of a plan: a receipt for each."""

from dataclasses import dataclass
from enum import StrEnum

from psbot.core.model.operations import Operation
from psbot.errors import GitLabError

STOPPED_BEFORE = "not sent: the run stopped before this operation"


class Outcome(StrEnum):
    """What became of one operation."""

    DONE = "done"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    CHANGED_MEANWHILE = "moved"
    PENDING = "left"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened to one operation; ``reason`` is why it is not done.

    With ``may_be_done``, GitLab refused what the operation was sent with, but may have carried it out itself.
    """

    operation: Operation
    outcome: Outcome
    iid: int | None = None
    url: str | None = None
    reason: str = ""
    gid: str | None = None
    may_be_done: bool = False

    @property
    def was_not_sent(self) -> bool:
        """Tell whether the run ended before it, so that it can be sent without reading first what became of it."""
        return self.outcome is Outcome.PENDING and self.reason == STOPPED_BEFORE


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """Receipts of all operations; the error that halted them, and when the last unclear write was sent."""

    receipts: tuple[Receipt, ...]
    error: GitLabError | None = None
    sent_at: float = 0.0
