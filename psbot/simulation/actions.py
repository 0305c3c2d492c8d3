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


BASES = ("closed_won_on", "kick_off_on", "ends_on")


@dataclass(frozen=True, slots=True)
class When:
    """A day: a date, a date of the engagement file, or an item's due date, and business days after (or before) it."""

    base: date | str
    plus: int = 0

    def day(self, engagement: Engagement, due_of: Callable[[str], date | None], today: date) -> date | None:
        """Return the day; None while the file does not have its base date, or the item is not there or not due."""
        base = self._base(engagement, due_of, today)
        if base is None:
            return None
        days = engagement.workdays
        return days.after(base, self.plus) if self.plus >= 0 else days.before(base, -self.plus)

    def _base(self, engagement: Engagement, due_of: Callable[[str], date | None], today: date) -> date | None:
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
class Deed:
    """Somebody's deed: ``item`` is a key, or a kind for a new item; ``value`` is what the verb asks for."""

    who: str
    verb: Verb
    item: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed of a script with its day; ``number`` counts from 1."""

    number: int
    when: When
    deed: Deed


@dataclass(frozen=True, slots=True)
class Script:
    """What is to happen; where ``has_routine``, everything it does not name is done on time."""

    entries: tuple[Entry, ...] = ()
    has_routine: bool = True

    @property
    def items(self) -> frozenset[str]:
        """Return the items whose progress the script tells, and nobody else touches."""
        telling = {Verb.CLOSE, Verb.REOPEN, Verb.LABEL, Verb.UNLABEL}
        return frozenset(each.deed.item for each in self.entries if each.deed.verb in telling)

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of the engagement file that the script edits."""
        return frozenset[str]().union(*(_paths(each.value) for each in self.edits()))

    def edits(self) -> list[Deed]:
        """Return the edits of the engagement file."""
        return [each.deed for each in self.entries if each.deed.verb is Verb.EDIT]


def _paths(changes: Mapping[str, Any], above: str = "") -> frozenset[str]:
    found: set[str] = set()
    for key, value in changes.items():
        found |= _paths(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}"}
    return frozenset(found)
