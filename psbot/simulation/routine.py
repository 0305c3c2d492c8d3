"""What sensible people do without being told: their work, on the day it is due; it knows kinds by their rules only."""

from collections.abc import Iterator
from datetime import date

from psbot.core.model.process import Kind, Process, Repeat
from psbot.sandbox.state.model import WorkItem
from psbot.simulation.actions import Deed, Script, Verb
from psbot.simulation.fixture import NEW_ENGINEER, Stage

_WON_BEFORE = 10  # business days before the kick-off, for a file that is still a quote
_CUSTOMER_TAKES = 2  # business days from an acceptance request to the customer's answer


def paperwork(stage: Stage, script: Script, today: date) -> Iterator[Deed]:
    """Yield what people edit in the file on *today*: the deal is won in good time, and then an engineer is named."""
    engagement, keys = stage.sheet.engagement, script.keys
    if not _is_at_work(stage, script, today):
        return
    won_by = engagement.workdays.before(engagement.kick_off_on, _WON_BEFORE)
    won_on = engagement.closed_won_on
    if won_on is None and "closed_won_on" not in keys and won_by <= today:
        yield Deed(engagement.manager, Verb.EDIT, value={"closed_won_on": today.isoformat()})
    if won_on and won_on < today and not engagement.engineers and "people.engineers" not in keys:
        yield Deed(engagement.manager, Verb.EDIT, value={"people": {"engineers": [NEW_ENGINEER]}})


def work(stage: Stage, script: Script, today: date) -> Iterator[Deed]:
    """Yield what people do on *today* in GitLab, on what the script leaves to them."""
    if not _is_at_work(stage, script, today):
        return
    for key, item in sorted(stage.items().items()):
        if item.is_open and not item.is_epic and key not in script.items and (kind := _kind(stage, item)):
            yield from _on_item(stage, kind, key, item, today)


def _is_at_work(stage: Stage, script: Script, today: date) -> bool:
    """Tell whether people work: on business days, while the engagement neither rests nor is over."""
    workflow = stage.process.workflow
    is_idle = stage.phase in workflow.table.resting_phases | workflow.final_phases
    return script.has_routine and not is_idle and stage.sheet.engagement.workdays.is_business_day(today)


def _kind(stage: Stage, item: WorkItem) -> Kind | None:
    return stage.process.kinds.get(stage.value("kind", item) or "")


def _on_item(stage: Stage, kind: Kind, key: str, item: WorkItem, today: date) -> Iterator[Deed]:
    """Yield what is to be done on one open item: it is taken up the business day before it is due, and closed then."""
    workflow, days = stage.process.workflow, stage.sheet.engagement.workdays
    state, due = stage.value("state", item), item.due_on
    if due is None or state == workflow.blocked_state:
        return
    who = item.assignees[0].username if item.assignees else stage.sheet.engagement.manager
    if kind.name in _accepted_kinds(stage.process):
        yield from _acceptance(stage, who, key, item, today)
    elif due <= today:
        yield Deed(who, Verb.CLOSE, key)
    elif kind.repeat is Repeat.ONCE and state == workflow.open_state and days.before(due, 1) <= today:
        yield Deed(who, Verb.LABEL, key, {"state": workflow.working_state})


def _accepted_kinds(process: Process) -> frozenset[str]:
    return frozenset(
        str(each.argument) for each in process.workflow.table.conditions() if each.guard == "accepted"
    )


def _acceptance(stage: Stage, who: str, key: str, item: WorkItem, today: date) -> Iterator[Deed]:
    """Yield the way of an acceptance: the request is sent when it is due, the customer answers, it is written down."""
    acceptance, value = stage.process.workflow.table.acceptance, stage.value("signoff", item)
    if acceptance is None or item.due_on is None:
        return
    if value is None and item.due_on <= today:
        yield Deed(who, Verb.LABEL, key, {"signoff": acceptance.sent})
    answered = sorted(acceptance.accepted - {acceptance.passive})
    if value == acceptance.sent and _is_answered(stage, item, today) and answered:
        yield Deed(who, Verb.LABEL, key, {"signoff": answered[0]})
    if value in acceptance.accepted:
        yield Deed(who, Verb.CLOSE, key)


def _is_answered(stage: Stage, item: WorkItem, today: date) -> bool:
    engagement, scope = stage.sheet.engagement, stage.process.catalogue.scopes["signoff"].name
    sent = [event.created_at for event in item.label_events if event.label.scope == scope]
    return engagement.workdays.after(engagement.today(sent[-1]), _CUSTOMER_TAKES) <= today
