"""Three-way ownership: title, dates and assignee follow the engagement file until a person changes them in GitLab.

The marker remembers what psbot wrote last. If GitLab still has that value, the file can change it. If GitLab has
another value, or the marker does not tell, the value belongs to people and psbot keeps it. What GitLab has taken away,
an assignee whose account was deleted, is no value of people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from psbot.core.model.item import Item
from psbot.core.text import marker
from psbot.core.text.escape import WORD_JOINER

_DATES = ("start_on", "due_on")
EMPTY_TOKEN = "-"  # noqa: S105 - the token of an empty field, no secret
_ASSIGNEE_KEY = "assignee"
TITLE_KEY = "title"  # the key under which the marker remembers a title's fingerprint


class FieldDecision(StrEnum):
    """What psbot does with a field: nothing, write the value of the file, or keep the value of GitLab."""

    SAME = "same"
    FOLLOW = "follow"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, order=True)
class KeptValue:
    """A value that psbot keeps in GitLab although the file has another one, and why."""

    item: str
    field: str
    file: str | None
    gitlab: str | None
    reason: str


def _title_token(item: Item) -> str:
    return marker.fingerprint(item.title)


def _is_same_title(one: Item, other: Item) -> bool:
    """Tell whether two titles show the same: earlier versions escaped more characters than are special."""
    return one.title.replace(WORD_JOINER, "") == other.title.replace(WORD_JOINER, "")


def _start_token(item: Item) -> str:
    return item.start_on.isoformat() if item.start_on else EMPTY_TOKEN


def _due_token(item: Item) -> str:
    return item.due_on.isoformat() if item.due_on else EMPTY_TOKEN


def _assignee_token(item: Item) -> str:
    return ",".join(sorted(map(str.lower, item.assignees))) or EMPTY_TOKEN


# Field of an item → its key in the marker, and the function that returns its value there.
FIELD_TOKENS = MappingProxyType(
    {
        "title": (TITLE_KEY, _title_token),
        "start_on": ("start", _start_token),
        "due_on": ("due", _due_token),
        "assignee": (_ASSIGNEE_KEY, _assignee_token),
    }
)


def field_memory(item: Item) -> dict[str, str]:
    """Return the fields of *item* as its marker remembers them."""
    return {key: token(item) for key, token in FIELD_TOKENS.values()}


def other_memory(item: Item) -> dict[str, str]:
    """Return the rest of what the marker remembers, such as the phase of the engagement and its start."""
    fields = {key for key, _ in FIELD_TOKENS.values()}
    return {key: value for key, value in _marker_memory(item).items() if key not in fields}


def decide_field(field: str, desired: Item, observed: Item) -> FieldDecision:
    """Decide what psbot does with *field*, given the *desired* item of the file and the *observed* one of GitLab."""
    decision = _decide_alone(field, desired, observed)
    if decision is FieldDecision.FOLLOW and field in _DATES and _conflicting_dates(desired, observed):
        return FieldDecision.KEEP
    return decision


def _decide_alone(field: str, desired: Item, observed: Item) -> FieldDecision:
    """Decide on *field* without looking at the other fields."""
    key, token = FIELD_TOKENS[field]
    if token(desired) == token(observed) or (field == "title" and _is_same_title(desired, observed)):
        return FieldDecision.SAME
    is_lost = field == "assignee" and observed.has_lost_assignee
    return (
        FieldDecision.FOLLOW
        if is_lost or _remembered(key, observed) == token(observed)
        else FieldDecision.KEEP
    )


def lost_assignees(observed: Item) -> frozenset[str]:
    """Return whom psbot has assigned and who is missing now, where nobody has been assigned instead."""
    remembered = _remembered(_ASSIGNEE_KEY, observed)
    before = frozenset((remembered or EMPTY_TOKEN).split(",")) - {EMPTY_TOKEN}
    now = frozenset(map(str.lower, observed.assignees))
    return before - now if now < before else frozenset()


def _remembered(key: str, observed: Item) -> str | None:
    """Return what the marker remembers; GitLab takes usernames in upper and lower case as the same."""
    found = _marker_memory(observed).get(key)
    return found.lower() if found and key == _ASSIGNEE_KEY else found


def _conflicting_dates(desired: Item, observed: Item) -> tuple[date, date] | None:
    """Return the start and the earlier due date that an item would have; None where GitLab takes its dates.

    GitLab refuses the whole update of an item other than an epic that would be due before it starts (GitLab,
    app/models/issue.rb@0495e2c8 and ee/app/models/ee/work_item.rb@03147662).
    """
    start_on, due_on = (
        getattr(
            desired if _decide_alone(field, desired, observed) is FieldDecision.FOLLOW else observed, field
        )
        for field in _DATES
    )
    if observed.is_epic or start_on is None or due_on is None or start_on <= due_on:
        return None
    return start_on, due_on


def why_kept(field: str, desired: Item, observed: Item) -> str:
    """Return the reason why psbot keeps *field* as GitLab has it."""
    key, _ = FIELD_TOKENS[field]
    if _decide_alone(field, desired, observed) is FieldDecision.FOLLOW and (
        dates := _conflicting_dates(desired, observed)
    ):
        return f"the start {dates[0]} would be after the due date {dates[1]}, which GitLab refuses"
    remembered = _marker_memory(observed).get(key)
    if remembered is None:
        return "the marker does not show that psbot wrote this value"
    if field == "title":
        return "changed in GitLab since psbot wrote it"
    if remembered == EMPTY_TOKEN:
        return "set in GitLab since psbot left it empty"
    return f"changed in GitLab since psbot wrote {remembered}"


def with_kept_values(desired: Item, observed: Item | None) -> Item:
    """Return *desired* with the values of *observed* that psbot keeps."""
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
    return item.marker.memory if item.marker else {}
