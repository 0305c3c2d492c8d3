"""What was decided on a change request; its marker remembers it."""

from dataclasses import dataclass, replace
from datetime import date

from psbot.core.model.item import Item
from psbot.core.text import marker as markers

_DECIDED = ("decided", "decided_by", "decided_on")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on a change request, by which username and on which day."""

    value: str
    by: str
    on: date


def decision(item: Item) -> Decision | None:
    """Return the decision that the marker of *item* remembers; what cannot be read there is none."""
    memory = item.marker.memory if item.marker else {}
    value, by, on = (memory.get(name) for name in _DECIDED)
    try:
        return Decision(value, by, date.fromisoformat(on or "")) if value and by else None
    except ValueError:
        return None


def deciding(item: Item, found: Decision | None, engagement: str) -> Item:
    """Return *item* with a marker that remembers the decision *found*, or none."""
    note = item.marker or markers.Marker(engagement, item.key)
    memory = {name: value for name, value in note.memory.items() if name not in _DECIDED}
    if found:
        memory |= dict(zip(_DECIDED, (found.value, found.by, found.on.isoformat()), strict=True))
    after = markers.Marker(note.engagement, note.item, memory)
    return replace(item, description=markers.write(item.description, after))
