"""Observe, plan, apply, until GitLab has what the engagement file says, or a limit is reached."""

from collections.abc import Callable

from psbot.apply.preflight import check_label_permission
from psbot.apply.receipt import ApplyResult
from psbot.core.model.engagement import Engagement
from psbot.core.plan.plan import Plan
from psbot.errors import PsbotError
from psbot.runs.attempt import Attempt
from psbot.runs.plans import Planned
from psbot.runs.work import Reconciled, RunContext, plan_engagement


def reconcile(
    engagement: Engagement,
    context: RunContext,
    approve: Callable[[Plan], None] = lambda _: None,
    planned: Planned | None = None,
    *,
    only_reviewed: bool = False,
) -> Reconciled:
    """Bring GitLab in line with *engagement* and return what happened.

    *approve* sees the first plan and may raise; where *is_bound*, nothing that people review is done later on that
    was not in that plan. *begun* saves the first look and plan. Raises PsbotError for what is found before the first
    write; afterwards errors are in the result, beside the receipts.
    """
    first, looked = planned or plan_engagement(
        engagement, context, context.observe_one(context.tools.reader, engagement, context.process)
    )
    approve(first)
    progress = Attempt(engagement, context, first, only_reviewed)
    if first.is_empty:
        return progress.result()
    context.check_author(engagement, looked.account, context.process)
    check_label_permission(engagement, looked.account, looked.label_access_level, first)
    context.member_check.check(first, context.tools.reader)
    errors: list[PsbotError] = []
    steps: tuple[Callable[[], None], ...] = (
        lambda: progress.run_rounds(first, looked),
        progress.close_duplicates,
    )
    for step in steps:
        try:
            step()
        except PsbotError as error:
            errors.append(error)
    return progress.result(*errors[:1])


def finish(engagement: Engagement, context: RunContext, first_plan: Plan, applied: ApplyResult) -> Reconciled:
    """Bring to an end what was *begun* together with other engagements, and did not get through at once.

    *applied* is what came of it so far. GitLab is looked at again first, so nothing is done twice.
    """
    progress = Attempt(engagement, context, first_plan, only_reviewed=False)
    try:
        progress.resume(applied)
    except PsbotError as error:
        return progress.result(error)
    return progress.result()
