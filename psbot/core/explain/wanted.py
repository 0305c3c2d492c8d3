"""Whether an engagement has, or should have, one item, and why; ``desired`` decides the same for all items."""

from psbot.core.desired.schedule import Context, ScheduledItem, is_applicable, schedule
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.process import Kind, Repeat, Stage
from psbot.core.model.verdict import Verdict

_NOT_SCHEDULED = {
    Repeat.CALL: "the engagement file schedules no call on that day",
    Repeat.STANDUP: "the engagement file schedules no standup in that week",
    Repeat.MILESTONE: "the engagement file has no such milestone",
    Repeat.ONCE: "the process has no such item",
}


def why_wanted(key: str, kind: Kind, facts: Facts) -> Verdict:
    """Return whether the engagement has, or would create, the item *key* in the phase ``facts.phase``."""
    context = Context(facts.engagement, facts.process, facts.today)
    scheduled = schedule(context).get(key)
    if scheduled is None:
        return _why_excluded(key, kind, facts.engagement)
    workflow = facts.process.workflow
    if key in facts.observed.by_key():
        return Verdict(True, _planned_text(scheduled))
    if facts.phase in workflow.final_phases:
        return Verdict(False, f"the engagement is {facts.phase}; no items are created")
    if not scheduled.is_due:
        return Verdict(False, _why_not_due(scheduled, kind, context))
    if kind.is_occurrence and facts.phase in workflow.rules.resting_phases:
        return Verdict(False, f"no calls or standups are created while the engagement is {facts.phase}")
    if kind.is_occurrence:
        return Verdict(
            True, f"due {scheduled.due_on}, within the {facts.process.horizon_days}-day planning horizon"
        )
    return Verdict(True, _planned_text(scheduled))


def _planned_text(scheduled: ScheduledItem) -> str:
    return "in the engagement file" + (f", due {scheduled.due_on}" if scheduled.due_on else "")


def _why_excluded(key: str, kind: Kind, engagement: Engagement) -> Verdict:
    if why := engagement.skip.get(key) or engagement.skip.get(kind.name):
        return Verdict(False, f"skipped in the engagement file: {why}")
    if not is_applicable(kind, engagement):
        only = " and ".join(f"{name} is {value}" for name, value in kind.only.items())
        return Verdict(False, f"created only where {only}")
    if kind.repeat is Repeat.ON_DEMAND:
        return Verdict(True, "created by people on demand; psbot neither creates nor closes it")
    return Verdict(False, _NOT_SCHEDULED[kind.repeat])


def _why_not_due(scheduled: ScheduledItem, kind: Kind, context: Context) -> str:
    if kind.wanted_from is Stage.WON and not context.is_won:
        return "the deal is not Closed Won yet"
    if scheduled.due_on and scheduled.due_on < context.today:
        return f"its date, {scheduled.due_on}, is past; psbot creates nothing for past dates"
    days = context.process.horizon_days
    return f"its date, {scheduled.due_on}, is beyond the {days}-day planning horizon; psbot creates it later"
