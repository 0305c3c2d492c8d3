"""The status of an engagement: phase, health, open, overdue and next items, whose turn it is, and findings."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from psbot.core.desired import raid_log
from psbot.core.model.engagement import Engagement
from psbot.core.model.facts import Facts
from psbot.core.model.finding import Finding, Severity
from psbot.core.model.item import Item
from psbot.core.model.process import Process
from psbot.core.records.phase import accepted_phase
from psbot.core.workflow.guards import evaluate_all


class NextActor(StrEnum):
    """Who or what an open item waits for."""

    CUSTOMER = "customer"
    GATE = "gate"
    PERSON = "person"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """What an open item waits for; ``name`` is the customer, the reason of the gate, or the assignee."""

    actor: NextActor
    name: str


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """One open item; ``state`` is None where its labels show no clear one.

    ``overdue_days`` are business days: at least one for an overdue item, 0 for any other. ``raid_heading`` is the
    list of the engagement log that shows the item, if any, ``severity`` its severity there.
    """

    key: str
    title: str
    due_on: date | None
    assignee: str | None
    state: str | None
    namespace: str
    iid: int | None
    url: str | None
    overdue_days: int
    waiting: WaitingFor
    raid_heading: str | None = None
    severity: str | None = None

    @property
    def is_overdue(self) -> bool:
        """Tell whether the due date has passed."""
        return self.overdue_days > 0


@dataclass(frozen=True, slots=True)
class EngagementStatus:
    """One engagement: the accepted phase, its first day, and the phase that the label shows.

    They are None where there is no epic yet, or where it does not show them. ``states`` counts open items by state,
    ``items`` are the open items by due date. If GitLab could not be read, ``failure`` is the reason, and only the
    fields from the engagement file are set.
    """

    engagement: str
    customer: str
    sow: str
    manager: str
    lead: str | None
    kick_off_on: date
    ends_on: date
    is_in_gitlab: bool = False
    phase: str | None = None
    phase_since: date | None = None
    phase_label: str | None = None
    health: str | None = None
    url: str | None = None
    closed: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    items: tuple[ItemStatus, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: str | None = None

    @property
    def overdue(self) -> tuple[ItemStatus, ...]:
        """Return the open items whose due date has passed."""
        return tuple(item for item in self.items if item.is_overdue)

    @property
    def overdue_days(self) -> int:
        """Return by how many business days the item that is overdue most is late; 0 for none."""
        return max((item.overdue_days for item in self.items), default=0)

    @property
    def waiting_for_customer(self) -> tuple[ItemStatus, ...]:
        """Return the open items that wait for the customer."""
        return tuple(item for item in self.items if item.waiting.actor is NextActor.CUSTOMER)

    @property
    def raid_items(self) -> Mapping[str, tuple[ItemStatus, ...]]:
        """Return the open items of the log's RAID lists, by heading."""
        by_heading: dict[str, tuple[ItemStatus, ...]] = {}
        for item in self.items:
            if item.raid_heading:
                by_heading[item.raid_heading] = (*by_heading.get(item.raid_heading, ()), item)
        return by_heading

    @property
    def next_item(self) -> ItemStatus | None:
        """Return the open item that is due next, today included; None for none."""
        return next((item for item in self.items if item.due_on and not item.is_overdue), None)

    def findings_of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of *severity*."""
        return tuple(each for each in self.findings if each.severity is severity)

    @property
    def needs_attention(self) -> bool:
        """Tell whether an item is overdue, there are errors or warnings, or the engagement is not in GitLab."""
        has_findings = bool(self.findings_of(Severity.ERROR) or self.findings_of(Severity.WARNING))
        return bool(self.overdue) or has_findings or not self.is_in_gitlab


def _next_due(each: EngagementStatus) -> date:
    return (each.next_item.due_on if each.next_item else None) or date.max


# What makes an engagement urgent, the most important first; a larger number comes first.
URGENCY: Mapping[str, Callable[[EngagementStatus], int]] = MappingProxyType(
    {
        "could not be read": lambda each: each.failure is not None,
        "errors": lambda each: len(each.findings_of(Severity.ERROR)),
        "warnings": lambda each: len(each.findings_of(Severity.WARNING)),
        "days overdue": lambda each: each.overdue_days,
        "items at the customer": lambda each: len(each.waiting_for_customer),
        "next due": lambda each: -_next_due(each).toordinal(),
    }
)


def by_urgency(statuses: Iterable[EngagementStatus]) -> list[EngagementStatus]:
    """Return the statuses with the most urgent first; equally urgent ones by key."""
    return sorted(statuses, key=lambda each: (*(-count(each) for count in URGENCY.values()), each.engagement))


def build_status(facts: Facts, findings: Iterable[Finding] = ()) -> EngagementStatus:
    """Return the status of the engagement, with its *findings*."""
    engagement, process, observed = facts.engagement, facts.process, facts.observed
    epic, catalogue = observed.epic, facts.process.catalogue
    accepted = accepted_phase(epic, process.workflow)
    label = catalogue.value("phase", epic.labels) if epic else None
    facts = replace(facts, phase=accepted.phase if accepted else label)
    open_items = [_item_status(item, facts) for item in observed.children if item.is_open]
    open_items.sort(key=lambda item: (item.due_on or date.max, item.key))
    healths = {catalogue.value("health", item.labels) for item in observed.children} - {None}
    return replace(
        from_file_only(engagement, facts.today),
        is_in_gitlab=epic is not None,
        phase=facts.phase,
        phase_since=accepted.since if accepted else None,
        phase_label=label,
        health=healths.pop() if len(healths) == 1 else None,
        url=epic.url if epic else None,
        closed=sum(not item.is_open for item in observed.children),
        states=_count_states(open_items, process),
        items=tuple(open_items),
        findings=tuple(findings),
    )


def from_file_only(engagement: Engagement, today: date, failure: str | None = None) -> EngagementStatus:
    """Return what the engagement file alone shows, and why GitLab could not be read."""
    return EngagementStatus(
        engagement=engagement.key,
        customer=engagement.customer,
        sow=engagement.sow,
        manager=engagement.manager,
        lead=engagement.lead,
        kick_off_on=engagement.kick_off_on,
        ends_on=engagement.ends_on(today),
        failure=failure,
    )


def _item_status(item: Item, facts: Facts) -> ItemStatus:
    kind = facts.process.kinds.get(item.kind)
    return ItemStatus(
        key=item.key,
        title=item.title,
        due_on=item.due_on,
        assignee=item.assignee,
        state=facts.state(item),
        namespace=item.namespace,
        iid=item.iid,
        url=item.url,
        overdue_days=_overdue_days(item.due_on, facts),
        waiting=_waiting_for(item, facts),
        raid_heading=kind.listed if kind else None,
        severity=raid_log.label_value("severity", item, facts.process),
    )


def _overdue_days(due_on: date | None, facts: Facts) -> int:
    if due_on is None or due_on >= facts.today:
        return 0
    return max(1, facts.engagement.workdays.count_between(due_on, facts.today))


def _waiting_for(item: Item, facts: Facts) -> WaitingFor:
    workflow, state = facts.process.workflow, facts.state(item)
    if state in workflow.customer_states:
        return WaitingFor(NextActor.CUSTOMER, facts.engagement.customer)
    gate = workflow.rules.gates.get(item.kind)
    if gate and state == workflow.blocked_state:
        verdict = evaluate_all(gate, facts, item)
        if not verdict.holds:
            return WaitingFor(NextActor.GATE, verdict.reason)
    return (
        WaitingFor(NextActor.PERSON, item.assignee)
        if item.assignee
        else WaitingFor(NextActor.NOBODY, "nobody")
    )


def _count_states(open_items: list[ItemStatus], process: Process) -> dict[str, int]:
    """Count by state in the order of the workflow; items without a clear state come last."""
    counts = Counter(item.state for item in open_items)
    by_state = {state: counts[state] for state in process.workflow.states if counts[state]}
    unclear = len(open_items) - sum(by_state.values())
    return by_state | ({"unclear": unclear} if unclear else {})
