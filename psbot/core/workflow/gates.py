"""Opens gates and closes items when their conditions hold, and raises the alarms of workflow.yml."""

from psbot.core.model.facts import Facts
from psbot.core.model.workflow import Alarm
from psbot.core.workflow.guards import evaluate_all
from psbot.core.workflow.permission import report_unauthorized
from psbot.core.workflow.progress import Progress


def open_gates(progress: Progress) -> Progress:
    """Unblock items whose gate is open."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        is_blocked = item.is_open and progress.facts.state(item) == workflow.blocked_state
        if not is_blocked or item.kind not in workflow.rules.gates:
            continue
        verdict = evaluate_all(workflow.rules.gates[item.kind], progress.facts, item)
        progress = report_unauthorized(progress.with_needs(verdict.needs), verdict.unauthorized_changes)
        if verdict.holds:
            progress = progress.with_label(
                progress.current(item), "state", workflow.open_state, verdict.reason
            )
    return progress


def close_finished(progress: Progress) -> Progress:
    """Close items whose closing conditions hold, unless a person reopened them."""
    workflow = progress.facts.process.workflow
    for _, item in sorted(progress.facts.observed.by_key().items()):
        if not item.is_open or item.kind not in workflow.rules.closes:
            continue
        verdict = evaluate_all(workflow.rules.closes[item.kind], progress.facts, item)
        progress = report_unauthorized(progress.with_needs(verdict.needs), verdict.unauthorized_changes)
        if not verdict.holds:
            continue
        progress = progress.close(item, verdict.reason)
        if not progress.current(item).is_open:  # it is done, whoever else set it to done before
            progress = progress.without_finding("unauthorized-change", item)
    return progress


def raise_alarms(progress: Progress) -> Progress:
    """Report each alarm whose conditions hold."""
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
    parts = [f"the phase is {alarm.phase} and {reached.reason}", excuse.reason, alarm.hint]
    return progress.with_finding(alarm.code, "; ".join(filter(None, parts)), epic)
