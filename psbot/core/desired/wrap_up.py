"""The wrap-up of an engagement: planned and actual dates, decisions, acceptance, hours, events.

Nothing here depends on today's date, so that the text changes only when something happens.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from psbot.core.desired.schedule import Context, ScheduledItem
from psbot.core.model.history import History
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Kind, PlaceKind, Process, Repeat
from psbot.core.records.phase import AcceptedPhase, accepted_phase
from psbot.core.records.sign_off import SignOff, read_sign_off
from psbot.core.text.escape import one_line, plain_number
from psbot.core.text.form import lines_below

_MAX_DECISIONS = 100  # decisions and links
_MAX_DECISION_LENGTH = 300  # characters of a decision
_LINK = re.compile(r"https?://[^\s<>()\[\]\"'`]+", re.ASCII)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class PlannedVsActual:
    """The planned and the actual date of an item."""

    name: str
    planned: date | None
    actual: date | None


@dataclass(frozen=True, slots=True)
class MeetingMinutes:
    """The decisions of one meeting, and the links in them."""

    day: date | None
    decisions: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignOffSummary:
    """One sign-off: its key, the milestone's name (empty for the whole engagement), and its record."""

    key: str
    name: str
    is_accepted: bool
    record: SignOff


@dataclass(frozen=True, slots=True)
class WrapUpEvent:
    """Something that happened: the day, the sort of event and the item, but never the person."""

    day: date
    sort: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The facts for the wrap-up; empty before the engagement reaches that phase.

    ``minutes`` and ``compared`` cover items that the customer can read, the rest is internal. ``hours`` are those
    booked in GitLab, ``open_items`` the open items without change requests.
    """

    is_begun: bool = False
    compared: tuple[PlannedVsActual, ...] = ()
    minutes: tuple[MeetingMinutes, ...] = ()
    acceptances: tuple[SignOffSummary, ...] = ()
    hours: float = 0
    open_changes: tuple[Item, ...] = ()
    open_items: tuple[Item, ...] = ()
    events: tuple[WrapUpEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class WrapUpInput:
    """The engagement to wrap up, with its scheduled, desired and observed items by key."""

    context: Context
    scheduled_items: Mapping[str, ScheduledItem]
    desired_items: Mapping[str, Item]
    observed_items: Mapping[str, Item]
    due_now: frozenset[str]
    accepted_phase: AcceptedPhase | None
    histories: Mapping[str, History | None] = field(default_factory=dict)

    def kind_of(self, item: Item) -> Kind:
        """Return the kind of *item*."""
        return self.context.process.kinds[item.kind]

    def closed_on(self, item: Item) -> date | None:
        """Return the day on which *item* was closed, in the engagement's time zone."""
        is_known = not item.is_open and item.closed_at is not None
        return self.context.engagement.today(item.closed_at) if is_known and item.closed_at else None


def build_wrap_up(inputs: WrapUpInput) -> WrapUp:
    """Return the facts for the wrap-up, once the engagement has reached that phase."""
    if not _has_begun(inputs.accepted_phase, inputs.context.process):
        return WrapUp()
    open_items = [item for key, item in sorted(inputs.desired_items.items()) if _is_open(inputs, key)]
    change_requests = [
        item for _, item in sorted(inputs.observed_items.items()) if _is_change_request(inputs, item)
    ]
    return WrapUp(
        is_begun=True,
        compared=tuple(_planned_vs_actual(inputs)),
        minutes=tuple(_meeting_minutes(inputs)),
        acceptances=tuple(_sign_off_summaries(inputs)),
        hours=_hours_spent(inputs.observed_items.values()),
        open_changes=tuple(item for item in change_requests if item.is_open),
        open_items=tuple(item for item in open_items if "health" not in inputs.kind_of(item).seeds),
        events=tuple(
            sorted(_events(inputs, change_requests), key=lambda each: (each.day, each.sort, each.what))
        ),
    )


def items_with_needed_history(observed: Snapshot, process: Process) -> frozenset[str]:
    """Return the items whose histories show how long they waited for the customer: none before the wrap-up."""
    epic = observed.epic
    if epic is None or not epic.is_open or not _has_begun(accepted_phase(epic, process.workflow), process):
        return frozenset()
    kinds = process.kinds
    children = [item for item in observed.by_key().values() if item.kind in kinds and not item.is_epic]
    return frozenset(item.key for item in children if not kinds[item.kind].is_occurrence)


def _has_begun(accepted: AcceptedPhase | None, process: Process) -> bool:
    phases = {accepted.phase, *(name for name, _ in accepted.earlier)} if accepted else set()
    return bool(process.workflow.wrap_up_phases & phases)


def _hours_spent(items: Iterable[Item]) -> float:
    return plain_number(round(sum(item.seconds_spent for item in items) / 3600, 2))


def _is_open(inputs: WrapUpInput, key: str) -> bool:
    item = inputs.observed_items.get(key)
    return not inputs.desired_items[key].is_epic and (item.is_open if item else key in inputs.due_now)


def _is_change_request(inputs: WrapUpInput, item: Item) -> bool:
    kind = inputs.context.process.kinds.get(item.kind)
    return kind is not None and kind.repeat is Repeat.ON_DEMAND and "change" in kind.seeds


def _is_shared(inputs: WrapUpInput, item: Item) -> bool:
    project = inputs.context.engagement.gitlab.project
    is_visible = item.namespace == project and not item.confidential
    return is_visible and inputs.kind_of(item).place is PlaceKind.SHARED


def _planned_vs_actual(inputs: WrapUpInput) -> Iterator[PlannedVsActual]:
    """Yield the single items that the customer can read, by planned day."""
    singles = [
        item
        for key, item in inputs.desired_items.items()
        if key in inputs.observed_items
        and not inputs.kind_of(item).is_occurrence
        and _is_shared(inputs, inputs.observed_items[key])
    ]
    for item in sorted(singles, key=lambda each: (each.due_on or date.max, each.key)):
        yield PlannedVsActual(item.title, item.due_on, inputs.closed_on(inputs.observed_items[item.key]))


def _meeting_minutes(inputs: WrapUpInput) -> Iterator[MeetingMinutes]:
    """Yield the decisions of meetings that the customer can read, oldest first."""
    left = _MAX_DECISIONS
    for key, item in sorted(inputs.observed_items.items()):
        kind = inputs.context.process.kinds.get(item.kind)
        if kind is None or kind.gathers is None or not _is_shared(inputs, item) or left <= 0:
            continue
        lines = [_BULLET.sub("", line).strip() for line in lines_below(item.description, kind.gathers)]
        decisions = tuple(one_line(line)[:_MAX_DECISION_LENGTH] for line in lines if line)[:left]
        links = tuple(dict.fromkeys(link for line in lines for link in _LINK.findall(line)))[:left]
        left -= len(decisions)
        if decisions:
            scheduled = inputs.scheduled_items.get(key)
            yield MeetingMinutes(scheduled.day if scheduled else item.due_on, decisions, links)


def _sign_off_summaries(inputs: WrapUpInput) -> Iterator[SignOffSummary]:
    process = inputs.context.process
    acceptance = process.workflow.rules.acceptance
    for key, scheduled in sorted(inputs.scheduled_items.items()):
        if process.kinds[scheduled.kind].repeat is not Repeat.MILESTONE or acceptance is None:
            continue
        item = inputs.observed_items.get(key)
        value = process.catalogue.value("signoff", item.labels) if item else None
        state = process.catalogue.value("state", item.labels) if item else None
        is_skipped = item is not None and state == process.workflow.unwanted_state
        name = scheduled.milestone.name if scheduled.milestone else ""
        yield SignOffSummary(key, name, is_skipped or value in acceptance.accepted, read_sign_off(item))


def _events(inputs: WrapUpInput, change_requests: list[Item]) -> Iterator[WrapUpEvent]:
    engagement, accepted = inputs.context.engagement, inputs.accepted_phase
    if accepted:
        for name, day in (*accepted.earlier, (accepted.phase, accepted.since)):
            yield WrapUpEvent(day, "phase", name)
    for amendment in engagement.signed_amendments(inputs.context.today):
        yield WrapUpEvent(amendment.signed_on, "signed", amendment.reference)
    for item in change_requests:
        if item.created_at:
            yield WrapUpEvent(engagement.today(item.created_at), "opened", item.key)
    yield from _closing_events(inputs, change_requests)
    yield from _waiting_events(inputs)
    for each in _sign_off_summaries(inputs):
        yield from _sign_off_events(each)


def _closing_events(inputs: WrapUpInput, change_requests: list[Item]) -> Iterator[WrapUpEvent]:
    """Yield when single items and change requests were closed, and in which state."""
    observed = [inputs.observed_items[key] for key in inputs.scheduled_items if key in inputs.observed_items]
    singles = [item for item in observed if not (item.is_epic or inputs.kind_of(item).is_occurrence)]
    for item in (*singles, *change_requests):
        if closed_on := inputs.closed_on(item):
            state = inputs.context.process.catalogue.value("state", item.labels)
            yield WrapUpEvent(closed_on, "closed", item.key, state or "")


def _waiting_events(inputs: WrapUpInput) -> Iterator[WrapUpEvent]:
    """Yield when items began to wait for the customer, and when they resumed."""
    process, engagement = inputs.context.process, inputs.context.engagement
    titles = {process.catalogue.title("state", state) for state in process.workflow.customer_states}
    for key, history in inputs.histories.items():
        item = inputs.observed_items.get(key)
        if item is None or item.is_epic or history is None or inputs.kind_of(item).is_occurrence:
            continue
        for event in history.labels:
            if event.title in titles:
                yield WrapUpEvent(engagement.today(event.at), "waiting" if event.is_added else "resumed", key)


def _sign_off_events(sign_off: SignOffSummary) -> Iterator[WrapUpEvent]:
    record = sign_off.record
    days = [("sent", record.sent), ("received", record.received), ("passive", record.passive)]
    days += [("objected", record.objected)]
    days += [pair for each in record.earlier for pair in (("sent", each.sent), ("objected", each.objected))]
    yield from (WrapUpEvent(day, sort, sign_off.key) for sort, day in days if day)
