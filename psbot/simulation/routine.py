"""The actions people take on time without a script; kinds are known by their rules in config/ only."""

from collections.abc import Iterator
from datetime import date

from psbot.core.model.process import Kind, Process, Repeat
from psbot.sandbox.state.model import WorkItem
from psbot.simulation.actions import Action, Script, Verb
from psbot.simulation.fixture import NEW_ENGINEER, Fixture

_CLOSED_WON_LEAD_DAYS = 10  # business days before the kick-off at which a quote is won
_CUSTOMER_ANSWER_DAYS = 2  # business days from an acceptance request to the customer's answer


def routine_file_edits(fixture: Fixture, script: Script, today: date) -> Iterator[Action]:
    """Yield today's edits of the engagement file: the quote is won in time, then an engineer is named."""
    engagement, keys = fixture.engagement, script.edited_keys
    if not _is_working_day(fixture, script, today):
        return
    won_by = engagement.workdays.before(engagement.kick_off_on, _CLOSED_WON_LEAD_DAYS)
    won_on = engagement.closed_won_on
    if won_on is None and "closed_won_on" not in keys and won_by <= today:
        yield Action(engagement.manager, Verb.EDIT, value={"closed_won_on": today.isoformat()})
    if won_on and won_on < today and not engagement.engineers and "people.engineers" not in keys:
        yield Action(engagement.manager, Verb.EDIT, value={"people": {"engineers": [NEW_ENGINEER]}})


def routine_item_actions(fixture: Fixture, script: Script, today: date) -> Iterator[Action]:
    """Yield what people do in GitLab today, on the items that the script does not control."""
    if not _is_working_day(fixture, script, today):
        return
    for key, item in sorted(fixture.items().items()):
        if (
            item.is_open
            and not item.is_epic
            and key not in script.scripted_items
            and (kind := _kind_of(fixture, item))
        ):
            yield from _item_actions(fixture, kind, key, item, today)


def _is_working_day(fixture: Fixture, script: Script, today: date) -> bool:
    """Tell whether people work: on business days, unless the engagement is paused or finished."""
    workflow = fixture.process.workflow
    is_idle = fixture.phase in workflow.rules.resting_phases | workflow.final_phases
    return script.has_routine and not is_idle and fixture.engagement.workdays.is_business_day(today)


def _kind_of(fixture: Fixture, item: WorkItem) -> Kind | None:
    return fixture.process.kinds.get(fixture.label_value("kind", item) or "")


def _item_actions(fixture: Fixture, kind: Kind, key: str, item: WorkItem, today: date) -> Iterator[Action]:
    """Yield what people do to one open item: start one business day before it is due, close it on the due date."""
    workflow, days = fixture.process.workflow, fixture.engagement.workdays
    state, due = fixture.label_value("state", item), item.due_on
    if due is None or state == workflow.blocked_state:
        return
    who = item.assignees[0].username if item.assignees else fixture.engagement.manager
    if kind.name in _kinds_with_acceptance(fixture.process):
        yield from _acceptance_actions(fixture, who, key, item, today)
    elif due <= today:
        yield Action(who, Verb.CLOSE, key)
    elif kind.repeat is Repeat.ONCE and state == workflow.open_state and days.before(due, 1) <= today:
        yield Action(who, Verb.LABEL, key, {"state": workflow.working_state})


def _kinds_with_acceptance(process: Process) -> frozenset[str]:
    return frozenset(
        str(each.argument) for each in process.workflow.rules.conditions() if each.guard == "accepted"
    )


def _acceptance_actions(
    fixture: Fixture, who: str, key: str, item: WorkItem, today: date
) -> Iterator[Action]:
    """Yield the steps of an acceptance: send the request when due, record the customer's answer, close the item."""
    acceptance, value = fixture.process.workflow.rules.acceptance, fixture.label_value("signoff", item)
    if acceptance is None or item.due_on is None:
        return
    if value is None and item.due_on <= today:
        yield Action(who, Verb.LABEL, key, {"signoff": acceptance.sent})
    answered = sorted(acceptance.accepted - {acceptance.passive})
    if value == acceptance.sent and _is_answer_due(fixture, item, today) and answered:
        yield Action(who, Verb.LABEL, key, {"signoff": answered[0]})
    if value in acceptance.accepted:
        yield Action(who, Verb.CLOSE, key)


def _is_answer_due(fixture: Fixture, item: WorkItem, today: date) -> bool:
    engagement, scope = fixture.engagement, fixture.process.catalogue.scopes["signoff"].name
    sent = [event.created_at for event in item.label_events if event.label.scope == scope]
    return engagement.workdays.after(engagement.today(sent[-1]), _CUSTOMER_ANSWER_DAYS) <= today
