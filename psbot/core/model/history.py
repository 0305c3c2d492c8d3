"""The histories of items: label events, state events and notes, and who caused them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from psbot.core.model.work_item import Author

PSBOT = Author("psbot", is_machine=True)
_Event = TypeVar("_Event", "LabelEvent", "StateEvent")


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """A label was added to an item or removed; ``author`` is None for a deleted account."""

    item: str
    title: str
    is_added: bool
    author: Author | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StateEvent:
    """An item was closed or, with ``is_open``, reopened; ``author`` is None for a deleted account."""

    item: str
    is_open: bool
    author: Author | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """One note on an item: a comment or, with ``is_system``, what GitLab wrote about a change of ``author``.

    ``is_mention`` means that the change was made elsewhere: another item mentions this one.
    """

    author: Author | None
    at: datetime
    is_system: bool
    is_mention: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The label and state events of one item, oldest first; with ``has_all_events``, all of them were read.

    ``notes`` include comments, and are None if they were not requested. With ``has_all_notes``, none is missing.
    With ``is_unreadable``, psbot cannot read how GitLab words the changes of labels, so no later run can either.
    """

    labels: tuple[LabelEvent, ...] = ()
    states: tuple[StateEvent, ...] = ()
    has_all_events: bool = True
    notes: tuple[NoteEvent, ...] | None = None
    has_all_notes: bool = True
    is_unreadable: bool = False

    def last_label_event(self, titles: Iterable[str], is_added: bool = True) -> LabelEvent | None:
        """Return the newest event that added one of the labels *titles*, or removed one."""
        wanted = frozenset(titles)
        events = [each for each in self.labels if each.title in wanted and each.is_added is is_added]
        return _newest(events)

    def last_state_event(self, is_open: bool) -> StateEvent | None:
        """Return the newest event that reopened the item, or closed it."""
        return _newest([each for each in self.states if each.is_open is is_open])


def _newest(events: list[_Event]) -> _Event | None:
    return sorted(events, key=lambda event: event.at)[-1] if events else None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that psbot posted on the engagement log; ``gid`` is the global id of its note.

    ``is_edited`` means that a person has edited it. Without ``is_own`` another account of psbot, ``author``, posted it:
    GitLab lets nobody but its author and Maintainers edit a note, so psbot posts a new one instead.
    """

    identity: str
    body: str
    gid: str
    is_edited: bool = False
    is_own: bool = True
    author: str = ""


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories by item key; None for one that cannot be read. One that is missing was not requested.

    ``notices`` are those of the engagement log, oldest first; None if they were not read.
    """

    by_item: Mapping[str, History | None] = field(default_factory=dict)
    notices: tuple[Notice, ...] | None = None

    def unreadable_items(self) -> list[str]:
        """Return the keys of the items whose changes of labels psbot cannot read."""
        return sorted(key for key, each in self.by_item.items() if each is not None and each.is_unreadable)

    def with_event(self, event: LabelEvent | StateEvent) -> "Histories":
        """Return the histories with *event* as the newest of its item."""
        history = self.by_item.get(event.item) or History(has_all_events=False)
        if isinstance(event, LabelEvent):
            history = replace(history, labels=(*history.labels, event))
        else:
            history = replace(history, states=(*history.states, event))
        return replace(self, by_item={**self.by_item, event.item: history})


# System notes that GitLab writes while it creates an item (labels, dates) follow within one request, which takes up to
# 60 seconds.
CREATION_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Activity:
    """Who created an item and what happened since; with ``has_all_notes``, no note is missing."""

    created_by: Author | None
    created_at: datetime
    notes: tuple[NoteEvent, ...] = ()
    edited_by: Author | None = None
    has_all_notes: bool = True
