"""The decision on a change request, which the marker of its item remembers."""

from dataclasses import dataclass
from datetime import date

from psbot.core.model.item import Item

_MEMORY_KEYS = ("decided", "decided_by", "decided_on")


@dataclass(frozen=True, slots=True)
class ChangeDecision:
    """The decision on a change request: approved or rejected, by which username and on which day."""

    value: str
    by: str
    on: date


def read_decision(item: Item) -> ChangeDecision | None:
    """Return the decision in the marker of *item*; None if there is none that can be read."""
    memory = item.marker.memory if item.marker else {}
    value, by, on = (memory.get(name) for name in _MEMORY_KEYS)
    try:
        return ChangeDecision(value, by, date.fromisoformat(on or "")) if value and by else None
    except ValueError:
        return None


def with_decision(item: Item, decision: ChangeDecision | None, engagement: str) -> Item:
    """Return *item* with a marker that remembers *decision*, or no decision."""
    values = (decision.value, decision.by, decision.on.isoformat()) if decision else ()
    return item.with_memory(engagement, dict(zip(_MEMORY_KEYS, values, strict=False)), forget=_MEMORY_KEYS)
