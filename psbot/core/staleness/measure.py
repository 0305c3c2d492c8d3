"""Measures staleness: applies every policy to every open item, and says which notes must be read for an answer.

Everything here is pure, so ``psbot explain`` shows the same measurements, with the dates they are based on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from psbot.core.model.facts import Facts
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import Measure, StalenessPolicy
from psbot.core.model.verdict import all_hold
from psbot.core.staleness.evidence import Evidence, is_unread
from psbot.core.staleness.last_activity import LastActivity
from psbot.core.staleness.timeline import CLOSED, BusinessClock, DayRange


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one policy for one item, or for the engagement as a whole (``item`` is then ``epic``).

    ``days`` are the business days counted from ``since``, ``username`` is who acted then, if it was a person.
    ``is_stale`` is None if that could not be checked; ``needs`` are the items whose notes would say.
    """

    policy: StalenessPolicy
    item: str
    days: DayRange
    since: date
    username: str | None = None
    needs: frozenset[str] = frozenset()

    @property
    def is_stale(self) -> bool | None:
        """Tell whether the item is stale; None if that could not be checked."""
        if self.days.low >= self.policy.after:
            return True
        return False if self.days.high < self.policy.after else None


@dataclass(frozen=True, slots=True)
class Measurements:
    """All measurements of an engagement; ``not_measured_because`` is the reason if nothing was measured."""

    results: tuple[Measurement, ...] = ()
    not_measured_because: str = ""

    @property
    def stale(self) -> tuple[Measurement, ...]:
        """Return what is stale, the oldest first."""
        found = [each for each in self.results if each.is_stale]
        return tuple(sorted(found, key=lambda each: (each.since, each.item, each.policy.name)))

    @property
    def unchecked(self) -> tuple[Measurement, ...]:
        """Return what could not be checked."""
        return tuple(each for each in self.results if each.is_stale is None)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes must be read: for open answers, and for the exact day of stale items."""
        return frozenset[str]().union(*(each.needs for each in self.results))


def measure(facts: Facts) -> Measurements:
    """Return the results of all policies for the engagement and its open items."""
    epic, process = facts.observed.epic, facts.process
    if epic is None:
        return Measurements(not_measured_because="the engagement has no epic yet")
    phase = process.catalogue.value("phase", epic.labels)
    if phase is None:
        return Measurements(not_measured_because="the epic has no clear phase")
    workflow = process.workflow
    if phase in workflow.final_phases | workflow.rules.resting_phases | process.staleness.exempt.phases:
        return Measurements(not_measured_because=f"the phase is {phase}")
    measures = _EngagementMeasures(facts, phase, Evidence.of(facts, epic, phase))
    return Measurements(tuple(measures.measure_all()))


@dataclass(frozen=True)
class _EngagementMeasures:
    """The six measures, for one engagement in *phase*."""

    facts: Facts
    phase: str
    evidence: Evidence

    @property
    def clock(self) -> BusinessClock:
        """Return the engagement's business days."""
        return self.evidence.clock

    def measure_all(self) -> Iterator[Measurement]:
        staleness = self.facts.process.staleness
        items = [item for _, item in sorted(self.facts.observed.by_key().items()) if self._is_measured(item)]
        for policy in staleness.policies.values():
            if policy.phases and self.phase not in policy.phases:
                continue
            match policy.measure:
                case Measure.SILENCE:
                    yield from self._measure_silence(policy, items)
                case Measure.MISSED:
                    yield from self._measure_missed(policy, items)
                case _:
                    yield from self._measure_items(policy, items)

    def _measure_items(self, policy: StalenessPolicy, items: list[Item]) -> Iterator[Measurement]:
        for item in items:
            severity = self._severity(item) if policy.severities else None
            is_about = policy.applies_to(item.kind, self.facts.state(item), severity)
            if is_about and self._is_in_own_phase(policy, item):
                match policy.measure:
                    case Measure.OVERDUE:
                        yield from self._measure_overdue(policy, item)
                    case Measure.IN_STATE:
                        yield self._measure_in_state(policy, item)
                    case _:
                        yield self._measure_idle(policy, item)

    def _severity(self, item: Item) -> str | None:
        return self.facts.process.catalogue.value("severity", item.labels)

    def _is_measured(self, item: Item) -> bool:
        exempt, workflow = self.facts.process.staleness.exempt, self.facts.process.workflow
        is_done = self.facts.state(item) in workflow.done_states
        is_exempt = item.kind in exempt.kinds or bool(item.labels & exempt.labels)
        is_known = item.kind in self.facts.process.kinds
        return item.is_open and is_known and not (item.is_epic or is_done or is_exempt)

    def _is_in_own_phase(self, policy: StalenessPolicy, item: Item) -> bool:
        own = self.facts.process.kinds[item.kind].phase
        return not policy.in_own_phase or own is None or own == self.phase

    # The measures

    def _measure_idle(self, policy: StalenessPolicy, item: Item) -> Measurement:
        """Count the days without activity on which the team had the move, or with ``waiting`` the customer."""
        last = self.evidence.last_activity(item)
        if recent := self._too_recent(policy, item, last):
            return recent
        own = self.facts.process.kinds[item.kind].phase if policy.in_own_phase else None
        states, open_flags = self.evidence.state_timeline(item, last), self.evidence.open_timeline(item, last)
        customers: frozenset[str | None] = frozenset(self.facts.process.workflow.customer_states)
        is_customers = policy.measure is Measure.WAITING

        def counts(day: date) -> bool | None:
            has_move = self.evidence.held_all_day(states, day, lambda values: not values & customers)
            if is_customers:
                has_move = self.evidence.held_all_day(states, day, lambda values: values <= customers)
            is_open = self.evidence.held_all_day(open_flags, day, lambda values: CLOSED not in values)
            return all_hold((self.evidence.is_counted(day, own), has_move, is_open))

        return self._measurement(policy, item, last, counts)

    def _measure_in_state(self, policy: StalenessPolicy, item: Item) -> Measurement:
        """Count from the day the item entered its state; without its notes, that is any day up to its last change."""
        last = self.evidence.last_activity(item)
        created_at, changed_at = item.created_at or last.earliest, item.updated_at or last.latest
        history = self.facts.history(item)
        since = (
            self.evidence.state_timeline(item, last).since if history and history.notes is not None else None
        )
        entered = LastActivity(since, since) if since else LastActivity(created_at, changed_at)
        return self._measurement(policy, item, entered, self.evidence.is_counted)

    def _measure_overdue(self, policy: StalenessPolicy, item: Item) -> Iterator[Measurement]:
        if item.due_on is not None and item.due_on < self.clock.today:
            days = self.clock.count_days(item.due_on, self.evidence.is_counted)
            needs = self._needs_for_phases(policy, days, item.due_on)
            yield Measurement(policy, item.key, days, item.due_on, needs=needs)

    def _measure_missed(self, policy: StalenessPolicy, items: list[Item]) -> Iterator[Measurement]:
        """Measure the last occurrence of each kind that was due; one that is done excuses those before it."""
        for kind in sorted(policy.kinds):
            due = [
                item
                for item in self.facts.observed.by_key().values()
                if item.kind == kind and item.due_on is not None and item.due_on <= self.clock.today
            ]
            last = max(due, key=lambda item: (item.due_on or date.min, item.key), default=None)
            if last is not None and last in items and policy.applies_to(kind, self.facts.state(last)):
                yield from self._measure_overdue(policy, last)

    def _measure_silence(self, policy: StalenessPolicy, items: list[Item]) -> Iterator[Measurement]:
        """Measure the engagement as a whole, unless an item waits for the customer: ``waiting`` covers that."""
        customers = self.facts.process.workflow.customer_states
        if any(self.facts.state(item) in customers for item in items):
            return
        activities = {item.key: self.evidence.last_activity(item) for item in self.facts.observed.items}
        newest = max(activities.values(), key=lambda last: last.earliest)
        latest = max(last.latest for last in activities.values())
        last = LastActivity(newest.earliest, latest, newest.username)
        unread = {
            key
            for key, each in activities.items()
            if each.latest > last.earliest and is_unread(self.facts, key)
        }
        days = self._days_since(last, self.evidence.is_counted)
        needs = unread if days.high >= policy.after else set()
        yield Measurement(
            policy,
            EPIC,
            days,
            self.clock.day_of(last.latest),
            last.username,
            frozenset(needs) | self._needs_for_phases(policy, days, self.clock.day_of(last.earliest)),
        )

    # Shared by the measures

    def _days_since(self, last: LastActivity, counts: Callable[[date], bool | None]) -> DayRange:
        """Return how many of the days since the last activity count; a range if that activity is not exact."""
        high = self.clock.count_days(self.clock.day_of(last.earliest), counts)
        if last.is_exact:
            return high
        return DayRange(self.clock.count_days(self.clock.day_of(last.latest), counts).low, high.high)

    def _measurement(
        self, policy: StalenessPolicy, item: Item, last: LastActivity, counts: Callable[[date], bool | None]
    ) -> Measurement:
        days = self._days_since(last, counts)
        needs = frozenset[str]()
        if days.high >= policy.after and not last.is_exact and is_unread(self.facts, item.key):
            needs = frozenset({item.key})  # if the last activity is exact, the list already shows all of it
        needs |= self._needs_for_phases(policy, days, self.clock.day_of(last.earliest))
        return Measurement(policy, item.key, days, self.clock.day_of(last.latest), last.username, needs)

    def _too_recent(self, policy: StalenessPolicy, item: Item, last: LastActivity) -> Measurement | None:
        """Return the measurement if too few days have passed, whatever happened in them: true of most items."""
        passed = self.clock.workdays.count_between(self.clock.day_of(last.earliest), self.clock.today)
        if passed >= policy.after or not is_unread(self.facts, item.key):
            return None
        return Measurement(
            policy, item.key, DayRange(0, passed), self.clock.day_of(last.latest), last.username
        )

    def _needs_for_phases(self, policy: StalenessPolicy, days: DayRange, after: date) -> frozenset[str]:
        """Return the epic if the answer depends on its notes: on which days since *after* the engagement rested."""
        is_open = days.high >= policy.after and days.low != days.high
        return frozenset({EPIC}) if is_open and self.evidence.needs_epic_notes(after) else frozenset()
