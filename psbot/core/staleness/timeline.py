"""Labels and the open flag over time, and the business days on which they had a value."""

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
    """The values of something over time, oldest first; nothing is known before ``known_from``.

    Before the first change the value was None.
    """

    changes: tuple[tuple[datetime, str | None], ...] = ()
    known_from: datetime | None = None
    is_known: bool = True

    def values_during(self, start: datetime, end: datetime) -> frozenset[str | None] | None:
        """Return all values from *start* to before *end*; None if they are unknown."""
        if not self.is_known or (self.known_from is not None and start < self.known_from):
            return None
        first = bisect_right(self.changes, start, key=lambda change: change[0])
        at_start = self.changes[first - 1][1] if first else None
        return frozenset({at_start, *(value for at, value in self.changes[first:] if at < end)})

    @property
    def since(self) -> datetime | None:
        """Return since when it has its current value; None if that is unknown or was always so."""
        return self.changes[-1][0] if self.changes and self.is_known else None


UNKNOWN_TIMELINE = Timeline(is_known=False)


def label_timeline(
    events: Iterable[LabelEvent], scope: str, current: str | None, start: datetime
) -> Timeline:
    """Return the label of *scope* over time; *start* is when the item was created.

    The timeline is unknown if the events do not lead to the *current* value: GitLab deletes the events of a label
    together with the label.
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
    """Return over time whether the item was ``open`` or ``closed``."""
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
    """A number of business days, from ``low`` to ``high``."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class BusinessClock:
    """The business days of an engagement, and when they begin and end in its time zone."""

    workdays: Workdays
    zone: tzinfo
    now: datetime

    @property
    def today(self) -> date:
        """Return the current day."""
        return self.day_of(self.now)

    def day_of(self, at: datetime) -> date:
        """Return the day of *at*."""
        return at.astimezone(self.zone).date()

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return when *day* begins and ends; today ends just after now."""
        start, end = (
            datetime.combine(each, time(), self.zone).astimezone(self.now.tzinfo)
            for each in (day, day + _DAY)
        )
        return start, min(end, self.now + timedelta(microseconds=1))

    def count_days(self, after: date, counts: Callable[[date], bool | None]) -> DayRange:
        """Count the business days after *after*, up to today, for which *counts* is true; None widens the range."""
        answers = [
            counts(day)
            for day in iterate_days(after + _DAY, self.today)
            if self.workdays.is_business_day(day)
        ]
        low = answers.count(True)
        return DayRange(low, low + answers.count(None))
