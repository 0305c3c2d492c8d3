"""Where an engagement stands: phase, health, what is open, late and next; read from labels, dates and states."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from psbot.core.engagement import Engagement
from psbot.core.labels import Catalogue
from psbot.core.model import Item, Snapshot
from psbot.core.process import Process


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """One open item: its state, None where its labels do not say one, and whether it is past its due day."""

    key: str
    title: str
    due_on: date | None
    assignee: str | None
    state: str | None
    namespace: str
    iid: int | None
    url: str | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One engagement; ``phase`` is None where it has no epic yet or its labels do not say one.

    ``states`` counts open items by state, ``items`` are the open items by due day.
    """

    engagement: str
    customer: str
    sow: str
    manager: str
    lead: str | None
    kick_off_on: date
    ends_on: date
    is_in_gitlab: bool
    phase: str | None
    health: str | None
    url: str | None
    closed: int
    states: Mapping[str, int]
    items: tuple[ItemStanding, ...]

    @property
    def overdue(self) -> tuple[ItemStanding, ...]:
        """Return the open items that are past their due day."""
        return tuple(item for item in self.items if item.is_overdue)

    @property
    def next(self) -> ItemStanding | None:
        """Return the open item that is due next, today included; None for none."""
        return next((item for item in self.items if item.due_on and not item.is_overdue), None)


def standing(engagement: Engagement, observed: Snapshot, process: Process, today: date) -> Standing:
    """Return where *engagement* stands on *today*."""
    catalogue = process.catalogue
    opened = [_item(item, catalogue, today) for item in observed.children if item.is_open]
    opened.sort(key=lambda item: (item.due_on or date.max, item.key))
    healths = {catalogue.value("health", item.labels) for item in observed.children} - {None}
    epic = observed.epic
    return Standing(
        engagement=engagement.key,
        customer=engagement.customer,
        sow=engagement.sow,
        manager=engagement.manager,
        lead=engagement.lead,
        kick_off_on=engagement.kick_off_on,
        ends_on=engagement.ends_on(today),
        is_in_gitlab=epic is not None,
        phase=catalogue.value("phase", epic.labels) if epic else None,
        health=healths.pop() if len(healths) == 1 else None,
        url=epic.url if epic else None,
        closed=sum(not item.is_open for item in observed.children),
        states=_states(opened, process),
        items=tuple(opened),
    )


def _item(item: Item, catalogue: Catalogue, today: date) -> ItemStanding:
    return ItemStanding(
        key=item.key,
        title=item.title,
        due_on=item.due_on,
        assignee=item.assignee,
        state=catalogue.value("state", item.labels),
        namespace=item.namespace,
        iid=item.iid,
        url=item.url,
        is_overdue=item.due_on is not None and item.due_on < today,
    )


def _states(opened: list[ItemStanding], process: Process) -> dict[str, int]:
    """Count by state in the order of the workflow; what has no clear state comes last."""
    counts = Counter(item.state for item in opened)
    known = {state: counts[state] for state in process.workflow.states if counts[state]}
    unclear = len(opened) - sum(known.values())
    return known | ({"unclear": unclear} if unclear else {})
