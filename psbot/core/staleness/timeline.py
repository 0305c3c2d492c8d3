"""Timeline."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from psbot.core.model.calendar import Workdays, iterate_days
from psbot.core.model.history import History, LabelEvent
from psbot.core.model.labels import Label

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What something was over time: instants and values, oldest first; nothing is known before ``known_from``.

    Before the first instant it was None.
    """

    changes: tuple[tuple[datetime, str | None], ...] = ()
    known_from: datetime | None = None
    is_known: bool = True

    def values_during(self, start: datetime, end: datetime) -> frozenset[str | None] | None:
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


UNKNOWN_TIMELINE = Timeline(is_known=False)


def label_timeline(
    events: Iterable[LabelEvent], scope: str, current: str | None, start: datetime
) -> Timeline:
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
        return Timeline(((start, current),))
    return Timeline(tuple(changes)) if value == current else UNKNOWN_TIMELINE


def open_timeline(history: History, is_open: bool, start: datetime) -> Timeline:
    """Return whether the item was open over time, as ``open`` and ``closed``."""
    changes = [(start, _open_or_closed(not history.states[0].is_open if history.states else is_open))]
    changes += [
        (event.at, _open_or_closed(event.is_open))
        for event in sorted(history.states, key=lambda each: each.at)
    ]
    return Timeline(tuple(changes)) if changes[-1][1] == _open_or_closed(is_open) else UNKNOWN_TIMELINE


def _open_or_closed(is_open: bool) -> str:
    return OPEN if is_open else CLOSED


OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class DayRange:
    """A number of business days, between ``low`` and ``high``."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class BusinessClock:
    """The business days of an engagement, and its days as instants."""

    workdays: Workdays
    zone: tzinfo
    now: datetime

    @property
    def today(self) -> date:
        """Return the day it is."""
        return self.day_of(self.now)

    def day_of(self, at: datetime) -> date:
        """Return the day of an instant."""
        return at.astimezone(self.zone).date()

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return when *day* begins and ends; today ends just after now."""
        start, end = (
            datetime.combine(each, time(), self.zone).astimezone(self.now.tzinfo)
            for each in (day, day + _DAY)
        )
        return start, min(end, self.now + timedelta(microseconds=1))

    def count_days(self, after: date, counts: Callable[[date], bool | None]) -> DayRange:
        """Count the business days after *after*, up to today, all through which the clock *ran*; None is unknown."""
        answers = [
            counts(day)
            for day in iterate_days(after + _DAY, self.today)
            if self.workdays.is_business_day(day)
        ]
        low = answers.count(True)
        return DayRange(low, low + answers.count(None))
