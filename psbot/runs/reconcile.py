"""Observe, plan, apply, until GitLab has what the engagement file says, or a limit is reached."""

from collections.abc import Callable, Iterator

from psbot.apply.preflight import ASSIGNEE_MISSING, check_label_permission
from psbot.apply.receipt import ApplyResult
from psbot.core.model.engagement import Engagement
from psbot.core.plan.plan import Plan
from psbot.errors import GitLabError, PsbotError
from psbot.runs.attempt import Attempt
from psbot.runs.plans import Planned
from psbot.runs.work import Reconciled, RunContext


def reconcile(
    engagement: Engagement,
    context: RunContext,
    approve: Callable[[Plan], None] = lambda _: None,
    planned: Planned | None = None,
    *,
    only_reviewed: bool = False,
) -> Reconciled:
    """Bring GitLab in line with *engagement* and return what happened.

    *approve* gets the first plan and may raise. With *only_reviewed*, of the operations that people review only those
    of the first plan are performed. *planned* is the first plan where it has been made already. Raises PsbotError for
    what is found before the first write; later errors are in the result, beside the receipts.
    """
    first, observation = planned or context.plan(engagement, context.observe(engagement))
    approve(first)
    attempt = Attempt(engagement, context, first, only_reviewed=only_reviewed)
    errors: list[PsbotError] = list(_missing_assignees(first))
    if first.is_empty:
        return attempt.result(*errors[:1])
    context.check_author(engagement, observation.account, context.process)
    check_label_permission(engagement, observation.account, observation.label_access_level, first)
    context.member_check.check(first, context.tools.reader)
    steps: tuple[Callable[[], None], ...] = (
        lambda: attempt.run_rounds(first, observation),
        attempt.close_duplicates,
    )
    for step in steps:
        try:
            step()
        except PsbotError as error:
            errors.insert(0, error)
    return attempt.result(*errors[:1])


def _missing_assignees(plan: Plan) -> Iterator[GitLabError]:
    """Yield the error for people whom GitLab cannot assign; everything else of the plan is done."""
    missing = [each.message for each in plan.findings if each.code == ASSIGNEE_MISSING]
    if missing:
        yield GitLabError(
            f"{plan.engagement}: {' '.join(missing)}", "everything else was done; run again after that"
        )


def finish(engagement: Engagement, context: RunContext, first_plan: Plan, applied: ApplyResult) -> Reconciled:
    """Finish *first_plan*, which was sent together with those of other engagements and met trouble.

    *applied* is what came of it so far. GitLab is observed again first, so nothing is done twice.
    """
    attempt = Attempt(engagement, context, first_plan, only_reviewed=False)
    try:
        attempt.resume(applied)
    except PsbotError as error:
        return attempt.result(error)
    return attempt.result()
