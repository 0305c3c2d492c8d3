"""Escalation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from psbot.core.model.history import History, LabelEvent
from psbot.core.model.item import Item
from psbot.core.notices.digest import DigestEntry
from psbot.core.staleness.measure import Measurement


@dataclass(frozen=True, slots=True)
class StaleFinding:
    """One finding: the verdict, the item that carries its flag, the rung it has come to, and whom that tells."""

    measurement: Measurement
    flagged_item: Item
    level: int
    recipients: tuple[str, ...]

    @property
    def entry(self) -> DigestEntry:
        """Return how the digest remembers it."""
        return DigestEntry(
            self.measurement.policy.name, self.measurement.item, self.measurement.since, self.level
        )


def flagged_since(history: History, flags: Iterable[str]) -> datetime | None:
    """Return since when an item has been flagged without a break; None where it is not. One flag may follow another."""
    wanted = frozenset(flags)
    events = sorted((each for each in history.labels if each.title in wanted), key=_event_order)
    on: set[str] = set()
    since: datetime | None = None
    for at, together in groupby(events, key=lambda event: event.at):
        for event in together:
            (on.add if event.is_added else on.discard)(event.title)
        since = (since or at) if on else None
    return since


def _event_order(event: LabelEvent) -> tuple[datetime, bool]:
    return (event.at, event.is_added)
