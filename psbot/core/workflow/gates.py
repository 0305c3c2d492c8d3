"""What opens, or is closed, when its conditions hold, and alarms that people should hear."""

from psbot.core.model.facts import Facts
from psbot.core.model.workflow import Alarm
from psbot.core.workflow.guards import evaluate_all
from psbot.core.workflow.permission import report_unauthorized
from psbot.core.workflow.progress import Progress


def open_gates(progress: Progress) -> Progress:
    """Return the progress after which no item is blocked whose gate is open."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        is_blocked = item.is_open and progress.facts.state(item) == workflow.blocked_state
        if not is_blocked or item.kind not in workflow.rules.gates:
            continue
        answer = evaluate_all(workflow.rules.gates[item.kind], progress.facts, item)
        progress = report_unauthorized(progress.with_needs(answer.needs), answer.unauthorized_changes)
        if answer.holds:
            progress = progress.with_label(
                progress.current(item), "state", workflow.open_state, answer.reason
            )
    return progress


def close_finished(progress: Progress) -> Progress:
    """Return the progress after which what is done by the workflow is closed; what a person opened again stays."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        if not item.is_open or item.kind not in workflow.rules.closes:
            continue
        answer = evaluate_all(workflow.rules.closes[item.kind], progress.facts, item)
        progress = report_unauthorized(progress.with_needs(answer.needs), answer.unauthorized_changes)
        if not answer.holds:
            continue
        progress = progress.with_needs(progress.facts.missing_history(item))
        history = progress.facts.history(item)
        if (history is None or history.last_state_event(True)) and not progress.facts.assume_authorized:
            continue
        progress = progress.with_label(item, "state", workflow.finished_state, answer.reason)
        progress = progress.with_open(progress.current(item), False, answer.reason)
        progress = progress.without_finding(
            "unauthorized-change", item
        )  # done by an outsider or not, it is done now
    return progress


def raise_alarms(progress: Progress) -> Progress:
    """Return the progress with a finding for each alarm that stands."""
    for alarm in progress.facts.process.workflow.rules.alarms:
        if alarm.phase == progress.facts.phase:
            progress = _raise_alarm(progress, alarm, progress.facts)
    return progress


def _raise_alarm(progress: Progress, alarm: Alarm, facts: Facts) -> Progress:
    reached, excuse = evaluate_all(alarm.when, facts), evaluate_all(alarm.unless, facts)
    epic = facts.observed.epic
    if not reached.holds or epic is None:
        return progress
    progress = progress.with_needs(excuse.needs)
    if alarm.unless and excuse.holds:
        return progress
    if alarm.unless and excuse.holds is None:
        return progress.with_unknown(excuse.reason, epic, excuse.needs)
    said = [f"the phase is {alarm.phase} and {reached.reason}", excuse.reason, alarm.hint]
    return progress.with_finding(alarm.code, "; ".join(filter(None, said)), epic)
