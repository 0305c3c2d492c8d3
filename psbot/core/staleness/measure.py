"""What has gone quiet: every policy asked of every item, and what has to be read to answer.

The functions are pure, so ``psbot explain`` shows the same verdicts, with every date they rest on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from psbot.core.model.facts import Facts
from psbot.core.model.history import MAKING
from psbot.core.model.item import Item
from psbot.core.model.process import EPIC
from psbot.core.model.staleness_policy import Measure, Policy
from psbot.core.staleness import last_activity as clock
from psbot.core.staleness.last_activity import Last
from psbot.core.staleness.timeline import CLOSED, OPEN, UNKNOWN, Calendar, Count, Line, line_of, open_line

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one policy says of one item, or of the engagement (``item`` is then ``epic``).

    ``days`` are the business days that count, ``since`` the day from which they do, ``by`` who acted then, where it
    was a person. ``is_stale`` is None where that could not be checked; ``needs`` are the items whose notes would
    tell.
    """

    policy: Policy
    item: str
    days: Count
    since: date
    by: str | None = None
    needs: frozenset[str] = frozenset()

    @property
    def is_stale(self) -> bool | None:
        """Tell whether it is a finding; None for could not check."""
        if self.days.low >= self.policy.after:
            return True
        return False if self.days.high < self.policy.after else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every verdict on an engagement; ``rests`` says why nothing was judged, where nothing was."""

    verdicts: tuple[Verdict, ...] = ()
    rests: str = ""

    @property
    def stale(self) -> tuple[Verdict, ...]:
        """Return the findings, what has waited longest first."""
        found = [each for each in self.verdicts if each.is_stale]
        return tuple(sorted(found, key=lambda each: (each.since, each.item, each.policy.name)))

    @property
    def unchecked(self) -> tuple[Verdict, ...]:
        """Return what could not be checked."""
        return tuple(each for each in self.verdicts if each.is_stale is None)

    @property
    def needs(self) -> frozenset[str]:
        """Return the items whose notes have to be read: for what is open, and for the exact day of a finding."""
        return frozenset[str]().union(*(each.needs for each in self.verdicts))


def judge(facts: Facts) -> Judgement:
    """Return what every policy says of the engagement and its open items."""
    epic, process = facts.observed.epic, facts.process
    if epic is None:
        return Judgement(rests="it has no epic yet")
    phase = process.catalogue.value("phase", epic.labels)
    if phase is None:
        return Judgement(rests="its epic has no clear phase")
    workflow = process.workflow
    if phase in workflow.final_phases | workflow.table.resting_phases | process.staleness.exempt.phases:
        return Judgement(rests=f"it is {phase}")
    judging = _Judging(facts, epic, phase)
    return Judgement(tuple(judging.verdicts()))


def is_unread(facts: Facts, key: str) -> bool:
    """Tell whether reading the notes of the item *key* would tell more; one that could not be read is read."""
    if key not in facts.histories.items:
        return True
    history = facts.histories.items[key]
    return history is not None and history.acts is None


@dataclass
class _Judging:
    """One engagement while it is judged."""

    facts: Facts
    epic: Item
    phase: str
    phase_line: Line = field(init=False)
    spans: dict[date, tuple[datetime, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        engagement = self.facts.engagement
        self.calendar = Calendar(engagement.workdays, engagement.zone, self.facts.now)
        self.phase_line = self._phases()
        table = self.facts.process.workflow.table
        self.resting = table.resting_phases

    def verdicts(self) -> Iterator[Verdict]:
        staleness = self.facts.process.staleness
        items = [item for _, item in sorted(self.facts.observed.by_key().items()) if self._is_looked_at(item)]
        for policy in staleness.policies.values():
            if policy.phases and self.phase not in policy.phases:
                continue
            match policy.measure:
                case Measure.SILENCE:
                    yield from self._silence(policy, items)
                case Measure.MISSED:
                    yield from self._missed(policy, items)
                case _:
                    yield from self._of_items(policy, items)

    def _of_items(self, policy: Policy, items: list[Item]) -> Iterator[Verdict]:
        for item in items:
            severity = self._severity(item) if policy.severities else None
            is_about = policy.is_about(item.kind, self.facts.state(item), severity)
            if is_about and self._is_in_phase(policy, item):
                match policy.measure:
                    case Measure.OVERDUE:
                        yield from self._overdue(policy, item)
                    case Measure.IN_STATE:
                        yield self._in_state(policy, item)
                    case _:
                        yield self._idle(policy, item)

    def _severity(self, item: Item) -> str | None:
        return self.facts.process.catalogue.value("severity", item.labels)

    def _is_looked_at(self, item: Item) -> bool:
        exempt, workflow = self.facts.process.staleness.exempt, self.facts.process.workflow
        is_done = self.facts.state(item) in workflow.done_states
        is_exempt = item.kind in exempt.kinds or bool(item.labels & exempt.labels)
        known = item.kind in self.facts.process.kinds
        return item.is_open and known and not (item.is_epic or is_done or is_exempt)

    def _is_in_phase(self, policy: Policy, item: Item) -> bool:
        own = self.facts.process.kinds[item.kind].phase
        return not policy.in_own_phase or own is None or own == self.phase

    # The measures

    def _idle(self, policy: Policy, item: Item) -> Verdict:
        """Count the days on which the team, or with ``waiting`` the customer, had the move and nobody acted."""
        last = self._last(item)
        if calm := self._calm(policy, item, last):
            return calm
        own = self.facts.process.kinds[item.kind].phase if policy.in_own_phase else None
        lines = self._states(item, last), self._open(item, last)
        customers: frozenset[str | None] = frozenset(self.facts.process.workflow.customer_states)
        is_customers = policy.measure is Measure.WAITING

        def ran(day: date) -> bool | None:
            has_move = self._all(lines[0], day, lambda values: not values & customers)
            if is_customers:
                has_move = self._all(lines[0], day, lambda values: values <= customers)
            is_open = self._all(lines[1], day, lambda values: CLOSED not in values)
            return _every(self._worked(day, own), has_move, is_open)

        return self._verdict(policy, item, last, ran)

    def _in_state(self, policy: Policy, item: Item) -> Verdict:
        """Count from when the item came into its state; without its notes that is any time up to its last change."""
        last = self._last(item)
        made_at, changed_at = item.made_at or last.earliest, item.updated_at or last.latest
        history = self.facts.history(item)
        since = self._states(item, last).since if history and history.acts is not None else None
        entered = Last(since, since) if since else Last(made_at, changed_at)
        return self._verdict(policy, item, entered, self._worked)

    def _overdue(self, policy: Policy, item: Item) -> Iterator[Verdict]:
        if item.due_on is not None and item.due_on < self.calendar.today:
            days = self.calendar.count(item.due_on, self._worked)
            needs = self._for_phases(policy, days, item.due_on)
            yield Verdict(policy, item.key, days, item.due_on, needs=needs)

    def _missed(self, policy: Policy, items: list[Item]) -> Iterator[Verdict]:
        """Judge the last occurrence of each kind whose day has come; a later one that is done excuses it."""
        for kind in sorted(policy.kinds):
            came = [
                item
                for item in self.facts.observed.by_key().values()
                if item.kind == kind and item.due_on is not None and item.due_on <= self.calendar.today
            ]
            last = max(came, key=lambda item: (item.due_on or date.min, item.key), default=None)
            if last is not None and last in items and policy.is_about(kind, self.facts.state(last)):
                yield from self._overdue(policy, last)

    def _silence(self, policy: Policy, items: list[Item]) -> Iterator[Verdict]:
        """Judge the engagement as a whole, unless something waits for the customer, who has a clock of their own."""
        customers = self.facts.process.workflow.customer_states
        if any(self.facts.state(item) in customers for item in items):
            return
        everything = {item.key: self._last(item) for item in self.facts.observed.items}
        newest = max(everything.values(), key=lambda last: last.earliest)
        latest = max(last.latest for last in everything.values())
        last = Last(newest.earliest, latest, newest.by)
        unread = {
            key
            for key, each in everything.items()
            if each.latest > last.earliest and is_unread(self.facts, key)
        }
        high = self.calendar.count(self.calendar.day(last.earliest), self._worked)
        low = self.calendar.count(self.calendar.day(last.latest), self._worked)
        days = Count(low.low, high.high)
        needs = unread if days.high >= policy.after else set()
        yield Verdict(
            policy,
            EPIC,
            days,
            self.calendar.day(last.latest),
            last.by,
            frozenset(needs) | self._for_phases(policy, days, self.calendar.day(last.earliest)),
        )

    # What the measures rest on

    def _verdict(self, policy: Policy, item: Item, last: Last, ran: Callable[[date], bool | None]) -> Verdict:
        high = self.calendar.count(self.calendar.day(last.earliest), ran)
        low = high if last.is_exact else self.calendar.count(self.calendar.day(last.latest), ran)
        days = Count(low.low, high.high)
        needs = frozenset[str]()
        if days.high >= policy.after and not last.is_exact and is_unread(self.facts, item.key):
            needs = frozenset(
                {item.key}
            )  # of an item whose last act is known its list tells all there is since
        needs |= self._for_phases(policy, days, self.calendar.day(last.earliest))
        return Verdict(policy, item.key, days, self.calendar.day(last.latest), last.by, needs)

    def _calm(self, policy: Policy, item: Item, last: Last) -> Verdict | None:
        """Return the verdict where too few days have passed whatever happened in them: most items of a list."""
        passed = self.calendar.workdays.between(self.calendar.day(last.earliest), self.calendar.today)
        if passed >= policy.after or not is_unread(self.facts, item.key):
            return None
        return Verdict(policy, item.key, Count(0, passed), self.calendar.day(last.latest), last.by)

    def _for_phases(self, policy: Policy, days: Count, after: date) -> frozenset[str]:
        """Return the epic where its notes would tell on which days since *after* the engagement rested."""
        is_known = self.phase_line.during(*self.calendar.span(after + _DAY)) is not None
        is_asked = days.high >= policy.after and days.low != days.high and is_unread(self.facts, EPIC)
        return frozenset({EPIC}) if is_asked and not is_known else frozenset()

    def _worked(self, day: date, own_phase: str | None = None) -> bool | None:
        """Tell whether the engagement did not rest on *day*, and was in *own_phase* where that is asked."""
        resting: frozenset[str | None] = frozenset(self.resting)
        return self._all(
            self.phase_line,
            day,
            lambda values: not values & resting and (own_phase is None or values == {own_phase}),
        )

    def _all(self, line: Line, day: date, holds: Callable[[frozenset[str | None]], bool]) -> bool | None:
        if day not in self.spans:
            self.spans[day] = self.calendar.span(day)
        values = line.during(*self.spans[day])
        return None if values is None else holds(values)

    def _last(self, item: Item) -> Last:
        return clock.last_acted(item, self.facts.history(item), self.facts.process)

    def _states(self, item: Item, last: Last) -> Line:
        """Return the state of an item over time; since it last changed for sure, it is what it is."""
        state = self.facts.state(item)
        history = self.facts.history(item)
        if history is None or history.acts is None:
            return _constant(state, item, last)
        if not history.is_complete:
            return UNKNOWN
        scope = self.facts.process.catalogue.scopes["state"].name
        return line_of(history.labels, scope, state, item.made_at or last.earliest)

    def _open(self, item: Item, last: Last) -> Line:
        history = self.facts.history(item)
        if history is None or history.acts is None:
            return _constant(OPEN, item, last)
        return open_line(history, item.is_open, item.made_at or last.earliest)

    def _phases(self) -> Line:
        """Return the phase over time: from the epic's notes; without them it is what it is since the epic changed last.

        What the epic's marker remembers is no help: between two runs of advance a phase may come and go.
        """
        history = self.facts.history(self.epic)
        start = self.epic.made_at or self.facts.now
        if history is None or history.acts is None:
            changed_at = self.epic.updated_at or self.facts.now
            known_from = start if changed_at - start <= MAKING else changed_at
            return Line(((known_from, self.phase),), known_from)
        if not history.is_complete:
            return UNKNOWN
        return line_of(history.labels, self.facts.process.catalogue.scopes["phase"].name, self.phase, start)


def _constant(value: str | None, item: Item, last: Last) -> Line:
    """Return the line of what has not changed since the item did: every change is a note, and moves its time."""
    known_from = last.earliest if last.is_exact else item.updated_at
    return Line(((known_from, value),), known_from) if known_from else UNKNOWN


def _every(*answers: bool | None) -> bool | None:
    """Return whether all hold: one that does not settles it, one that is not known leaves it open."""
    if False in answers:
        return False
    return None if None in answers else True
