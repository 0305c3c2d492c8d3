"""What the end of an engagement is summed up from: planned and actual days, decisions, acceptance, hours, events.

Nothing here hangs on the day it is asked on, so that what is written stays true until something happens.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from psbot.core.desired.schedule import Context, ScheduledItem
from psbot.core.model.history import History
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Kind, PlaceKind, Process, Repeat
from psbot.core.records.phase import AcceptedPhase, accepted_phase
from psbot.core.records.sign_off import SignOff, read_sign_off
from psbot.core.text import escape
from psbot.core.text.escape import plain_number
from psbot.core.text.form import lines_below

_MAX_DECISIONS = 100  # decisions and links
_MAX_DECISION_LENGTH = 300  # characters of a decision
_LINK = re.compile(r"https?://[^\s<>()\[\]\"'`]+", re.ASCII)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class PlannedVsActual:
    """When something was planned, and when it was done."""

    name: str
    planned: date | None
    actual: date | None


@dataclass(frozen=True, slots=True)
class MeetingMinutes:
    """What was decided in one occurrence, and the links that stand there."""

    day: date | None
    decisions: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignOffSummary:
    """One sign-off: its key, the milestone's name (empty: all of the work), and what is recorded."""

    key: str
    name: str
    is_accepted: bool
    record: SignOff


@dataclass(frozen=True, slots=True)
class WrapUpEvent:
    """Something that happened: on which day, of what sort, to what; never by whom."""

    day: date
    sort: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What is known when an engagement is wrapped up; nothing where that has not begun.

    ``minutes`` and ``compared`` are of what the customer can read, the rest is internal. ``hours`` are those booked
    in GitLab, ``open_items`` the titles of items that are open, by key, change requests apart.
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
    """An engagement that is wrapped up: items by key as they will be (*wanted*) and as they are (*found*)."""

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
        """Return the day on which *item* was closed, at the engagement's home."""
        is_known = not item.is_open and item.closed_at is not None
        return self.context.engagement.today(item.closed_at) if is_known and item.closed_at else None


def build_wrap_up(inputs: WrapUpInput) -> WrapUp:
    """Return what an engagement is summed up from, once its phase has come to the wrap-up."""
    if not _has_begun(inputs.accepted_phase, inputs.context.process):
        return WrapUp()
    opened = [item for key, item in sorted(inputs.desired_items.items()) if _is_open(inputs, key)]
    changes = [item for _, item in sorted(inputs.observed_items.items()) if _is_change_request(inputs, item)]
    return WrapUp(
        is_begun=True,
        compared=tuple(_planned_vs_actual(inputs)),
        minutes=tuple(_meeting_minutes(inputs)),
        acceptances=tuple(_sign_off_summaries(inputs)),
        hours=plain_number(
            round(sum(item.seconds_spent for item in inputs.observed_items.values()) / 3600, 2)
        ),
        open_changes=tuple(item for item in changes if item.is_open),
        open_items=tuple(item for item in opened if "health" not in inputs.kind_of(item).seeds),
        events=tuple(sorted(_events(inputs, changes), key=lambda each: (each.day, each.sort, each.what))),
    )


def items_with_needed_history(observed: Snapshot, process: Process) -> frozenset[str]:
    """Return the items whose histories tell how long the customer was waited for: none before the wrap-up."""
    epic = observed.epic
    if epic is None or not epic.is_open or not _has_begun(accepted_phase(epic, process.workflow), process):
        return frozenset()
    kinds = process.kinds
    known = [item for item in observed.by_key().values() if item.kind in kinds and not item.is_epic]
    return frozenset(item.key for item in known if not kinds[item.kind].is_occurrence)


def _has_begun(known: AcceptedPhase | None, process: Process) -> bool:
    phases = {known.phase, *(name for name, _ in known.earlier)} if known else set()
    return bool(process.workflow.wrap_up_phases & phases)


def _is_open(inputs: WrapUpInput, key: str) -> bool:
    item = inputs.observed_items.get(key)
    return not inputs.desired_items[key].is_epic and (item.is_open if item else key in inputs.due_now)


def _is_change_request(inputs: WrapUpInput, item: Item) -> bool:
    kind = inputs.context.process.kinds.get(item.kind)
    return kind is not None and kind.repeat is Repeat.ON_DEMAND and "change" in kind.seeds


def _is_shared(inputs: WrapUpInput, item: Item) -> bool:
    project = inputs.context.engagement.gitlab.project
    is_there = item.namespace == project and not item.confidential
    return is_there and inputs.kind_of(item).place is PlaceKind.SHARED


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
    """Yield what was decided, of occurrences that the customer can read, oldest first."""
    left = _MAX_DECISIONS
    for key, item in sorted(inputs.observed_items.items()):
        kind = inputs.context.process.kinds.get(item.kind)
        if kind is None or kind.gathers is None or not _is_shared(inputs, item) or left <= 0:
            continue
        lines = [_BULLET.sub("", line).strip() for line in lines_below(item.description, kind.gathers)]
        decisions = tuple(escape.one_line(line)[:_MAX_DECISION_LENGTH] for line in lines if line)[:left]
        links = tuple(dict.fromkeys(link for line in lines for link in _LINK.findall(line)))[:left]
        left -= len(decisions)
        if decisions:
            draft = inputs.scheduled_items.get(key)
            yield MeetingMinutes(draft.day if draft else item.due_on, decisions, links)


def _sign_off_summaries(inputs: WrapUpInput) -> Iterator[SignOffSummary]:
    acceptance, catalogue = (
        inputs.context.process.workflow.rules.acceptance,
        inputs.context.process.catalogue,
    )
    for key, draft in sorted(inputs.scheduled_items.items()):
        if inputs.context.process.kinds[draft.kind].repeat is not Repeat.MILESTONE or acceptance is None:
            continue
        item = inputs.observed_items.get(key)
        value = catalogue.value("signoff", item.labels) if item else None
        skipped = inputs.context.process.workflow.unwanted_state
        is_left_out = item is not None and catalogue.value("state", item.labels) == skipped
        name = draft.milestone.name if draft.milestone else ""
        yield SignOffSummary(key, name, is_left_out or value in acceptance.accepted, read_sign_off(item))


def _events(inputs: WrapUpInput, change_requests: list[Item]) -> Iterator[WrapUpEvent]:
    home = inputs.context.engagement
    if inputs.accepted_phase:
        for name, day in (
            *inputs.accepted_phase.earlier,
            (inputs.accepted_phase.phase, inputs.accepted_phase.since),
        ):
            yield WrapUpEvent(day, "phase", name)
    for signed in home.signed_amendments(inputs.context.today):
        yield WrapUpEvent(signed.signed_on, "signed", signed.reference)
    for change in change_requests:
        if change.created_at:
            yield WrapUpEvent(home.today(change.created_at), "opened", change.key)
    yield from _closing_events(inputs, change_requests)
    yield from _waiting_events(inputs)
    for each in _sign_off_summaries(inputs):
        yield from _sign_off_events(each)


def _closing_events(inputs: WrapUpInput, change_requests: list[Item]) -> Iterator[WrapUpEvent]:
    """Yield when single items and changes were closed, and in which state."""
    found = [inputs.observed_items[key] for key in inputs.scheduled_items if key in inputs.observed_items]
    singles = [item for item in found if not (item.is_epic or inputs.kind_of(item).is_occurrence)]
    for item in (*singles, *change_requests):
        if closed_on := inputs.closed_on(item):
            state = inputs.context.process.catalogue.value("state", item.labels)
            yield WrapUpEvent(closed_on, "closed", item.key, state or "")


def _waiting_events(inputs: WrapUpInput) -> Iterator[WrapUpEvent]:
    """Yield when items began to wait for the customer, and when they waited no more."""
    process, home = inputs.context.process, inputs.context.engagement
    titles = {process.catalogue.title("state", state) for state in process.workflow.customer_states}
    for key, history in inputs.histories.items():
        item = inputs.observed_items.get(key)
        if item is None or item.is_epic or history is None or inputs.kind_of(item).is_occurrence:
            continue
        for event in history.labels:
            if event.title in titles:
                yield WrapUpEvent(home.today(event.at), "waiting" if event.is_added else "resumed", key)


def _sign_off_events(sign_off: SignOffSummary) -> Iterator[WrapUpEvent]:
    record = sign_off.record
    days = [("sent", record.sent), ("received", record.received), ("passive", record.passive)]
    days += [("objected", record.objected)]
    days += [pair for each in record.earlier for pair in (("sent", each.sent), ("objected", each.objected))]
    yield from (WrapUpEvent(day, sort, sign_off.key) for sort, day in days if day)
