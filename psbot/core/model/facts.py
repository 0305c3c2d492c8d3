"""Facts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from psbot.core.model.engagement import Engagement, people
from psbot.core.model.history import Histories, History, LabelEvent, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Process
from psbot.core.model.work_item import Author, is_machine


def log_of(observed: Snapshot, process: Process) -> Item | None:
    """Return the engagement log: the item that carries the engagement's health."""
    keys = [kind.item for kind in process.kinds.values() if "health" in kind.seeds]
    return next((observed.by_key()[key] for key in keys if key in observed.by_key()), None)


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
    histories: Histories = field(default_factory=Histories)
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
