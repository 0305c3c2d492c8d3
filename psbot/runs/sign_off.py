"""``psbot sign-off``: choose the sign-off, reject what contradicts its record, and plan what records it."""

from collections.abc import Sequence

from psbot.core.desired.schedule import Context, ScheduledItem
from psbot.core.model.engagement import Engagement
from psbot.core.records import phase
from psbot.core.workflow.sign_off import (
    SignOffEntry,
    SignOffUpdate,
    problems_with,
    record_sign_off,
    sign_offs,
)
from psbot.errors import PsbotError
from psbot.runs.plans import PlanInput, Planned, Planner, check_projects

_NOTHING = "nothing was recorded"


def plan_sign_off(entry: SignOffEntry) -> Planner:
    """Return the planner that records *entry*.

    It raises PsbotError where the sign-off is ambiguous or not in GitLab, and where *entry* contradicts its record.
    """

    def plan(given: PlanInput) -> Planned:
        engagement, process, observed = given.engagement, given.process, given.snapshot
        check_projects(engagement, given.observation, process)
        if ended := phase.final_phase_finding(observed.epic, process):
            raise PsbotError(f"{engagement.key}: {ended.message}", _NOTHING)
        context = Context(engagement, process, engagement.today(given.now))
        scheduled = choose_sign_off(engagement, sign_offs(context), entry.milestone)
        item, acceptance = observed.by_key().get(scheduled.key), process.workflow.rules.acceptance
        if item is None or acceptance is None:
            raise PsbotError(
                f"{engagement.key}: {scheduled.key} is not in GitLab", "run psbot apply on its file first"
            )
        value = process.catalogue.value("signoff", item.labels)
        update = SignOffUpdate(context, acceptance, item, value, entry)
        if problems := list(problems_with(update)):
            raise PsbotError(f"{engagement.key}: {'; '.join(problems)}", _NOTHING)
        return record_sign_off(update, observed, given.templates), given.observation

    return plan


def choose_sign_off(
    engagement: Engagement, scheduled: Sequence[ScheduledItem], milestone: str | None
) -> ScheduledItem:
    """Return the sign-off of *milestone*, a name or key; raises PsbotError where there is none, or several."""
    if not scheduled:
        raise PsbotError(f"{engagement.key} has no sign-off", "see `skip:` in the engagement file")
    named = [(each, each.milestone) for each in scheduled]
    names = ", ".join(repr(each.name) for _, each in named if each) or "none"
    if milestone is None:
        if len(scheduled) > 1:
            raise PsbotError(
                f"{engagement.key} has several sign-offs", f"choose one with --milestone: {names}"
            )
        return scheduled[0]
    for item, each in named:
        if each and milestone in (each.name, each.key):
            return item
    raise PsbotError(
        f"{engagement.key} has no milestone {milestone!r} to sign off", f"milestones with a sign-off: {names}"
    )
