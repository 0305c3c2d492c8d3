"""Observe, plan, apply, until GitLab has what the engagement file says, or a limit is reached."""

from collections.abc import Callable

from psbot.apply.preflight import check_labeller
from psbot.apply.receipt import Applied
from psbot.core.model.engagement import Engagement
from psbot.core.plan.plan import Plan
from psbot.errors import PsbotError
from psbot.runs.attempt import _Progress
from psbot.runs.plans import Drawn
from psbot.runs.work import Reconciled, Work, _plan


def reconcile(
    engagement: Engagement,
    work: Work,
    approve: Callable[[Plan], None] = lambda _: None,
    begun: Drawn | None = None,
    *,
    is_bound: bool = False,
) -> Reconciled:
    """Bring GitLab in line with *engagement* and return what happened.

    *approve* sees the first plan and may raise; where *is_bound*, nothing that people review is done later on that
    was not in that plan. *begun* saves the first look and plan. Raises PsbotError for what is found before the first
    write; afterwards errors are in the result, beside the receipts.
    """
    first, looked = begun or _plan(engagement, work, work.look(work.tools.reader, engagement, work.process))
    approve(first)
    progress = _Progress(engagement, work, first, is_bound)
    if first.is_empty:
        return progress.result()
    work.check_author(engagement, looked.account, work.process)
    check_labeller(engagement, looked.account, looked.label_level, first)
    work.acquainted.check(first, work.tools.reader)
    errors: list[PsbotError] = []
    steps: tuple[Callable[[], None], ...] = (
        lambda: progress.rounds(first, looked),
        progress.close_duplicates,
    )
    for step in steps:
        try:
            step()
        except PsbotError as error:
            errors.append(error)
    return progress.result(*errors[:1])


def carry_on(engagement: Engagement, work: Work, begun: Plan, applied: Applied) -> Reconciled:
    """Bring to an end what was *begun* together with other engagements, and did not get through at once.

    *applied* is what came of it so far. GitLab is looked at again first, so nothing is done twice.
    """
    progress = _Progress(engagement, work, begun, is_bound=False)
    try:
        progress.go_on(applied)
    except PsbotError as error:
        return progress.result(error)
    return progress.result()
