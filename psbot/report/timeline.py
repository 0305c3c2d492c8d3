"""What happens in a simulated life: who did what on which item, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class EntryKind(StrEnum):
    """What sort of thing happened."""

    PERSON = "person"
    PSBOT = "psbot"
    FINDING = "finding"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened; ``item`` is the item's key, or the code of a finding that is about none."""

    at: datetime
    kind: EntryKind
    who: str
    what: str
    item: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """One day of a life; on a quiet one nothing happened."""

    on: date
    entries: tuple[TimelineEntry, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing happened."""
        return not self.entries


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in the life of one engagement, where it ended, and which deeds never came to be."""

    engagement: str
    file: str
    start: date
    days: tuple[TimelineDay, ...]
    phase: str | None
    not_reached: tuple[str, ...] = ()


def days_with_entries(days: Iterable[TimelineDay]) -> list[TimelineDay]:
    """Return the days on which something happened."""
    return [day for day in days if not day.is_empty]


def summary_line(timeline: Timeline) -> str:
    """Say in one line how long it was, and where the engagement is at its end."""
    quiet = len(timeline.days) - len(days_with_entries(timeline.days))
    return f"{len(timeline.days)} days, {quiet} of them quiet; the phase is {timeline.phase or 'not clear'}"


def entry_text(each: TimelineEntry) -> str:
    """Say what happened and why, in one line."""
    words = " ".join(each.what.split())
    return f"{words}: {each.why}" if each.why and each.why not in words else words
