"""What has gone quiet: every policy asked of every item, and what has to be read to answer.

The functions are pure, so ``psbot explain`` shows the same verdicts, with every date they rest on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from psbot.core.model.facts import Facts
from psbot.core.model.history import CREATION_WINDOW
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import Measure, StalenessPolicy
from psbot.core.model.verdict import all_hold
from psbot.core.staleness import last_activity
from psbot.core.staleness.last_activity import LastActivity
from psbot.core.staleness.timeline import (
    CLOSED,
    OPEN,
    UNKNOWN_TIMELINE,
    BusinessClock,
    DayRange,
    Timeline,
    label_timeline,
    open_timeline,
)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one policy says of one item, or of the engagement (``item`` is then ``epic``).

    ``days`` are the business days that count, ``since`` the day from which they do, ``by`` who acted then, where it
    was a person. ``is_stale`` is None where that could not be checked; ``needs`` are the items whose notes would
    tell.
    """

    policy: StalenessPolicy
    item: str
    days: DayRange
    since: date
    username: str | None = None
    needs: frozenset[str] = frozenset()

    @property
    def is_stale(self) -> bool | None:
        """Tell whether it is a finding; None for could not check."""
        if self.days.low >= self.policy.after:
            return True
        return False if self.days.high < self.policy.after else None


@dataclass(frozen=True, slots=True)
class Measurements:
    """Every verdict on an engagement; ``rests`` says why nothing was judged, where nothing was."""

    results: tuple[Measurement, ...] = ()
    not_measured_because: str = ""

    @property
    def stale(self) -> tuple[Measurement, ...]:
        """Return the findings, what has waited longest first."""
        found = [each for each in self.results if each.is_stale]
        return tuple(sorted(found, key=lambda each: (each.since, each.item, each.policy.name)))

    @property
    def unchecked(self) -> tuple[Measurement, ...]:
        """Return what could not be checked."""
        return tuple(each for each in self.results if each.is_stale is None)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes have to be read: for what is open, and for the exact day of a finding."""
        return frozenset[str]().union(*(each.needs for each in self.results))


def measure(facts: Facts) -> Measurements:
    """Return what every policy says of the engagement and its open items."""
    epic, process = facts.observed.epic, facts.process
    if epic is None:
        return Measurements(not_measured_because="it has no epic yet")
    phase = process.catalogue.value("phase", epic.labels)
    if phase is None:
        return Measurements(not_measured_because="its epic has no clear phase")
    workflow = process.workflow
    if phase in workflow.final_phases | workflow.rules.resting_phases | process.staleness.exempt.phases:
        return Measurements(not_measured_because=f"it is {phase}")
    judging = _EngagementMeasures(facts, epic, phase)
    return Measurements(tuple(judging.measure_all()))


def is_unread(facts: Facts, key: str) -> bool:
    """Tell whether reading the notes of the item *key* would tell more; one that could not be read is read."""
    if key not in facts.histories.by_item:
        return True
    history = facts.histories.by_item[key]
    return history is not None and history.notes is None


@dataclass
class _EngagementMeasures:
    """One engagement while it is judged."""

    facts: Facts
    epic: Item
    phase: str
    phase_timeline: Timeline = field(init=False)
    spans: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        engagement = self.facts.engagement
        self.calendar = BusinessClock(engagement.workdays, engagement.zone, self.facts.now)
        self.phase_timeline = self._phase_timeline()
        table = self.facts.process.workflow.rules
        self.resting = table.resting_phases

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
        known = item.kind in self.facts.process.kinds
        return item.is_open and known and not (item.is_epic or is_done or is_exempt)

    def _is_in_own_phase(self, policy: StalenessPolicy, item: Item) -> bool:
        own = self.facts.process.kinds[item.kind].phase
        return not policy.in_own_phase or own is None or own == self.phase

    # The measures

    def _measure_idle(self, policy: StalenessPolicy, item: Item) -> Measurement:
        """Count the days on which the team, or with ``waiting`` the customer, had the move and nobody acted."""
        last = self._last_activity(item)
        if calm := self._too_recent(policy, item, last):
            return calm
        own = self.facts.process.kinds[item.kind].phase if policy.in_own_phase else None
        lines = self._state_timeline(item, last), self._open_timeline(item, last)
        customers: frozenset[str | None] = frozenset(self.facts.process.workflow.customer_states)
        is_customers = policy.measure is Measure.WAITING

        def ran(day: date) -> bool | None:
            has_move = self._held_all_day(lines[0], day, lambda values: not values & customers)
            if is_customers:
                has_move = self._held_all_day(lines[0], day, lambda values: values <= customers)
            is_open = self._held_all_day(lines[1], day, lambda values: CLOSED not in values)
            return all_hold((self._counted_day(day, own), has_move, is_open))

        return self._measurement(policy, item, last, ran)

    def _measure_in_state(self, policy: StalenessPolicy, item: Item) -> Measurement:
        """Count from when the item came into its state; without its notes that is any time up to its last change."""
        last = self._last_activity(item)
        made_at, changed_at = item.created_at or last.earliest, item.updated_at or last.latest
        history = self.facts.history(item)
        since = self._state_timeline(item, last).since if history and history.notes is not None else None
        entered = LastActivity(since, since) if since else LastActivity(made_at, changed_at)
        return self._measurement(policy, item, entered, self._counted_day)

    def _measure_overdue(self, policy: StalenessPolicy, item: Item) -> Iterator[Measurement]:
        if item.due_on is not None and item.due_on < self.calendar.today:
            days = self.calendar.count_days(item.due_on, self._counted_day)
            needs = self._needs_for_phases(policy, days, item.due_on)
            yield Measurement(policy, item.key, days, item.due_on, needs=needs)

    def _measure_missed(self, policy: StalenessPolicy, items: list[Item]) -> Iterator[Measurement]:
        """Judge the last occurrence of each kind whose day has come; a later one that is done excuses it."""
        for kind in sorted(policy.kinds):
            came = [
                item
                for item in self.facts.observed.by_key().values()
                if item.kind == kind and item.due_on is not None and item.due_on <= self.calendar.today
            ]
            last = max(came, key=lambda item: (item.due_on or date.min, item.key), default=None)
            if last is not None and last in items and policy.applies_to(kind, self.facts.state(last)):
                yield from self._measure_overdue(policy, last)

    def _measure_silence(self, policy: StalenessPolicy, items: list[Item]) -> Iterator[Measurement]:
        """Judge the engagement as a whole, unless something waits for the customer, who has a clock of their own."""
        customers = self.facts.process.workflow.customer_states
        if any(self.facts.state(item) in customers for item in items):
            return
        everything = {item.key: self._last_activity(item) for item in self.facts.observed.items}
        newest = max(everything.values(), key=lambda last: last.earliest)
        latest = max(last.latest for last in everything.values())
        last = LastActivity(newest.earliest, latest, newest.username)
        unread = {
            key
            for key, each in everything.items()
            if each.latest > last.earliest and is_unread(self.facts, key)
        }
        high = self.calendar.count_days(self.calendar.day_of(last.earliest), self._counted_day)
        low = self.calendar.count_days(self.calendar.day_of(last.latest), self._counted_day)
        days = DayRange(low.low, high.high)
        needs = unread if days.high >= policy.after else set()
        yield Measurement(
            policy,
            EPIC,
            days,
            self.calendar.day_of(last.latest),
            last.username,
            frozenset(needs) | self._needs_for_phases(policy, days, self.calendar.day_of(last.earliest)),
        )

    # What the measures rest on

    def _measurement(
        self, policy: StalenessPolicy, item: Item, last: LastActivity, counts: Callable[[date], bool | None]
    ) -> Measurement:
        high = self.calendar.count_days(self.calendar.day_of(last.earliest), counts)
        low = high if last.is_exact else self.calendar.count_days(self.calendar.day_of(last.latest), counts)
        days = DayRange(low.low, high.high)
        needs = frozenset[str]()
        if days.high >= policy.after and not last.is_exact and is_unread(self.facts, item.key):
            needs = frozenset(
                {item.key}
            )  # of an item whose last act is known its list tells all there is since
        needs |= self._needs_for_phases(policy, days, self.calendar.day_of(last.earliest))
        return Measurement(policy, item.key, days, self.calendar.day_of(last.latest), last.username, needs)

    def _too_recent(self, policy: StalenessPolicy, item: Item, last: LastActivity) -> Measurement | None:
        """Return the verdict where too few days have passed whatever happened in them: most items of a list."""
        passed = self.calendar.workdays.count_between(
            self.calendar.day_of(last.earliest), self.calendar.today
        )
        if passed >= policy.after or not is_unread(self.facts, item.key):
            return None
        return Measurement(
            policy, item.key, DayRange(0, passed), self.calendar.day_of(last.latest), last.username
        )

    def _needs_for_phases(self, policy: StalenessPolicy, days: DayRange, after: date) -> frozenset[str]:
        """Return the epic where its notes would tell on which days since *after* the engagement rested."""
        is_known = self.phase_timeline.values_during(*self.calendar.span(after + _DAY)) is not None
        is_asked = days.high >= policy.after and days.low != days.high and is_unread(self.facts, EPIC)
        return frozenset({EPIC}) if is_asked and not is_known else frozenset()

    def _counted_day(self, day: date, own_phase: str | None = None) -> bool | None:
        """Tell whether the engagement did not rest on *day*, and was in *own_phase* where that is asked."""
        resting: frozenset[str | None] = frozenset(self.resting)
        return self._held_all_day(
            self.phase_timeline,
            day,
            lambda values: not values & resting and (own_phase is None or values == {own_phase}),
        )

    def _held_all_day(
        self, timeline: Timeline, day: date, holds: Callable[[frozenset[str | None]], bool]
    ) -> bool | None:
        if day not in self.spans:
            self.spans[day] = self.calendar.span(day)
        values = timeline.values_during(*self.spans[day])
        return None if values is None else holds(values)

    def _last_activity(self, item: Item) -> LastActivity:
        return last_activity.last_activity(item, self.facts.history(item), self.facts.process)

    def _state_timeline(self, item: Item, last: LastActivity) -> Timeline:
        """Return the state of an item over time; since it last changed for sure, it is what it is."""
        state = self.facts.state(item)
        history = self.facts.history(item)
        if history is None or history.notes is None:
            return _unchanged_timeline(state, item, last)
        if not history.has_all_events:
            return UNKNOWN_TIMELINE
        scope = self.facts.process.catalogue.scopes["state"].name
        return label_timeline(history.labels, scope, state, item.created_at or last.earliest)

    def _open_timeline(self, item: Item, last: LastActivity) -> Timeline:
        history = self.facts.history(item)
        if history is None or history.notes is None:
            return _unchanged_timeline(OPEN, item, last)
        return open_timeline(history, item.is_open, item.created_at or last.earliest)

    def _phase_timeline(self) -> Timeline:
        """Return the phase over time: from the epic's notes; without them it is what it is since the epic changed last.

        What the epic's marker remembers is no help: between two runs of advance a phase may come and go.
        """
        history = self.facts.history(self.epic)
        start = self.epic.created_at or self.facts.now
        if history is None or history.notes is None:
            changed_at = self.epic.updated_at or self.facts.now
            known_from = start if changed_at - start <= CREATION_WINDOW else changed_at
            return Timeline(((known_from, self.phase),), known_from)
        if not history.has_all_events:
            return UNKNOWN_TIMELINE
        return label_timeline(
            history.labels, self.facts.process.catalogue.scopes["phase"].name, self.phase, start
        )


def _unchanged_timeline(value: str | None, item: Item, last: LastActivity) -> Timeline:
    """Return the line of what has not changed since the item did: every change is a note, and moves its time."""
    known_from = last.earliest if last.is_exact else item.updated_at
    return Timeline(((known_from, value),), known_from) if known_from else UNKNOWN_TIMELINE
