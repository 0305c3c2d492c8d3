"""An engagement as its reviewed file defines it: people, dates, hours, calls and places in GitLab."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from psbot.core.model.calendar import Workdays, iterate_days, monday_of

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact at the customer; ``role`` is one of those that the welcome e-mail asks for, or any text."""

    name: str
    email: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A part of a fixed-fee engagement that is accepted on its own; ``key`` is unique and can be part of a marker."""

    name: str
    due_on: date
    key: str


@dataclass(frozen=True, slots=True)
class CallCadence:
    """The cadence of customer calls: ``weekday`` counts from Monday, 0; ``at`` is local ``HH:MM``."""

    every_weeks: int
    weekday: int
    weekday_name: str
    at: str
    minutes: int


@dataclass(frozen=True, slots=True)
class StandupCadence:
    """The cadence of internal standups: ``every`` is ``day`` or ``week``; ``at`` is local ``HH:MM``."""

    every: str
    at: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """A signed change request: hours to add (may be negative) and a new end, each where given."""

    reference: str
    signed_on: date
    hours: float | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class GitLabPaths:
    """The group and projects of an engagement in GitLab, as full paths.

    ``has_customer_members`` is whether people of the customer are, or will be, members of the shared project.
    """

    group: str
    project: str
    internal_project: str | None
    label_group: str
    has_customer_members: bool = True

    @property
    def internal(self) -> str:
        """Return the project with the internal items."""
        return self.internal_project or self.project

    def is_hidden_from_customer(self, namespace: str, *, is_confidential: bool) -> bool:
        """Tell whether the customer cannot read an item in *namespace*; GitLab's paths ignore case."""
        is_internal = namespace.casefold() == self.internal.casefold()
        return is_internal and (is_confidential or not self.is_shared_with_customer)

    @property
    def is_shared_with_customer(self) -> bool:
        """Tell whether internal items are confidential items in the project that the customer can read."""
        return self.internal_project is None


@dataclass(frozen=True, slots=True)
class Engagement:
    """One contract for professional services."""

    key: str
    customer: str
    sow: str
    hosting: str
    contract: str
    budget_hours: float
    kick_off_on: date
    ends_on_in_file: date
    time_zone: str
    zone: tzinfo
    workdays: Workdays
    gitlab: GitLabPaths
    manager: str
    closed_won_on: date | None = None
    engineers: tuple[str, ...] = ()
    project_manager: str | None = None
    delivery_lead: str | None = None
    contacts: tuple[Contact, ...] = ()
    calls: CallCadence | None = None
    standups: StandupCadence | None = None
    milestones: tuple[Milestone, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    intake: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    amendments: tuple[Amendment, ...] = ()
    file: str = ""

    @property
    def lead(self) -> str | None:
        """Return the first engineer, who is the lead; None while there is none."""
        return self.engineers[0] if self.engineers else None

    @property
    def people(self) -> frozenset[str]:
        """Return the usernames listed under ``people:`` in the engagement file."""
        named = (self.manager, self.project_manager, self.delivery_lead, *self.engineers)
        return frozenset(name for name in named if name)

    def person(self, role: str) -> str:
        """Return the username of the person with *role*; the manager if nobody has it."""
        usernames = {
            "manager": self.manager,
            "lead": self.lead,
            "project_manager": self.project_manager,
            "delivery_lead": self.delivery_lead,
        }
        return usernames[role] or self.manager

    def today(self, now: datetime) -> date:
        """Return the date at *now* in the time zone of the engagement."""
        return now.astimezone(self.zone).date()

    def matches(self, only: Mapping[str, str]) -> bool:
        """Tell whether the engagement has the hosting, contract and engineers that *only* requires."""
        facts = {
            "hosting": self.hosting,
            "contract": self.contract,
            "engineers": "some" if self.engineers else "none",
        }
        return all(facts[name] == value for name, value in only.items())

    def is_won(self, today: date) -> bool:
        """Tell whether the deal is Closed Won; before that day the engagement is a quote."""
        return self.closed_won_on is not None and self.closed_won_on <= today

    def signed_amendments(self, today: date) -> tuple[Amendment, ...]:
        """Return the amendments that were signed by *today*."""
        return tuple(amendment for amendment in self.amendments if amendment.signed_on <= today)

    def hours_sold(self, today: date) -> float:
        """Return the hours sold: the budget plus the hours of all amendments signed by *today*."""
        return self.budget_hours + sum(amendment.hours or 0 for amendment in self.signed_amendments(today))

    def ends_on(self, today: date) -> date:
        """Return the planned end: that of the last signed amendment with an end, else that of the file."""
        ends = [amendment.ends_on for amendment in self.signed_amendments(today) if amendment.ends_on]
        return ends[-1] if ends else self.ends_on_in_file

    def call_days(self, today: date) -> tuple[date, ...]:
        """Return the days of all customer calls.

        The first call is on the first matching weekday after the kick-off, and no call is after the end. A call on a
        day off is skipped, not moved.
        """
        if self.calls is None:
            return ()
        first = self.kick_off_on + timedelta(days=1)
        first += timedelta(days=(self.calls.weekday - first.weekday()) % 7)
        series = list(iterate_days(first, self.ends_on(today)))[:: 7 * self.calls.every_weeks]
        return tuple(day for day in series if self.workdays.is_business_day(day))

    def standup_weeks(self, today: date) -> tuple[tuple[date, date], ...]:
        """Return the Monday and the due day of every ISO week that has a standup item.

        Due is the last business day of the week between kick-off and end. A week without such a day has no item.
        """
        if self.standups is None:
            return ()
        end = self.ends_on(today)
        weeks = []
        monday = monday_of(self.kick_off_on)
        while monday <= end:
            due = self.workdays.last_between(
                max(monday, self.kick_off_on), min(monday + _WEEK - timedelta(days=1), end)
            )
            if due is not None:
                weeks.append((monday, due))
            monday += _WEEK
        return tuple(weeks)
