"""Whether an engagement wants an item, and why (not): asked for one item, as ``desired`` decides for all."""

from psbot.core.desired.schedule import Draft, Situation, drafts, is_wanted
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.process import Kind, Repeat, Stage
from psbot.core.model.verdict import Answer

_NOT_THERE = {
    Repeat.CALL: "the file's calls do not fall on that day",
    Repeat.STANDUP: "the file's standups have no such week",
    Repeat.MILESTONE: "the file has no such milestone",
    Repeat.ONCE: "the process has no such item",
}


def wanted(key: str, kind: Kind, facts: Facts) -> Answer:
    """Answer whether the engagement has, or would make, the item *key*; ``facts.phase`` is where it stands."""
    situation = Situation(facts.engagement, facts.process, facts.today)
    draft = drafts(situation).get(key)
    if draft is None:
        return _left_out(key, kind, facts.engagement)
    workflow = facts.process.workflow
    if key in facts.observed.by_key():
        return Answer(True, _as_planned(draft))
    if facts.phase in workflow.final_phases:
        return Answer(False, f"the engagement is {facts.phase}, and nothing is made any more")
    if not draft.is_due:
        return Answer(False, _not_yet(draft, kind, situation))
    if kind.is_occurrence and facts.phase in workflow.table.resting_phases:
        return Answer(False, f"while the engagement is {facts.phase}, no calls and standups are made")
    if kind.is_occurrence:
        return Answer(True, f"it is due on {draft.due_on}, within {facts.process.horizon_days} days")
    return Answer(True, _as_planned(draft))


def _as_planned(draft: Draft) -> str:
    return "the engagement file has it" + (f", due {draft.due_on}" if draft.due_on else "")


def _left_out(key: str, kind: Kind, engagement: Engagement) -> Answer:
    if why := engagement.skip.get(key) or engagement.skip.get(kind.name):
        return Answer(False, f"the engagement file leaves it out: {why}")
    if not is_wanted(kind, engagement):
        only = " and ".join(f"{name} is {value}" for name, value in kind.only.items())
        return Answer(False, f"the process has it only where {only}")
    if kind.repeat is Repeat.ON_DEMAND:
        return Answer(True, "people open it when they need it; psbot makes none and closes none")
    return Answer(False, _NOT_THERE[kind.repeat])


def _not_yet(draft: Draft, kind: Kind, situation: Situation) -> str:
    if kind.wanted_from is Stage.WON and not situation.is_won:
        return "the deal is not Closed Won, and it comes with that"
    if draft.due_on and draft.due_on < situation.today:
        return f"its day, {draft.due_on}, is past, and psbot makes nothing afterwards"
    days = situation.process.horizon_days
    return f"its day, {draft.due_on}, is further off than {days} days, the horizon; psbot makes it later"
