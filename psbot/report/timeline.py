"""The timeline of a simulated engagement: who did what on which item, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from psbot.core.text.quantity import quantity


class EntryKind(StrEnum):
    """Who acted, or what kind of message it is."""

    PERSON = "person"
    PSBOT = "psbot"
    FINDING = "finding"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry; ``item`` is the item's key, or the code of a finding that is about no item."""

    at: datetime
    kind: EntryKind
    who: str
    what: str
    item: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """One day of the timeline."""

    on: date
    entries: tuple[TimelineEntry, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing happened."""
        return not self.entries


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in one engagement, its last phase, and which planned actions were never reached."""

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
    """Return the length of the timeline and the last phase in one line."""
    days, empty = len(timeline.days), len(timeline.days) - len(days_with_entries(timeline.days))
    return f"{quantity(days, 'day')}, {empty} without activity; phase: {timeline.phase or 'unclear'}"


def entry_text(each: TimelineEntry) -> str:
    """Return what happened and why, in one line."""
    text = " ".join(each.what.split())
    return f"{text}: {each.why}" if each.why and each.why not in text else text
