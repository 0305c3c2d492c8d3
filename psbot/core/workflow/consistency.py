"""Labels and open flag of an item say the same: one label a scope, done is closed, closed is done, reopened doing."""

from dataclasses import replace

from psbot.core.desired.raid_log import initial_labels
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.labels import apply_delta, replace_in_scope
from psbot.core.model.verdict import Verdict
from psbot.core.workflow.permission import report_unauthorized, require_authorized
from psbot.core.workflow.progress import Progress, scope_titles


def set_initial_labels(progress: Progress) -> Progress:
    """Return the progress after which every item that is taken on has its first labels."""
    process = progress.facts.process
    for _, item in sorted(progress.facts.observed.by_key().items()):
        for purpose, value in initial_labels(item, process).items():
            progress = progress.with_label(progress.current(item), purpose, value, "a person has opened it")
    return progress


def reconcile_state(progress: Progress) -> Progress:
    """Return the progress after which every item is coherent, as far as those who acted may say so."""
    kinds = progress.facts.process.kinds
    for _, item in sorted(progress.facts.observed.by_key().items()):
        progress = _keep_newest_labels(progress, item)
        if item.kind in kinds and not item.is_epic:
            progress = _align_open_flag(progress, progress.current(item))
    return progress


def _keep_newest_labels(progress: Progress, item: Item) -> Progress:
    """Leave the newest label of each scope; the kind label is not a matter of progress."""
    for purpose, scope in progress.facts.process.catalogue.scopes.items():
        item = progress.current(item)
        titles = scope_titles(item.labels, scope.name)
        if purpose == "kind" or not titles[1:]:
            continue
        history = progress.facts.history(item)
        newest = history.last_label_event(titles) if history else None
        # GitLab notes labels by number: when one that is not the group's was put on, nothing tells.
        if newest is None or not progress.facts.observed.labels.issuperset(titles):
            what = f"{item.key} has {' and '.join(titles)}, and psbot could not check which is newer"
            progress = progress.with_unknown(what, item, progress.facts.missing_history(item))
            continue
        labels = apply_delta(replace_in_scope(item.labels, newest.title), item.labels)
        progress = progress.with_item(
            replace(item, labels=labels), f"{newest.title} is the newest of its scope"
        )
    return progress


def _align_open_flag(progress: Progress, item: Item) -> Progress:
    """Make the open flag follow the state, or the state the open flag."""
    facts = progress.facts
    states = facts.process.catalogue.values("state", item.labels)
    if len(states) > 1:
        return progress
    is_done = bool(states) and states[0] in facts.process.workflow.done_states
    if is_done == item.is_open:
        return _close_done(progress, item, states[0]) if is_done else _finish_closed(progress, item)
    return progress


def _close_done(progress: Progress, item: Item, state: str) -> Progress:
    """Close what is done, unless it was opened again after that."""
    facts = progress.facts
    title = facts.process.catalogue.title("state", state)
    history = facts.history(item)
    reopened = history.last_state_event(True) if history else None
    label = history.last_label_event([title]) if history else None
    if reopened and (label is None or reopened.at >= label.at):
        working = facts.process.workflow.working_state
        return progress.with_label(item, "state", working, f"{facts.actor_of(reopened).name} opened it again")
    answer = require_authorized(facts.labelled_by(item, [title]), item, "state", f"{item.key} is {state}")
    if answer.holds:
        return progress.with_open(item, False, answer.reason).with_needs(answer.needs)
    return _report_rejected(progress, item, answer)


def _finish_closed(progress: Progress, item: Item) -> Progress:
    """Call done what was closed; who closed it matters only where something waits for it."""
    workflow = progress.facts.process.workflow
    answer = Verdict(True, "it was closed by hand")
    if item.kind in watched_kinds(progress.facts):
        answer = require_authorized(progress.facts.closed_by(item), item, "state", f"{item.key} is closed")
    if answer.holds:
        return progress.with_label(item, "state", workflow.finished_state, answer.reason).with_needs(
            answer.needs
        )
    return _report_rejected(progress, item, answer)


def watched_kinds(facts: Facts) -> frozenset[str]:
    """Return the kinds that a transition, a gate or an alarm waits for."""
    return frozenset(str(each.argument) for each in facts.process.workflow.rules.conditions())


def _report_rejected(progress: Progress, item: Item, answer: Verdict) -> Progress:
    if answer.holds is None:
        return progress.with_unknown(answer.reason, item, answer.needs)
    return report_unauthorized(progress, answer.unauthorized_changes)
