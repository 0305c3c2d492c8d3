"""What the measures rest on: when people last acted, and what state, open flag and phase were over time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from psbot.core.model.facts import Facts
from psbot.core.model.history import CREATION_WINDOW
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC
from psbot.core.staleness.last_activity import LastActivity, last_activity
from psbot.core.staleness.timeline import (
    OPEN,
    UNKNOWN_TIMELINE,
    BusinessClock,
    Timeline,
    label_timeline,
    open_timeline,
)

_DAY = timedelta(days=1)


def is_unread(facts: Facts, key: str) -> bool:
    """Tell whether reading the notes of the item *key* would add facts; an unreadable history counts as read."""
    if key not in facts.histories.by_item:
        return True
    history = facts.histories.by_item[key]
    return history is not None and history.notes is None


@dataclass(frozen=True)
class Evidence:
    """The facts of one engagement that the measures use; built once for all policies and items."""

    facts: Facts
    clock: BusinessClock
    phase_timeline: Timeline
    spans: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts, epic: Item, phase: str) -> "Evidence":
        """Return the evidence for the engagement under *epic*, which shows *phase*."""
        engagement = facts.engagement
        clock = BusinessClock(engagement.workdays, engagement.zone, facts.now)
        return cls(facts, clock, _phase_timeline(facts, epic, phase))

    def last_activity(self, item: Item) -> LastActivity:
        """Return when a person last acted on *item*."""
        return last_activity(item, self.facts.history(item), self.facts.process)

    def state_timeline(self, item: Item, last: LastActivity) -> Timeline:
        """Return the state of *item* over time; without its notes, only since its last certain change."""
        state = self.facts.state(item)
        history = self.facts.history(item)
        if history is None or history.notes is None:
            return _unchanged_timeline(state, item, last)
        if not history.has_all_events:
            return UNKNOWN_TIMELINE
        scope = self.facts.process.catalogue.scopes["state"].name
        return label_timeline(history.labels, scope, state, item.created_at or last.earliest)

    def open_timeline(self, item: Item, last: LastActivity) -> Timeline:
        """Return whether *item* was open over time."""
        history = self.facts.history(item)
        if history is None or history.notes is None:
            return _unchanged_timeline(OPEN, item, last)
        return open_timeline(history, item.is_open, item.created_at or last.earliest)

    def held_all_day(
        self, timeline: Timeline, day: date, holds: Callable[[frozenset[str | None]], bool]
    ) -> bool | None:
        """Tell whether *holds* is true of all values that *timeline* had on *day*; None if they are unknown."""
        if day not in self.spans:
            self.spans[day] = self.clock.span(day)
        values = timeline.values_during(*self.spans[day])
        return None if values is None else holds(values)

    def is_counted(self, day: date, own_phase: str | None = None) -> bool | None:
        """Tell whether no resting phase covered *day*, and only *own_phase* did where one is given."""
        resting: frozenset[str | None] = frozenset(self.facts.process.workflow.rules.resting_phases)
        return self.held_all_day(
            self.phase_timeline,
            day,
            lambda values: not values & resting and (own_phase is None or values == {own_phase}),
        )

    def needs_epic_notes(self, after: date) -> bool:
        """Tell whether the epic's notes would say on which days since *after* the engagement rested."""
        is_known = self.phase_timeline.values_during(*self.clock.span(after + _DAY)) is not None
        return not is_known and is_unread(self.facts, EPIC)


def _phase_timeline(facts: Facts, epic: Item, phase: str) -> Timeline:
    """Return the phase over time, from the epic's notes; without them, only since the epic's last change.

    The phase in the epic's marker does not help: between two runs of ``advance`` a phase may come and go.
    """
    history = facts.history(epic)
    start = epic.created_at or facts.now
    if history is None or history.notes is None:
        changed_at = epic.updated_at or facts.now
        known_from = start if changed_at - start <= CREATION_WINDOW else changed_at
        return Timeline(((known_from, phase),), known_from)
    if not history.has_all_events:
        return UNKNOWN_TIMELINE
    return label_timeline(history.labels, facts.process.catalogue.scopes["phase"].name, phase, start)


def _unchanged_timeline(value: str | None, item: Item, last: LastActivity) -> Timeline:
    """Return the timeline of a value that is as old as the item's last change, which every change updates."""
    known_from = last.earliest if last.is_exact else item.updated_at
    return Timeline(((known_from, value),), known_from) if known_from else UNKNOWN_TIMELINE
