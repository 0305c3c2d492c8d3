"""Sending in rounds: what was not sent because GitLab asks for a pause is sent again after the pause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psbot.apply.apply import WriteTools, apply
from psbot.apply.item_update import IdLookup
from psbot.apply.receipt import ApplyResult
from psbot.core.model.operations import Operation
from psbot.core.plan.plan import Plan
from psbot.gitlab.ports import RateLimited
from psbot.gitlab.wait_budget import WaitBudget

_MAX_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Sender:
    """Where and with what operations are sent; ``name`` is used in messages instead of an engagement key."""

    name: str
    group: str
    ids: IdLookup
    tools: WriteTools
    wait_budget: WaitBudget

    def send_all(
        self,
        operations: Sequence[Operation],
        next_round: Callable[[ApplyResult], Sequence[Operation] | None],
    ) -> None:
        """Send *operations*, and after each round what *next_round* returns, until that is None.

        Between rounds psbot waits as long as GitLab asks. Ends early when the run is stopped, or may not wait so long.
        """
        todo: Sequence[Operation] | None = operations
        for _ in range(_MAX_ROUNDS):
            result = apply(Plan(self.name, tuple(todo or ())), self.group, self.ids, self.tools)
            todo = next_round(result)
            if todo is None or self.tools.should_stop() or not self._wait_if_limited(result):
                return

    def _wait_if_limited(self, result: ApplyResult) -> bool:
        """Wait as long as GitLab asks; return False where the run may not wait so long."""
        error = result.error
        if not isinstance(error, RateLimited):
            return True
        return self.wait_budget.try_pause(max(1.0, error.seconds), error.message)
