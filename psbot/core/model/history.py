"""What was done to items and by whom, and the facts that guards and rules are asked about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from psbot.core.model.work_item import Author

PSBOT = Author("psbot", is_machine=True)
_Event = TypeVar("_Event", "LabelEvent", "StateEvent")


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """Somebody put a label on an item or took it off; ``author`` is None for a deleted account."""

    item: str
    title: str
    is_added: bool
    author: Author | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StateEvent:
    """Somebody closed an item or opened it again; ``is_open`` tells which."""

    item: str
    is_open: bool
    author: Author | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """One note on an item: ``is_system`` tells that GitLab wrote it about a change that *author* made.

    ``is_mention`` tells that the change was made elsewhere: another item mentions this one.
    """

    author: Author | None
    at: datetime
    is_system: bool
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The label and state events of one item, oldest first; ``is_complete`` tells that all of them were read.

    ``acts`` are all its notes, comments too; None where only events were asked for. ``is_whole`` tells that no note
    is missing.
    """

    labels: tuple[LabelEvent, ...] = ()
    states: tuple[StateEvent, ...] = ()
    has_all_events: bool = True
    notes: tuple[NoteEvent, ...] | None = None
    has_all_notes: bool = True

    def last_label_event(self, titles: Iterable[str], is_added: bool = True) -> LabelEvent | None:
        """Return the newest event that put one of *titles* on, or took one off; of two at once the later one."""
        wanted = frozenset(titles)
        events = [each for each in self.labels if each.title in wanted and each.is_added is is_added]
        return _newest(events)

    def last_state_event(self, is_open: bool) -> StateEvent | None:
        """Return the newest event that opened the item again, or closed it."""
        return _newest([each for each in self.states if each.is_open is is_open])


def _newest(events: list[_Event]) -> _Event | None:
    return sorted(events, key=lambda event: event.at)[-1] if events else None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of psbot's that stands on the engagement log; ``gid`` is its note's global id.

    ``is_edited`` tells that a person has changed its words.
    """

    identity: str
    body: str
    gid: str
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories by item key: one that is None could not be read, one that is missing was not asked for.

    ``notices`` are those of the engagement log, oldest first; None where they were not read.
    """

    by_item: Mapping[str, History | None] = field(default_factory=dict)
    notices: tuple[Notice, ...] | None = None

    def with_event(self, event: LabelEvent | StateEvent) -> "Histories":
        """Return the histories with one more event, the newest of its item."""
        history = self.by_item.get(event.item) or History(has_all_events=False)
        if isinstance(event, LabelEvent):
            history = replace(history, labels=(*history.labels, event))
        else:
            history = replace(history, states=(*history.states, event))
        return replace(self, by_item={**self.by_item, event.item: history})


# What GitLab itself notes while an item is made (labels, dates) follows within one request, which it cuts at 60 s.
CREATION_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done to an item; ``is_complete`` tells that no note is missing."""

    created_by: Author | None
    created_at: datetime
    notes: tuple[NoteEvent, ...] = ()
    edited_by: Author | None = None
    has_all_notes: bool = True
