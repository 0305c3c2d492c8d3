"""Business days: the working days of the week without public holidays and company days off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_MAX_DAYS_OFF_IN_A_ROW = 400  # a calendar without a business day for so many days is invalid


@dataclass(frozen=True, slots=True)
class Workdays:
    """A calendar of business days.

    ``days_off`` are the public holidays and company days, ``weekdays`` the working days of a week as
    ``date.weekday()`` numbers (0 is Monday).
    """

    days_off: frozenset[date] = frozenset()
    weekdays: frozenset[int] = frozenset(range(5))

    def is_business_day(self, day: date) -> bool:
        """Tell whether people work on *day*."""
        return day.weekday() in self.weekdays and day not in self.days_off

    def after(self, day: date, business_days: int) -> date:
        """Return the day that is *business_days* (0 or more) after *day*.

        Counting starts on the day after *day*. For 0, *day* itself is returned, even if it is a day off.
        Raises ``ValueError`` if the calendar has no business day within 400 days.
        """
        for _ in range(business_days):
            day = self._next_business_day(day)
        return day

    def before(self, day: date, business_days: int) -> date:
        """Return the day that is *business_days* (0 or more) before *day*; see :meth:`after`."""
        for _ in range(business_days):
            day = self._next_business_day(day, -_DAY)
        return day

    def on_or_after(self, day: date) -> date:
        """Return *day*, or the next business day if it is a day off."""
        return day if self.is_business_day(day) else self._next_business_day(day)

    def count_between(self, start: date, end: date) -> int:
        """Count the business days after *start* up to and including *end*; negative if *end* comes first."""
        if end < start:
            return -self.count_between(end, start)
        return sum(1 for day in iterate_days(start + _DAY, end) if self.is_business_day(day))

    def last_between(self, first: date, last: date) -> date | None:
        """Return the last business day from *first* to *last*, both included; None if there is none."""
        return max((day for day in iterate_days(first, last) if self.is_business_day(day)), default=None)

    def _next_business_day(self, day: date, step: timedelta = _DAY) -> date:
        for _ in range(_MAX_DAYS_OFF_IN_A_ROW):
            day += step
            if self.is_business_day(day):
                return day
        raise ValueError(f"no business day within {_MAX_DAYS_OFF_IN_A_ROW} days of {day.isoformat()}")


def iterate_days(first: date, last: date) -> Iterator[date]:
    """Yield every day from *first* to *last*, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def iso_week(day: date) -> str:
    """Return the ISO week of *day* as ``2026-W53``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(day: date) -> date:
    """Return the Monday of *day*'s ISO week."""
    return day - timedelta(days=day.weekday())


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
