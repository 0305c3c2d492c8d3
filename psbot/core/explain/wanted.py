"""Whether an engagement wants an item, and why (not): asked for one item, as ``desired`` decides for all."""

from psbot.core.desired.schedule import Context, ScheduledItem, is_applicable, schedule
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.process import Kind, Repeat, Stage
from psbot.core.model.verdict import Verdict

_NOT_SCHEDULED = {
    Repeat.CALL: "the file's calls do not fall on that day",
    Repeat.STANDUP: "the file's standups have no such week",
    Repeat.MILESTONE: "the file has no such milestone",
    Repeat.ONCE: "the process has no such item",
}


def why_wanted(key: str, kind: Kind, facts: Facts) -> Verdict:
    """Answer whether the engagement has, or would make, the item *key*; ``facts.phase`` is where it stands."""
    situation = Context(facts.engagement, facts.process, facts.today)
    draft = schedule(situation).get(key)
    if draft is None:
        return _why_excluded(key, kind, facts.engagement)
    workflow = facts.process.workflow
    if key in facts.observed.by_key():
        return Verdict(True, _planned_text(draft))
    if facts.phase in workflow.final_phases:
        return Verdict(False, f"the engagement is {facts.phase}, and nothing is made any more")
    if not draft.is_due:
        return Verdict(False, _why_not_due(draft, kind, situation))
    if kind.is_occurrence and facts.phase in workflow.rules.resting_phases:
        return Verdict(False, f"while the engagement is {facts.phase}, no calls and standups are made")
    if kind.is_occurrence:
        return Verdict(True, f"it is due on {draft.due_on}, within {facts.process.horizon_days} days")
    return Verdict(True, _planned_text(draft))


def _planned_text(scheduled: ScheduledItem) -> str:
    return "the engagement file has it" + (f", due {scheduled.due_on}" if scheduled.due_on else "")


def _why_excluded(key: str, kind: Kind, engagement: Engagement) -> Verdict:
    if why := engagement.skip.get(key) or engagement.skip.get(kind.name):
        return Verdict(False, f"the engagement file leaves it out: {why}")
    if not is_applicable(kind, engagement):
        only = " and ".join(f"{name} is {value}" for name, value in kind.only.items())
        return Verdict(False, f"the process has it only where {only}")
    if kind.repeat is Repeat.ON_DEMAND:
        return Verdict(True, "people open it when they need it; psbot makes none and closes none")
    return Verdict(False, _NOT_SCHEDULED[kind.repeat])


def _why_not_due(scheduled: ScheduledItem, kind: Kind, context: Context) -> str:
    if kind.wanted_from is Stage.WON and not context.is_won:
        return "the deal is not Closed Won, and it comes with that"
    if scheduled.due_on and scheduled.due_on < context.today:
        return f"its day, {scheduled.due_on}, is past, and psbot makes nothing afterwards"
    days = context.process.horizon_days
    return f"its day, {scheduled.due_on}, is further off than {days} days, the horizon; psbot makes it later"
