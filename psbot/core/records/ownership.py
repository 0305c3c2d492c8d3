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

EMPTY_TOKEN = "-"  # noqa: S105 - the token of an empty field, no secret
TITLE_KEY = "title"  # the key under which the marker remembers a title's fingerprint


class FieldDecision(StrEnum):
    """What becomes of one field."""

    SAME = "same"
    FOLLOW = "follow"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, order=True)
class KeptValue:
    """A value that GitLab keeps although the file says otherwise, and why."""

    item: str
    field: str
    file: str | None
    gitlab: str | None
    reason: str


def _title_token(item: Item) -> str:
    return marker.fingerprint(item.title)


def _start_token(item: Item) -> str:
    return item.start_on.isoformat() if item.start_on else EMPTY_TOKEN


def _due_token(item: Item) -> str:
    return item.due_on.isoformat() if item.due_on else EMPTY_TOKEN


def _assignee_token(item: Item) -> str:
    return ",".join(sorted(item.assignees)) or EMPTY_TOKEN


# Field of an item → the key its memory has in the marker, and the token that stands there.
FIELD_TOKENS = MappingProxyType(
    {
        "title": (TITLE_KEY, _title_token),
        "start_on": ("start", _start_token),
        "due_on": ("due", _due_token),
        "assignee": ("assignee", _assignee_token),
    }
)


def field_memory(item: Item) -> dict[str, str]:
    """Return what the marker is to remember of *item* as it is written."""
    return {key: token(item) for key, token in FIELD_TOKENS.values()}


def phase_memory(item: Item) -> dict[str, str]:
    """Return what the marker remembers besides the three-way fields: where the engagement stands, and since when."""
    fields = {key for key, _ in FIELD_TOKENS.values()}
    return {key: value for key, value in _marker_memory(item).items() if key not in fields}


def decide_field(field: str, desired: Item, observed: Item) -> FieldDecision:
    """Decide what becomes of *field* of an item that is *found* in GitLab and *wanted* by the file."""
    key, token = FIELD_TOKENS[field]
    if token(desired) == token(observed):
        return FieldDecision.SAME
    remembered = _marker_memory(observed).get(key)
    return FieldDecision.FOLLOW if remembered == token(observed) else FieldDecision.KEEP


def why_kept(field: str, observed: Item) -> str:
    """Say why *field* is people's."""
    key, _ = FIELD_TOKENS[field]
    remembered = _marker_memory(observed).get(key)
    if remembered is None:
        return "psbot does not remember writing this, so it counts as changed by people"
    if field == "title":
        return "a person changed it in GitLab since psbot wrote it"
    wrote = "nothing" if remembered == EMPTY_TOKEN else remembered
    return f"a person changed it in GitLab since psbot wrote {wrote}"


def with_kept_values(desired: Item, observed: Item | None) -> Item:
    """Return *wanted* with the values that people keep in GitLab."""
    if observed is None:
        return desired
    kept = {field for field in FIELD_TOKENS if decide_field(field, desired, observed) is FieldDecision.KEEP}
    return replace(
        desired,
        title=observed.title if "title" in kept else desired.title,
        start_on=observed.start_on if "start_on" in kept else desired.start_on,
        due_on=observed.due_on if "due_on" in kept else desired.due_on,
        assignees=observed.assignees if "assignee" in kept else desired.assignees,
    )


def _marker_memory(item: Item) -> Mapping[str, str]:
    note = item.marker
    return note.memory if note else {}
