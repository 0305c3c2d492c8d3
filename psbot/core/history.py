"""What was done to items and by whom, and the facts that guards and rules are asked about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from psbot.core.engagement import Engagement
from psbot.core.identity import Author, is_machine, people
from psbot.core.model import Item, Snapshot
from psbot.core.process import Process
from psbot.core.touch import Act

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
class History:
    """The label and state events of one item, oldest first; ``is_complete`` tells that all of them were read.

    ``acts`` are all its notes, comments too; None where only events were asked for. ``is_whole`` tells that no note
    is missing.
    """

    labels: tuple[LabelEvent, ...] = ()
    states: tuple[StateEvent, ...] = ()
    is_complete: bool = True
    acts: tuple[Act, ...] | None = None
    is_whole: bool = True

    def last_label(self, titles: Iterable[str], is_added: bool = True) -> LabelEvent | None:
        """Return the newest event that put one of *titles* on, or took one off; of two at once the later one."""
        wanted = frozenset(titles)
        events = [each for each in self.labels if each.title in wanted and each.is_added is is_added]
        return _newest(events)

    def last_state(self, is_open: bool) -> StateEvent | None:
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

    items: Mapping[str, History | None] = field(default_factory=dict)
    notices: tuple[Notice, ...] | None = None

    def with_event(self, event: LabelEvent | StateEvent) -> "Histories":
        """Return the histories with one more event, the newest of its item."""
        history = self.items.get(event.item) or History(is_complete=False)
        if isinstance(event, LabelEvent):
            history = replace(history, labels=(*history.labels, event))
        else:
            history = replace(history, states=(*history.states, event))
        return replace(self, items={**self.items, event.item: history})


class Standing(StrEnum):
    """Where somebody stands towards an engagement."""

    MACHINE = "machine"
    MANAGER = "manager"
    PEOPLE = "people"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who did something, and when; ``needs`` are the keys of items whose histories would tell."""

    standing: Standing
    name: str = "somebody"
    at: datetime | None = None
    needs: frozenset[str] = frozenset()

    @property
    def counts(self) -> bool | None:
        """Tell whether it is a machine's, or that of one of the engagement's people; None for not known."""
        if self.standing is Standing.UNKNOWN:
            return None
        return self.standing is not Standing.OUTSIDER


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an engagement at one instant; ``phase`` is the one that psbot has accepted.

    ``presumes`` takes what only an unread history would tell for the deed of a machine, to find out which histories
    would make a difference.
    """

    engagement: Engagement
    process: Process
    observed: Snapshot
    now: datetime
    histories: Histories = Histories()
    phase: str | None = None
    presumes: bool = False

    @property
    def today(self) -> date:
        """Return the day it is where the engagement is at home."""
        return self.engagement.today(self.now)

    def state(self, item: Item) -> str | None:
        """Return the state of *item*; None where its labels say none or several."""
        return self.process.catalogue.value("state", item.labels)

    def labelled_by(self, item: Item, titles: Iterable[str]) -> Hand:
        """Return who last put one of *titles* on *item*."""
        history = self.history(item)
        return self._hand(item, history.last_label(titles) if history else None)

    def closed_by(self, item: Item) -> Hand:
        """Return who last closed *item*."""
        history = self.history(item)
        return self._hand(item, history.last_state(False) if history else None)

    def history(self, item: Item) -> History | None:
        """Return what was done to *item*; None where that is not known."""
        return self.histories.items.get(item.key)

    def unread(self, item: Item) -> frozenset[str]:
        """Return the item's key where reading its history would tell more."""
        history = self.histories.items.get(item.key, History(is_complete=False))
        return frozenset() if history is None or history.is_complete else frozenset({item.key})

    def hand(self, event: LabelEvent | StateEvent) -> Hand:
        """Return whose *event* was."""
        author = event.author
        if author is None or author.is_ghost:
            return Hand(Standing.UNKNOWN, "a deleted account", event.at)
        return Hand(self._standing(author), author.username, event.at)

    def _hand(self, item: Item, event: LabelEvent | StateEvent | None) -> Hand:
        if event is not None:
            return self.hand(event)
        needs = self.unread(item)
        presumed = Standing.MACHINE if needs and self.presumes else Standing.UNKNOWN
        return Hand(presumed, needs=needs)

    def _standing(self, author: Author) -> Standing:
        if is_machine(author, self.process):
            return Standing.MACHINE
        if author.username == self.engagement.manager:
            return Standing.MANAGER
        return Standing.PEOPLE if author.username in people(self.engagement) else Standing.OUTSIDER
