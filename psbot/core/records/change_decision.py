"""What was decided on a change request; its marker remembers it."""

from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.item import Item
from psbot.core.text import marker

_MEMORY_KEYS = ("decided", "decided_by", "decided_on")


@dataclass(frozen=True, slots=True)
class ChangeDecision:
    """What was decided on a change request, by which username and on which day."""

    value: str
    by: str
    on: date


def read_decision(item: Item) -> ChangeDecision | None:
    """Return the decision that the marker of *item* remembers; what cannot be read there is none."""
    memory = item.marker.memory if item.marker else {}
    value, by, on = (memory.get(name) for name in _MEMORY_KEYS)
    try:
        return ChangeDecision(value, by, date.fromisoformat(on or "")) if value and by else None
    except ValueError:
        return None


def with_decision(item: Item, decision: ChangeDecision | None, engagement: str) -> Item:
    """Return *item* with a marker that remembers the decision *found*, or none."""
    note = item.marker or marker.Marker(engagement, item.key)
    memory = {name: value for name, value in note.memory.items() if name not in _MEMORY_KEYS}
    if decision:
        memory |= dict(zip(_MEMORY_KEYS, (decision.value, decision.by, decision.on.isoformat()), strict=True))
    after = marker.Marker(note.engagement, note.item, memory)
    return replace(item, description=marker.with_marker(item.description, after))
