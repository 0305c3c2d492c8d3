"""What opens, or is closed, when its conditions hold, and alarms that people should hear."""

from psbot.core.model.facts import Facts
from psbot.core.model.workflow import Alarm
from psbot.core.workflow.guards import ask_all
from psbot.core.workflow.permission import refused
from psbot.core.workflow.progress import Progress


def opened(progress: Progress) -> Progress:
    """Return the progress after which no item is blocked whose gate is open."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        is_blocked = item.is_open and progress.facts.state(item) == workflow.blocked_state
        if not is_blocked or item.kind not in workflow.table.gates:
            continue
        answer = ask_all(workflow.table.gates[item.kind], progress.facts, item)
        progress = refused(progress.asking(answer.needs), answer.disputes)
        if answer.holds:
            progress = progress.relabelled(progress.item(item), "state", workflow.open_state, answer.reason)
    return progress


def finished(progress: Progress) -> Progress:
    """Return the progress after which what is done by the workflow is closed; what a person opened again stays."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        if not item.is_open or item.kind not in workflow.table.closes:
            continue
        answer = ask_all(workflow.table.closes[item.kind], progress.facts, item)
        progress = refused(progress.asking(answer.needs), answer.disputes)
        if not answer.holds:
            continue
        progress = progress.asking(progress.facts.unread(item))
        history = progress.facts.history(item)
        if (history is None or history.last_state(True)) and not progress.facts.presumes:
            continue
        progress = progress.relabelled(item, "state", workflow.finished_state, answer.reason)
        progress = progress.switched(progress.item(item), False, answer.reason)
        progress = progress.without("does-not-count", item)  # done by an outsider or not, it is done now
    return progress


def alarmed(progress: Progress) -> Progress:
    """Return the progress with a finding for each alarm that stands."""
    for alarm in progress.facts.process.workflow.table.alarms:
        if alarm.phase == progress.facts.phase:
            progress = _alarmed(progress, alarm, progress.facts)
    return progress


def _alarmed(progress: Progress, alarm: Alarm, facts: Facts) -> Progress:
    reached, excuse = ask_all(alarm.when, facts), ask_all(alarm.unless, facts)
    epic = facts.observed.epic
    if not reached.holds or epic is None:
        return progress
    progress = progress.asking(excuse.needs)
    if alarm.unless and excuse.holds:
        return progress
    if alarm.unless and excuse.holds is None:
        return progress.unchecked(excuse.reason, epic, excuse.needs)
    said = [f"the phase is {alarm.phase} and {reached.reason}", excuse.reason, alarm.hint]
    return progress.finding(alarm.code, "; ".join(filter(None, said)), epic)
