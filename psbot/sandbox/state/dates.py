"""Start and due dates: fixed ones, and those an epic inherits from its children."""

from collections.abc import Iterable
from datetime import date

from psbot.sandbox.state.model import WorkItem


def _long_date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def dates_note_body(start: tuple[date | None, date | None], due: tuple[date | None, date | None]) -> str:
    """Return the body of the system note for dates given as (before, after); empty if nothing changed."""
    parts = []
    for name, (before, after) in (("start date", start), ("due date", due)):
        if before != after:
            parts.append(f"changed {name} to {_long_date(after)}" if after else f"removed {name}")
    return " and ".join(parts)


def start_of(item: WorkItem) -> date | None:
    """Return the start date that GitLab shows."""
    if item.has_fixed_dates or not item.is_epic:
        return item.start_on
    return min(_known(start_of(child) for child in item.children), default=None)


def due_of(item: WorkItem) -> date | None:
    """Return the due date that GitLab shows."""
    if item.has_fixed_dates or not item.is_epic:
        return item.due_on
    return max(_known(due_of(child) for child in item.children), default=None)


def _known(days: Iterable[date | None]) -> list[date]:
    return [day for day in days if day is not None]
