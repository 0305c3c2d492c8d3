"""Labels and open flag of an item say the same: one label a scope, done is closed, closed is done, reopened doing."""

from collections.abc import Iterable
from dataclasses import replace

from psbot.core.guards import Answer, Dispute, by_hand
from psbot.core.history import Facts, History
from psbot.core.labels import applied, settle
from psbot.core.model import Item
from psbot.core.notices import TAKEN_BACK
from psbot.core.progress import Progress, scope_titles
from psbot.core.table import OnIllegal


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


def refused(progress: Progress, disputes: Iterable[Dispute]) -> Progress:
    """Report what does not count, and take it back where the workflow says so."""
    is_restored = progress.facts.process.workflow.table.on_illegal is OnIllegal.RESTORE
    for dispute in sorted(disputes):
        item = progress.facts.observed.by_key()[dispute.item]
        restored = _restored(progress, item, dispute) if is_restored else progress
        said = dispute.reason if restored is progress else f"{TAKEN_BACK}{dispute.reason}"
        progress = restored.finding("does-not-count", said, item)
    return progress


def _restored(progress: Progress, item: Item, dispute: Dispute) -> Progress:
    """Return the progress after which the item is as it was; the same progress where that is not known."""
    facts = progress.facts
    value = facts.process.catalogue.value(dispute.purpose, item.labels)
    is_state = dispute.purpose == "state"
    if not is_state or value in facts.process.workflow.done_states:
        before = _value_before(facts, item, dispute.purpose)
        if before is not None:
            progress = progress.relabelled(item, dispute.purpose, before, dispute.reason)
    if is_state and not item.is_open:
        progress = progress.switched(progress.item(item), True, dispute.reason)
    return progress


def _value_before(facts: Facts, item: Item, purpose: str) -> str | None:
    """Return the last value before the one an item has in a scope that counts; else the one it was made with.

    What an outsider had put on is none: psbot would put it on itself, and then it would count.
    """
    scope, history = facts.process.catalogue.scopes[purpose], facts.history(item)
    others = {spec.title: value for value, spec in scope.labels.items() if spec.title not in item.labels}
    if history:
        others = {title: value for title, value in others.items() if _counted(title, history, facts)}
    gone = history.last_label(others, is_added=False) if history else None
    return others[gone.title] if gone else facts.process.kinds[item.kind].seeds.get(purpose)


def _counted(title: str, history: History, facts: Facts) -> bool:
    """Tell whether a label that is gone was last put on by somebody whose deeds count, or was there at first."""
    event = history.last_label([title])
    return event is None or bool(facts.hand(event).counts)
