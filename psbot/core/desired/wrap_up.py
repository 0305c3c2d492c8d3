"""What the end of an engagement is summed up from: planned and actual days, decisions, acceptance, hours, events.

Nothing here hangs on the day it is asked on, so that what is written stays true until something happens.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from psbot.core.desired.schedule import Draft, Situation
from psbot.core.model.history import History
from psbot.core.model.item import Item, Snapshot
from psbot.core.model.process import Kind, PlaceKind, Process, Repeat
from psbot.core.records.phase import Accepted, accepted
from psbot.core.records.sign_off import SignOff, recorded
from psbot.core.text import escape as inert
from psbot.core.text.form import below

_MOST = 100  # decisions and links
_LONGEST = 300  # characters of a decision
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]+", re.ASCII)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class Compared:
    """When something was planned, and when it was done."""

    name: str
    planned: date | None
    actual: date | None


@dataclass(frozen=True, slots=True)
class Minutes:
    """What was decided in one occurrence, and the links that stand there."""

    day: date | None
    decisions: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One sign-off: its key, the milestone's name (empty: all of the work), and what is recorded."""

    key: str
    name: str
    is_accepted: bool
    record: SignOff


@dataclass(frozen=True, slots=True)
class Event:
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
    compared: tuple[Compared, ...] = ()
    minutes: tuple[Minutes, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    hours: float = 0
    open_changes: tuple[Item, ...] = ()
    open_items: tuple[Item, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """An engagement that is wrapped up: items by key as they will be (*wanted*) and as they are (*found*)."""

    situation: Situation
    outlines: Mapping[str, Draft]
    wanted: Mapping[str, Item]
    found: Mapping[str, Item]
    due_now: frozenset[str]
    known: Accepted | None
    histories: Mapping[str, History | None] = field(default_factory=dict)

    def kind(self, item: Item) -> Kind:
        """Return the kind of *item*."""
        return self.situation.process.kinds[item.kind]

    def closed_on(self, item: Item) -> date | None:
        """Return the day on which *item* was closed, at the engagement's home."""
        is_known = not item.is_open and item.closed_at is not None
        return self.situation.engagement.today(item.closed_at) if is_known and item.closed_at else None


def wrapped_up(ending: Ending) -> WrapUp:
    """Return what an engagement is summed up from, once its phase has come to the wrap-up."""
    if not _is_begun(ending.known, ending.situation.process):
        return WrapUp()
    opened = [item for key, item in sorted(ending.wanted.items()) if _is_open(ending, key)]
    changes = [item for _, item in sorted(ending.found.items()) if _is_change(ending, item)]
    return WrapUp(
        is_begun=True,
        compared=tuple(_compared(ending)),
        minutes=tuple(_minutes(ending)),
        acceptances=tuple(_acceptances(ending)),
        hours=_hours(sum(item.seconds_spent for item in ending.found.values())),
        open_changes=tuple(item for item in changes if item.is_open),
        open_items=tuple(item for item in opened if "health" not in ending.kind(item).seeds),
        events=tuple(sorted(_events(ending, changes), key=lambda each: (each.day, each.sort, each.what))),
    )


def told_by(observed: Snapshot, process: Process) -> frozenset[str]:
    """Return the items whose histories tell how long the customer was waited for: none before the wrap-up."""
    epic = observed.epic
    if epic is None or not epic.is_open or not _is_begun(accepted(epic, process.workflow), process):
        return frozenset()
    kinds = process.kinds
    known = [item for item in observed.by_key().values() if item.kind in kinds and not item.is_epic]
    return frozenset(item.key for item in known if not kinds[item.kind].is_occurrence)


def _is_begun(known: Accepted | None, process: Process) -> bool:
    phases = {known.phase, *(name for name, _ in known.trail)} if known else set()
    return bool(process.workflow.wrap_up_phases & phases)


def _hours(seconds: int) -> float:
    hours = round(seconds / 3600, 2)
    return int(hours) if hours == int(hours) else hours


def _is_open(ending: Ending, key: str) -> bool:
    item = ending.found.get(key)
    return not ending.wanted[key].is_epic and (item.is_open if item else key in ending.due_now)


def _is_change(ending: Ending, item: Item) -> bool:
    kind = ending.situation.process.kinds.get(item.kind)
    return kind is not None and kind.repeat is Repeat.ON_DEMAND and "change" in kind.seeds


def _is_shared(ending: Ending, item: Item) -> bool:
    project = ending.situation.engagement.gitlab.project
    is_there = item.namespace == project and not item.confidential
    return is_there and ending.kind(item).place is PlaceKind.SHARED


def _compared(ending: Ending) -> Iterator[Compared]:
    """Yield the single items that the customer can read, by planned day."""
    singles = [
        item
        for key, item in ending.wanted.items()
        if key in ending.found
        and not ending.kind(item).is_occurrence
        and _is_shared(ending, ending.found[key])
    ]
    for item in sorted(singles, key=lambda each: (each.due_on or date.max, each.key)):
        yield Compared(item.title, item.due_on, ending.closed_on(ending.found[item.key]))


def _minutes(ending: Ending) -> Iterator[Minutes]:
    """Yield what was decided, of occurrences that the customer can read, oldest first."""
    left = _MOST
    for key, item in sorted(ending.found.items()):
        kind = ending.situation.process.kinds.get(item.kind)
        if kind is None or kind.gathers is None or not _is_shared(ending, item) or left <= 0:
            continue
        lines = [_BULLET.sub("", line).strip() for line in below(item.description, kind.gathers)]
        decisions = tuple(inert.one_line(line)[:_LONGEST] for line in lines if line)[:left]
        links = tuple(dict.fromkeys(link for line in lines for link in _ADDRESS.findall(line)))[:left]
        left -= len(decisions)
        if decisions:
            draft = ending.outlines.get(key)
            yield Minutes(draft.day if draft else item.due_on, decisions, links)


def _acceptances(ending: Ending) -> Iterator[Acceptance]:
    acceptance, catalogue = (
        ending.situation.process.workflow.table.acceptance,
        ending.situation.process.catalogue,
    )
    for key, draft in sorted(ending.outlines.items()):
        if ending.situation.process.kinds[draft.kind].repeat is not Repeat.MILESTONE or acceptance is None:
            continue
        item = ending.found.get(key)
        value = catalogue.value("signoff", item.labels) if item else None
        skipped = ending.situation.process.workflow.unwanted_state
        is_left_out = item is not None and catalogue.value("state", item.labels) == skipped
        name = draft.milestone.name if draft.milestone else ""
        yield Acceptance(key, name, is_left_out or value in acceptance.accepted, recorded(item))


def _events(ending: Ending, changes: list[Item]) -> Iterator[Event]:
    home = ending.situation.engagement
    if ending.known:
        for name, day in (*ending.known.trail, (ending.known.phase, ending.known.since)):
            yield Event(day, "phase", name)
    for signed in home.signed_amendments(ending.situation.today):
        yield Event(signed.signed_on, "signed", signed.reference)
    for change in changes:
        if change.made_at:
            yield Event(home.today(change.made_at), "opened", change.key)
    yield from _closings(ending, changes)
    yield from _waits(ending)
    for each in _acceptances(ending):
        yield from _of_acceptance(each)


def _closings(ending: Ending, changes: list[Item]) -> Iterator[Event]:
    """Yield when single items and changes were closed, and in which state."""
    found = [ending.found[key] for key in ending.outlines if key in ending.found]
    singles = [item for item in found if not (item.is_epic or ending.kind(item).is_occurrence)]
    for item in (*singles, *changes):
        if closed_on := ending.closed_on(item):
            state = ending.situation.process.catalogue.value("state", item.labels)
            yield Event(closed_on, "closed", item.key, state or "")


def _waits(ending: Ending) -> Iterator[Event]:
    """Yield when items began to wait for the customer, and when they waited no more."""
    process, home = ending.situation.process, ending.situation.engagement
    titles = {process.catalogue.title("state", state) for state in process.workflow.customer_states}
    for key, history in ending.histories.items():
        item = ending.found.get(key)
        if item is None or item.is_epic or history is None or ending.kind(item).is_occurrence:
            continue
        for event in history.labels:
            if event.title in titles:
                yield Event(home.today(event.at), "waiting" if event.is_added else "resumed", key)


def _of_acceptance(acceptance: Acceptance) -> Iterator[Event]:
    record = acceptance.record
    days = [("sent", record.sent), ("received", record.received), ("passive", record.passive)]
    days += [("objected", record.objected)]
    days += [pair for each in record.earlier for pair in (("sent", each.sent), ("objected", each.objected))]
    yield from (Event(day, sort, acceptance.key) for sort, day in days if day)
