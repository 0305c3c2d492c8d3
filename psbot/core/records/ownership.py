"""Three-way ownership: title, dates and assignee follow the file until a person changes them in GitLab.

The marker remembers what psbot last wrote. Where GitLab still shows that, the file may change it; where GitLab
shows something else, or psbot remembers nothing readable, the value is people's and is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from psbot.core.model.item import Item
from psbot.core.text import marker

NOTHING = "-"
TITLE = "title"  # the key under which the marker remembers a title's fingerprint


class Ruling(StrEnum):
    """What becomes of one field."""

    SAME = "same"
    FOLLOW = "follow"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A value that GitLab keeps although the file says otherwise, and why."""

    item: str
    field: str
    file: str | None
    gitlab: str | None
    reason: str


def _title(item: Item) -> str:
    return marker.fingerprint(item.title)


def _start(item: Item) -> str:
    return item.start_on.isoformat() if item.start_on else NOTHING


def _due(item: Item) -> str:
    return item.due_on.isoformat() if item.due_on else NOTHING


def _assignee(item: Item) -> str:
    return ",".join(sorted(item.assignees)) or NOTHING


# Field of an item → the key its memory has in the marker, and the token that stands there.
TOKENS = MappingProxyType(
    {
        "title": (TITLE, _title),
        "start_on": ("start", _start),
        "due_on": ("due", _due),
        "assignee": ("assignee", _assignee),
    }
)


def memory(item: Item) -> dict[str, str]:
    """Return what the marker is to remember of *item* as it is written."""
    return {key: token(item) for key, token in TOKENS.values()}


def standing(item: Item) -> dict[str, str]:
    """Return what the marker remembers besides the three-way fields: where the engagement stands, and since when."""
    fields = {key for key, _ in TOKENS.values()}
    return {key: value for key, value in _remembered(item).items() if key not in fields}


def rule(field: str, wanted: Item, found: Item) -> Ruling:
    """Decide what becomes of *field* of an item that is *found* in GitLab and *wanted* by the file."""
    key, token = TOKENS[field]
    if token(wanted) == token(found):
        return Ruling.SAME
    remembered = _remembered(found).get(key)
    return Ruling.FOLLOW if remembered == token(found) else Ruling.KEEP


def why_kept(field: str, found: Item) -> str:
    """Say why *field* is people's."""
    key, _ = TOKENS[field]
    remembered = _remembered(found).get(key)
    if remembered is None:
        return "psbot does not remember writing this, so it counts as changed by people"
    if field == "title":
        return "a person changed it in GitLab since psbot wrote it"
    wrote = "nothing" if remembered == NOTHING else remembered
    return f"a person changed it in GitLab since psbot wrote {wrote}"


def effective(wanted: Item, found: Item | None) -> Item:
    """Return *wanted* with the values that people keep in GitLab."""
    if found is None:
        return wanted
    kept = {field for field in TOKENS if rule(field, wanted, found) is Ruling.KEEP}
    return replace(
        wanted,
        title=found.title if "title" in kept else wanted.title,
        start_on=found.start_on if "start_on" in kept else wanted.start_on,
        due_on=found.due_on if "due_on" in kept else wanted.due_on,
        assignees=found.assignees if "assignee" in kept else wanted.assignees,
    )


def _remembered(found: Item) -> Mapping[str, str]:
    note = found.marker
    return note.memory if note else {}
