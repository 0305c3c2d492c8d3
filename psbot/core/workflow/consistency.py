"""Labels and open flag of an item say the same: one label a scope, done is closed, closed is done, reopened doing."""

from dataclasses import replace

from psbot.core.desired.raid_log import first_labels
from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.labels import applied, settle
from psbot.core.model.verdict import Answer
from psbot.core.workflow.permission import by_hand, refused
from psbot.core.workflow.progress import Progress, scope_titles


def adopted(progress: Progress) -> Progress:
    """Return the progress after which every item that is taken on has its first labels."""
    process = progress.facts.process
    for _, item in sorted(progress.facts.observed.by_key().items()):
        for purpose, value in first_labels(item, process).items():
            progress = progress.relabelled(progress.item(item), purpose, value, "a person has opened it")
    return progress


def coherent(progress: Progress) -> Progress:
    """Return the progress after which every item is coherent, as far as those who acted may say so."""
    kinds = progress.facts.process.kinds
    for _, item in sorted(progress.facts.observed.by_key().items()):
        progress = _settled(progress, item)
        if item.kind in kinds and not item.is_epic:
            progress = _flagged(progress, progress.item(item))
    return progress


def _settled(progress: Progress, item: Item) -> Progress:
    """Leave the newest label of each scope; the kind label is not a matter of progress."""
    for purpose, scope in progress.facts.process.catalogue.scopes.items():
        item = progress.item(item)
        titles = scope_titles(item.labels, scope.name)
        if purpose == "kind" or not titles[1:]:
            continue
        history = progress.facts.history(item)
        newest = history.last_label(titles) if history else None
        # GitLab notes labels by number: when one that is not the group's was put on, nothing tells.
        if newest is None or not progress.facts.observed.labels.issuperset(titles):
            what = f"{item.key} has {' and '.join(titles)}, and psbot could not check which is newer"
            progress = progress.unchecked(what, item, progress.facts.unread(item))
            continue
        labels = applied(settle(item.labels, newest.title), item.labels)
        progress = progress.becomes(
            replace(item, labels=labels), f"{newest.title} is the newest of its scope"
        )
    return progress


def _flagged(progress: Progress, item: Item) -> Progress:
    """Make the open flag follow the state, or the state the open flag."""
    facts = progress.facts
    states = facts.process.catalogue.values("state", item.labels)
    if len(states) > 1:
        return progress
    is_done = bool(states) and states[0] in facts.process.workflow.done_states
    if is_done == item.is_open:
        return _done_but_open(progress, item, states[0]) if is_done else _closed_by_hand(progress, item)
    return progress


def _done_but_open(progress: Progress, item: Item, state: str) -> Progress:
    """Close what is done, unless it was opened again after that."""
    facts = progress.facts
    title = facts.process.catalogue.title("state", state)
    history = facts.history(item)
    reopened = history.last_state(True) if history else None
    label = history.last_label([title]) if history else None
    if reopened and (label is None or reopened.at >= label.at):
        working = facts.process.workflow.working_state
        return progress.relabelled(item, "state", working, f"{facts.hand(reopened).name} opened it again")
    answer = by_hand(facts.labelled_by(item, [title]), item, "state", f"{item.key} is {state}")
    if answer.holds:
        return progress.switched(item, False, answer.reason).asking(answer.needs)
    return _not_counted(progress, item, answer)


def _closed_by_hand(progress: Progress, item: Item) -> Progress:
    """Call done what was closed; who closed it matters only where something waits for it."""
    workflow = progress.facts.process.workflow
    answer = Answer(True, "it was closed by hand")
    if item.kind in watched(progress.facts):
        answer = by_hand(progress.facts.closed_by(item), item, "state", f"{item.key} is closed")
    if answer.holds:
        return progress.relabelled(item, "state", workflow.finished_state, answer.reason).asking(answer.needs)
    return _not_counted(progress, item, answer)


def watched(facts: Facts) -> frozenset[str]:
    """Return the kinds that a transition, a gate or an alarm waits for."""
    return frozenset(str(each.argument) for each in facts.process.workflow.table.conditions())


def _not_counted(progress: Progress, item: Item, answer: Answer) -> Progress:
    if answer.holds is None:
        return progress.unchecked(answer.reason, item, answer.needs)
    return refused(progress, answer.disputes)
