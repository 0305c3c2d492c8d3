"""The actions people can take in a simulation, and the days they take them on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from psbot.core.model.engagement import Engagement


class Verb(StrEnum):
    """What people do; unless the comment says otherwise, to the item with the given key."""

    CLOSE = "close"
    REOPEN = "reopen"
    LABEL = "label"  # with {purpose: value, …} of the label catalogue, as dragging a card on a board does
    UNLABEL = "unlabel"  # with a purpose: removes the item's label of that scope
    COMMENT = "comment"  # with text
    RETITLE = "retitle"  # with text
    RESCHEDULE = "reschedule"  # with a date, or without one
    ASSIGN = "assign"  # with usernames
    WRITE = "write"  # with text that is appended to the description
    TICK = "tick"  # with part of a task's text
    UNMARK = "unmark"  # removes psbot's marker
    OPEN = "open"  # a new item of a kind, with a title
    EDIT = "edit"  # the engagement file, with {key: value, …}; null removes a key
    REST = "rest"  # with a date: psbot does not run before it


BASE_DATES = ("closed_won_on", "kick_off_on", "ends_on")


@dataclass(frozen=True, slots=True)
class RelativeDay:
    """A date, a date of the engagement file or an item's due date, plus or minus business days."""

    base: date | str
    offset: int = 0

    def resolve(
        self, engagement: Engagement, due_date_of: Callable[[str], date | None], today: date
    ) -> date | None:
        """Return the day; None while the file has no such date, or the item does not exist or has no due date."""
        base = self._base_date(engagement, due_date_of, today)
        if base is None:
            return None
        days = engagement.workdays
        return days.after(base, self.offset) if self.offset >= 0 else days.before(base, -self.offset)

    def _base_date(
        self, engagement: Engagement, due_date_of: Callable[[str], date | None], today: date
    ) -> date | None:
        match self.base:
            case date():
                return self.base
            case "closed_won_on":
                return engagement.closed_won_on
            case "kick_off_on":
                return engagement.kick_off_on
            case "ends_on":
                return engagement.ends_on(today)
            case key:
                return due_date_of(key)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a person: ``item`` is a key, or a kind for a new item; ``value`` is what the verb needs."""

    username: str
    verb: Verb
    item: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class ScriptedAction:
    """An action of a script with its day; ``number`` counts from 1."""

    number: int
    day: RelativeDay
    action: Action


@dataclass(frozen=True, slots=True)
class Script:
    """What people do; with ``has_routine``, people do everything the script does not mention on time."""

    actions: tuple[ScriptedAction, ...] = ()
    has_routine: bool = True

    @property
    def scripted_items(self) -> frozenset[str]:
        """Return the items whose progress the script controls; the routine leaves them alone."""
        progress_verbs = {Verb.CLOSE, Verb.REOPEN, Verb.LABEL, Verb.UNLABEL}
        return frozenset(each.action.item for each in self.actions if each.action.verb in progress_verbs)

    @property
    def edited_keys(self) -> frozenset[str]:
        """Return the keys of the engagement file that the script edits."""
        return frozenset[str]().union(*(_key_paths(each.value) for each in self.file_edits()))

    def file_edits(self) -> list[Action]:
        """Return the edits of the engagement file."""
        return [each.action for each in self.actions if each.action.verb is Verb.EDIT]


def _key_paths(changes: Mapping[str, Any], prefix: str = "") -> frozenset[str]:
    found: set[str] = set()
    for key, value in changes.items():
        found |= _key_paths(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}"}
    return frozenset(found)
