"""What people can do in a simulated life, and when: plain facts, read from a script or made by the routine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from psbot.core.model.engagement import Engagement


class Verb(StrEnum):
    """What people do; to an item by its key, where nothing else is said."""

    CLOSE = "close"
    REOPEN = "reopen"
    LABEL = "label"  # with {purpose: value, …} of the label catalogue, as a card is dragged on a board
    UNLABEL = "unlabel"  # with a purpose: what the item has of that scope is taken off
    COMMENT = "comment"  # with text
    RETITLE = "retitle"  # with text
    RESCHEDULE = "reschedule"  # with a date, or without one
    ASSIGN = "assign"  # with usernames
    WRITE = "write"  # with text, at the end of the description
    TICK = "tick"  # with words of a task
    UNMARK = "unmark"  # take psbot's marker away
    OPEN = "open"  # a new item of a kind, with a title
    EDIT = "edit"  # the engagement file, with {key: value, …}; null takes a key away
    REST = "rest"  # psbot does not run, until the date it comes with


BASE_DATES = ("closed_won_on", "kick_off_on", "ends_on")


@dataclass(frozen=True, slots=True)
class RelativeDay:
    """A day: a date, a date of the engagement file, or an item's due date, and business days after (or before) it."""

    base: date | str
    offset: int = 0

    def resolve(
        self, engagement: Engagement, due_of: Callable[[str], date | None], today: date
    ) -> date | None:
        """Return the day; None while the file does not have its base date, or the item is not there or not due."""
        base = self._base_date(engagement, due_of, today)
        if base is None:
            return None
        days = engagement.workdays
        return days.after(base, self.offset) if self.offset >= 0 else days.before(base, -self.offset)

    def _base_date(
        self, engagement: Engagement, due_of: Callable[[str], date | None], today: date
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
                return due_of(key)


@dataclass(frozen=True, slots=True)
class Action:
    """Somebody's deed: ``item`` is a key, or a kind for a new item; ``value`` is what the verb asks for."""

    username: str
    verb: Verb
    item: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class ScriptedAction:
    """A deed of a script with its day; ``number`` counts from 1."""

    number: int
    day: RelativeDay
    action: Action


@dataclass(frozen=True, slots=True)
class Script:
    """What is to happen; where ``has_routine``, everything it does not name is done on time."""

    actions: tuple[ScriptedAction, ...] = ()
    has_routine: bool = True

    @property
    def scripted_items(self) -> frozenset[str]:
        """Return the items whose progress the script tells, and nobody else touches."""
        telling = {Verb.CLOSE, Verb.REOPEN, Verb.LABEL, Verb.UNLABEL}
        return frozenset(each.action.item for each in self.actions if each.action.verb in telling)

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
