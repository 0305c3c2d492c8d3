"""The activity clock: when a person last acted, and the business days since on which the clock ran.

What is not known widens a range; nothing unknown is ever taken for activity, nor for silence.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from psbot.core.history import History, LabelEvent
from psbot.core.identity import is_machine
from psbot.core.labels import Label
from psbot.core.model import Item, NewestNote
from psbot.core.process import Process
from psbot.core.touch import MAKING, Act
from psbot.core.workdays import Workdays, days

# GitLab writes the note of a change and the time of the item's last change within one request, one after the other.
_AT_ONCE = timedelta(seconds=5)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Last:
    """When a person last acted: not before ``earliest`` and not after ``latest``; ``by`` is who, where it is known.

    An item on which nobody has acted yet counts from when it was made; ``by`` is None then.
    """

    earliest: datetime
    latest: datetime
    by: str | None = None

    @property
    def is_exact(self) -> bool:
        """Tell whether it is known to the instant."""
        return self.earliest == self.latest


def last_acted(item: Item, history: History | None, process: Process) -> Last:
    """Return when a person last acted on *item*; *history* is None where it was not read, or could not be.

    Without a history, the newest note and the time of the last change say between which instants it was. Raises
    ``ValueError`` for an item that GitLab does not have.
    """
    if item.made_at is None or item.updated_at is None:
        raise ValueError(f"{item.key} was not observed")
    acts = history.acts if history else None
    if acts is None:
        return _by_list(item, item.made_at, item.updated_at, process)
    people = [act for act in acts if _is_persons(act, process)]
    newest = max(people, key=lambda act: act.at, default=None)
    earliest = max(newest.at, item.made_at) if newest else item.made_at
    latest = max([earliest, *(act.at for act in acts if _may_be_persons(act))])
    if history is None or not history.is_whole:
        latest = max(latest, item.updated_at)
    return Last(earliest, latest, _name(newest))


def _by_list(item: Item, made_at: datetime, updated_at: datetime, process: Process) -> Last:
    note = item.newest
    if note is not None and note.username is not None and _is_by_person(note, process):
        at = max(note.at, made_at)
        is_last = updated_at - note.at <= _AT_ONCE
        return Last(at, at if is_last else max(at, updated_at), note.username)
    if updated_at - made_at <= MAKING:
        return Last(made_at, made_at)
    return Last(made_at, updated_at)


def _is_by_person(note: NewestNote, process: Process) -> bool:
    return not (note.is_machine or note.is_mention or note.username in process.machine_accounts)


def _is_persons(act: Act, process: Process) -> bool:
    author = act.author
    if author is None or author.is_ghost or act.is_mention:
        return False
    return not is_machine(author, process)


def _may_be_persons(act: Act) -> bool:
    """Tell whether the account is gone, so that nobody can tell whether it was a person's."""
    return (act.author is None or act.author.is_ghost) and not act.is_mention


def _name(act: Act | None) -> str | None:
    return act.author.username if act and act.author else None


@dataclass(frozen=True, slots=True)
class Line:
    """What something was over time: instants and values, oldest first; nothing is known before ``known_from``.

    Before the first instant it was None.
    """

    changes: tuple[tuple[datetime, str | None], ...] = ()
    known_from: datetime | None = None
    is_known: bool = True

    def during(self, start: datetime, end: datetime) -> frozenset[str | None] | None:
        """Return everything it was from *start* to before *end*; None where that is not known."""
        if not self.is_known or (self.known_from is not None and start < self.known_from):
            return None
        first = bisect_right(self.changes, start, key=lambda change: change[0])
        at_start = self.changes[first - 1][1] if first else None
        return frozenset({at_start, *(value for at, value in self.changes[first:] if at < end)})

    @property
    def since(self) -> datetime | None:
        """Return since when it is what it is; None where it always was, or where that is not known."""
        return self.changes[-1][0] if self.changes and self.is_known else None


UNKNOWN = Line(is_known=False)


def line_of(events: Iterable[LabelEvent], scope: str, current: str | None, start: datetime) -> Line:
    """Return what the label of *scope* was over time; *start* is when the item was made.

    The line is not known where the events do not lead to the *current* value: labels that were deleted take their
    events with them.
    """
    changes: list[tuple[datetime, str | None]] = []
    value: str | None = None
    for event in sorted(events, key=lambda each: each.at):
        label = Label.parse(event.title)
        if label.scope != scope:
            continue
        if not changes and not event.is_added:
            changes.append((start, label.value))
            value = label.value
        if event.is_added:
            value = label.value
        elif value == label.value:
            value = None
        changes.append((event.at, value))
    if not changes:
        return Line(((start, current),))
    return Line(tuple(changes)) if value == current else UNKNOWN


def open_line(history: History, is_open: bool, start: datetime) -> Line:
    """Return whether the item was open over time, as ``open`` and ``closed``."""
    changes = [(start, _flag(not history.states[0].is_open if history.states else is_open))]
    changes += [
        (event.at, _flag(event.is_open)) for event in sorted(history.states, key=lambda each: each.at)
    ]
    return Line(tuple(changes)) if changes[-1][1] == _flag(is_open) else UNKNOWN


def _flag(is_open: bool) -> str:
    return OPEN if is_open else CLOSED


OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class Count:
    """A number of business days, between ``low`` and ``high``."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The business days of an engagement, and its days as instants."""

    workdays: Workdays
    zone: tzinfo
    now: datetime

    @property
    def today(self) -> date:
        """Return the day it is."""
        return self.day(self.now)

    def day(self, at: datetime) -> date:
        """Return the day of an instant."""
        return at.astimezone(self.zone).date()

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return when *day* begins and ends; today ends just after now."""
        start, end = (
            datetime.combine(each, time(), self.zone).astimezone(self.now.tzinfo)
            for each in (day, day + _DAY)
        )
        return start, min(end, self.now + timedelta(microseconds=1))

    def count(self, after: date, ran: Callable[[date], bool | None]) -> Count:
        """Count the business days after *after*, up to today, all through which the clock *ran*; None is unknown."""
        answers = [ran(day) for day in days(after + _DAY, self.today) if self.workdays.is_business_day(day)]
        low = answers.count(True)
        return Count(low, low + answers.count(None))
