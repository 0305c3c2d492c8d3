"""The ``attention`` labels that flag stale items: which there are, since when one is set, and how it changes."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from psbot.core.model.facts import Facts
from psbot.core.model.history import History, LabelEvent
from psbot.core.model.item import Item
from psbot.core.model.labels import LabelDelta, replace_in_scope
from psbot.core.model.process import Process
from psbot.core.model.work_item import is_machine

ATTENTION = "attention"  # the purpose of the label scope


def flag_titles(process: Process) -> frozenset[str]:
    """Return the titles of the labels that flag stale items."""
    scope = process.catalogue.scopes.get(ATTENTION)
    return frozenset(spec.title for spec in scope.labels.values()) if scope else frozenset()


def flagged_since(history: History, flags: Iterable[str]) -> datetime | None:
    """Return since when the item has carried one of *flags* without a break; None if it carries none."""
    wanted = frozenset(flags)
    events = sorted((each for each in history.labels if each.title in wanted), key=_event_order)
    on: set[str] = set()
    since: datetime | None = None
    for at, together in groupby(events, key=lambda event: event.at):
        for event in together:
            (on.add if event.is_added else on.discard)(event.title)
        since = (since or at) if on else None
    return since


def _event_order(event: LabelEvent) -> tuple[datetime, bool]:
    return (event.at, event.is_added)


def flag_delta(item: Item, step: int | None, process: Process, *, is_kept: bool) -> LabelDelta:
    """Return how the flag of *item* changes: to that of *step*, or off if there is none and it is not kept."""
    if step is not None:
        flag = process.staleness.escalation[step].flag
        return replace_in_scope(item.labels, process.catalogue.title(ATTENTION, flag))
    if is_kept:
        return LabelDelta()
    return LabelDelta(remove=tuple(sorted(item.labels & flag_titles(process))))


def may_change_flag(item: Item, facts: Facts) -> bool:
    """Tell whether psbot may change the flag of *item*: it has none, or a machine set it. A person's flag stays."""
    titles = item.labels & flag_titles(facts.process)
    if not titles:
        return True
    history = facts.history(item)
    event = history.last_label_event(titles) if history else None
    return event is not None and event.author is not None and is_machine(event.author, facts.process)
