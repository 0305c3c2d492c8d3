"""What psbot knows of one engagement at one moment, and who did what to its items."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from psbot.core.model.engagement import Engagement
from psbot.core.model.history import Histories, History, LabelEvent, StateEvent
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Process
from psbot.core.model.work_item import Author, is_machine


class ActorRole(StrEnum):
    """The role of an account in an engagement; PEOPLE are those listed under ``people:``."""

    MACHINE = "machine"
    MANAGER = "manager"
    PEOPLE = "people"
    OUTSIDER = "outsider"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and when; ``needs`` are the keys of items whose histories psbot must read first."""

    role: ActorRole
    name: str = "an unknown account"
    at: datetime | None = None
    needs: frozenset[str] = frozenset()

    @property
    def is_authorized(self) -> bool | None:
        """Tell whether the actor is a machine or listed under ``people:``; None if that is unknown."""
        if self.role is ActorRole.UNKNOWN:
            return None
        return self.role is not ActorRole.OUTSIDER


@dataclass(frozen=True, slots=True)
class Facts:
    """What psbot knows of an engagement at one moment; ``phase`` is the one that psbot has accepted.

    With ``assume_authorized``, a change counts as a machine's while the history that would name its author is unread.
    So the rules can be applied to find out which histories make a difference.
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
        """Return today's date in the time zone of the engagement."""
        return self.engagement.today(self.now)

    @property
    def log(self) -> Item | None:
        """Return the engagement log; None if GitLab does not have it."""
        observed = self.observed.by_key()
        return next((observed[kind.item] for kind in self.process.log_kinds if kind.item in observed), None)

    def state(self, item: Item) -> str | None:
        """Return the state of *item*; None if it has no state label, or several."""
        return self.process.catalogue.value("state", item.labels)

    def labelled_by(self, item: Item, titles: Iterable[str]) -> Actor:
        """Return who last added one of the labels *titles* to *item*."""
        history = self.history(item)
        return self._actor(item, history.last_label_event(titles) if history else None)

    def closed_by(self, item: Item) -> Actor:
        """Return who last closed *item*."""
        history = self.history(item)
        return self._actor(item, history.last_state_event(False) if history else None)

    def history(self, item: Item) -> History | None:
        """Return the history of *item*; None if it was not read or cannot be read."""
        return self.histories.by_item.get(item.key)

    def missing_history(self, item: Item) -> frozenset[str]:
        """Return the item's key if the rest of its history has yet to be read; else nothing."""
        history = self.histories.by_item.get(item.key, History(has_all_events=False))
        return frozenset() if history is None or history.has_all_events else frozenset({item.key})

    def actor_of(self, event: LabelEvent | StateEvent) -> Actor:
        """Return who caused *event*."""
        author = event.author
        if author is None or author.is_ghost:
            return Actor(ActorRole.UNKNOWN, "a deleted account", event.at)
        return Actor(self._role_of(author), author.username, event.at)

    def _actor(self, item: Item, event: LabelEvent | StateEvent | None) -> Actor:
        if event is not None:
            return self.actor_of(event)
        needs = self.missing_history(item)
        role = ActorRole.MACHINE if needs and self.assume_authorized else ActorRole.UNKNOWN
        return Actor(role, needs=needs)

    def _role_of(self, author: Author) -> ActorRole:
        if is_machine(author, self.process):
            return ActorRole.MACHINE
        if author.username == self.engagement.manager:
            return ActorRole.MANAGER
        return ActorRole.PEOPLE if author.username in self.engagement.people else ActorRole.OUTSIDER
