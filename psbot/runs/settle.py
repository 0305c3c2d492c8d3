"""Waiting: until GitLab shows what became of an unclear answer, and as long as a rate limit asks for."""

from collections.abc import Collection

from psbot.core.model.engagement import Engagement
from psbot.core.text.quantity import quantity
from psbot.errors import GitLabError
from psbot.gitlab.ports import LimitReached, RateLimited
from psbot.runs.ledger import OperationKey, operation_key
from psbot.runs.plans import Planned
from psbot.runs.work import RunContext

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 16.0
RESUME = "run again; psbot resumes where it stopped"


def settle(
    engagement: Engagement,
    context: RunContext,
    expected: Collection[OperationKey],
    sent_at: float,
    remaining: int,
) -> Planned:
    """Observe and plan until no operation of *expected* is planned any more: GitLab has carried them all out.

    Ends as well when GitLab cannot be at work on them any more. *sent_at* is when the last of them was sent,
    *remaining* the number of operations that are not done. Raises LimitReached when the run is stopped.
    """
    final_at = sent_at + context.tools.limits.settle_seconds
    pause = _FIRST_PAUSE
    while True:
        planned = _try_to_plan(engagement, context, final_at)
        if planned is not None:
            missing = set(expected) & {operation_key(each) for each in planned[0].operations}
            if not missing or context.tools.clock() >= final_at:
                return planned
            context.echo(
                f"{engagement.key}: GitLab does not yet show the result of {quantity(len(missing), 'operation')}; "
                "checking again"
            )
        if context.tools.should_stop():
            raise stopped(engagement, remaining)
        context.wait_budget.sleep(min(pause, max(0.1, final_at - context.tools.clock())))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _try_to_plan(engagement: Engagement, context: RunContext, final_at: float) -> Planned | None:
    """Observe and plan; None where reading fails before *final_at*, so that it is tried again."""
    began_at = context.tools.clock()
    try:
        return context.plan(engagement, context.observe(engagement))
    except GitLabError:
        if began_at >= final_at:
            raise
        return None


def wait_for_rate_limit(
    engagement: Engagement, context: RunContext, error: RateLimited, remaining: int
) -> None:
    """Wait as long as GitLab asks; raises LimitReached where that is more than the run may wait."""
    if not context.wait_budget.try_pause(max(1.0, error.seconds), error.message):
        raise LimitReached(
            f"{engagement.key}: GitLab asks for a pause of {error.seconds:.0f} s, more than this run may wait; "
            f"{operations_remain(remaining)}",
            "run again later; psbot resumes where it stopped",
        )


def stopped(engagement: Engagement, remaining: int) -> LimitReached:
    """Return the error for a run that was stopped on request."""
    return LimitReached(f"{engagement.key}: stopped on request; {operations_remain(remaining)}", RESUME)


def operations_remain(number: int) -> str:
    """Return the sentence that *number* operations remain."""
    return "1 operation remains" if number == 1 else f"{number} operations remain"
