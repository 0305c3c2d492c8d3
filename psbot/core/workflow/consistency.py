"""Keeps the labels and the open flag of an item consistent: one label a scope, done means closed and vice versa."""

from dataclasses import replace

from psbot.core.desired.raid_log import initial_labels
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.labels import apply_delta, replace_in_scope
from psbot.core.model.verdict import Verdict
from psbot.core.workflow.permission import report_unauthorized, require_authorized
from psbot.core.workflow.progress import Progress, scope_titles


def set_initial_labels(progress: Progress) -> Progress:
    """Set the initial labels of items that people created."""
    process = progress.facts.process
    for _, item in sorted(progress.facts.observed.by_key().items()):
        for purpose, value in initial_labels(item, process).items():
            progress = progress.with_label(progress.current(item), purpose, value, "created by a person")
    return progress


def reconcile_state(progress: Progress) -> Progress:
    """Make state label and open flag of every item agree, as far as the changes were authorized."""
    kinds = progress.facts.process.kinds
    for _, item in sorted(progress.facts.observed.by_key().items()):
        progress = _keep_newest_labels(progress, item)
        if item.kind in kinds and not item.is_epic:
            progress = _align_open_flag(progress, progress.current(item))
    return progress


def _keep_newest_labels(progress: Progress, item: Item) -> Progress:
    """Keep the newest label of each scope, except for the kind label, which ``apply`` owns."""
    for purpose, scope in progress.facts.process.catalogue.scopes.items():
        item = progress.current(item)
        titles = scope_titles(item.labels, scope.name)
        if purpose == "kind" or not titles[1:]:
            continue
        history = progress.facts.history(item)
        newest = history.last_label_event(titles) if history else None
        # GitLab's notes name labels by id: they do not say when a label of another group or project was set.
        if newest is None or not progress.facts.observed.labels.issuperset(titles):
            message = f"{item.key} has {' and '.join(titles)}; psbot could not check which is newer"
            progress = progress.with_unknown(message, item, progress.facts.missing_history(item))
            continue
        labels = apply_delta(replace_in_scope(item.labels, newest.title), item.labels)
        progress = progress.with_item(
            replace(item, labels=labels), f"{newest.title} is the newest label of its scope"
        )
    return progress


def _align_open_flag(progress: Progress, item: Item) -> Progress:
    """Make the open flag follow the state, or the state follow the open flag."""
    facts = progress.facts
    states = facts.process.catalogue.values("state", item.labels)
    if len(states) > 1:
        return progress
    is_done = bool(states) and states[0] in facts.process.workflow.done_states
    if is_done == item.is_open:
        return _close_done(progress, item, states[0]) if is_done else _finish_closed(progress, item)
    return progress


def _close_done(progress: Progress, item: Item, state: str) -> Progress:
    """Close an item that is done, unless it was reopened after that."""
    facts = progress.facts
    title = facts.process.catalogue.title("state", state)
    history = facts.history(item)
    reopened = history.last_state_event(True) if history else None
    label = history.last_label_event([title]) if history else None
    if reopened and (label is None or reopened.at >= label.at):
        working = facts.process.workflow.working_state
        return progress.with_label(item, "state", working, f"reopened by {facts.actor_of(reopened).name}")
    verdict = require_authorized(facts.labelled_by(item, [title]), item, "state", state)
    if verdict.holds:
        return progress.with_open(item, False, verdict.reason).with_needs(verdict.needs)
    return _report_rejected(progress, item, verdict)


def _finish_closed(progress: Progress, item: Item) -> Progress:
    """Set a closed item to done; who closed it matters only if a rule waits for items of its kind."""
    workflow = progress.facts.process.workflow
    verdict = Verdict(True, "closed manually")
    if item.kind in watched_kinds(progress.facts):
        verdict = require_authorized(progress.facts.closed_by(item), item, "state", None)
    if verdict.holds:
        progress = progress.with_label(item, "state", workflow.finished_state, verdict.reason)
        return progress.with_needs(verdict.needs)
    return _report_rejected(progress, item, verdict)


def watched_kinds(facts: Facts) -> frozenset[str]:
    """Return the kinds that a transition, gate or alarm waits for."""
    return frozenset(str(each.argument) for each in facts.process.workflow.rules.conditions())


def _report_rejected(progress: Progress, item: Item, verdict: Verdict) -> Progress:
    if verdict.holds is None:
        return progress.with_unknown(verdict.reason, item, verdict.needs)
    return report_unauthorized(progress, verdict.unauthorized_changes)
