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


def find_log(observed: Snapshot, process: Process) -> Item | None:
    """Return the engagement log: the item that carries the engagement's health."""
    keys = [kind.item for kind in process.kinds.values() if "health" in kind.seeds]
    return next((observed.by_key()[key] for key in keys if key in observed.by_key()), None)


class ActorRole(StrEnum):
    """Where somebody stands towards an engagement."""

    MACHINE = "machine"
    MANAGER = "manager"
    PEOPLE = "people"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and when; ``needs`` are the keys of items whose histories would tell."""

    role: ActorRole
    name: str = "somebody"
    at: datetime | None = None
    needs: frozenset[str] = frozenset()

    @property
    def is_authorized(self) -> bool | None:
        """Tell whether it is a machine's, or that of one of the engagement's people; None for not known."""
        if self.role is ActorRole.UNKNOWN:
            return None
        return self.role is not ActorRole.OUTSIDER


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
    assume_authorized: bool = False

    @property
    def today(self) -> date:
        """Return the day it is where the engagement is at home."""
        return self.engagement.today(self.now)

    def state(self, item: Item) -> str | None:
        """Return the state of *item*; None where its labels say none or several."""
        return self.process.catalogue.value("state", item.labels)

    def labelled_by(self, item: Item, titles: Iterable[str]) -> Actor:
        """Return who last put one of *titles* on *item*."""
        history = self.history(item)
        return self._actor(item, history.last_label_event(titles) if history else None)

    def closed_by(self, item: Item) -> Actor:
        """Return who last closed *item*."""
        history = self.history(item)
        return self._actor(item, history.last_state_event(False) if history else None)

    def history(self, item: Item) -> History | None:
        """Return what was done to *item*; None where that is not known."""
        return self.histories.by_item.get(item.key)

    def missing_history(self, item: Item) -> frozenset[str]:
        """Return the item's key where reading its history would tell more."""
        history = self.histories.by_item.get(item.key, History(has_all_events=False))
        return frozenset() if history is None or history.has_all_events else frozenset({item.key})

    def actor_of(self, event: LabelEvent | StateEvent) -> Actor:
        """Return whose *event* was."""
        author = event.author
        if author is None or author.is_ghost:
            return Actor(ActorRole.UNKNOWN, "a deleted account", event.at)
        return Actor(self._role_of(author), author.username, event.at)

    def _actor(self, item: Item, event: LabelEvent | StateEvent | None) -> Actor:
        if event is not None:
            return self.actor_of(event)
        needs = self.missing_history(item)
        presumed = ActorRole.MACHINE if needs and self.assume_authorized else ActorRole.UNKNOWN
        return Actor(presumed, needs=needs)

    def _role_of(self, author: Author) -> ActorRole:
        if is_machine(author, self.process):
            return ActorRole.MACHINE
        if author.username == self.engagement.manager:
            return ActorRole.MANAGER
        return ActorRole.PEOPLE if author.username in people(self.engagement) else ActorRole.OUTSIDER
