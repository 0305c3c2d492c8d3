"""The schedule: which items an engagement has from start to end, with keys, titles, dates and people, but no text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from psbot.core.model.calendar import iso_week
from psbot.core.model.engagement import Engagement, Milestone
from psbot.core.model.item import Item
from psbot.core.model.process import Kind, Offset, PlaceKind, Process, Repeat, Stage
from psbot.core.text import escape

PLACEHOLDERS = ("customer", "sow", "milestone", "day", "week", "number")


@dataclass(frozen=True, slots=True)
class Context:
    """An engagement, the process that it follows, and today's date."""

    engagement: Engagement
    process: Process
    today: date

    @property
    def is_won(self) -> bool:
        """Tell whether the deal is Closed Won by today."""
        return self.engagement.is_won(self.today)

    @property
    def ends_on(self) -> date:
        """Return the planned end, signed amendments included."""
        return self.engagement.ends_on(self.today)

    @property
    def horizon(self) -> date:
        """Return the last day for which calls and standups are created."""
        return self.today + timedelta(days=self.process.horizon_days)


@dataclass(frozen=True, slots=True)
class ScheduledItem:
    """One item before its text is rendered; templates see it as ``item``."""

    kind: str
    key: str
    phase: str | None
    guide: str | None
    title: str = ""
    start_on: date | None = None
    due_on: date | None = None
    assignee: str | None = None
    day: date | None = None
    week: str | None = None
    milestone: Milestone | None = None
    number: int | None = None
    is_due: bool = True


def schedule(context: Context) -> dict[str, ScheduledItem]:
    """Return every item that the engagement has from start to end, by key, due by now or not."""
    skip = context.engagement.skip
    return {
        each.key: each
        for kind in context.process.kinds.values()
        if is_applicable(kind, context.engagement) and kind.name not in skip
        for each in schedule_kind(kind, context)
        if each.key not in skip
    }


def is_applicable(kind: Kind, engagement: Engagement) -> bool:
    """Tell whether the engagement has items of *kind* at all."""
    return engagement.matches(kind.only)


def schedule_kind(kind: Kind, context: Context) -> Iterator[ScheduledItem]:
    """Yield the items of one kind with titles, dates and people."""
    is_reached = kind.wanted_from is Stage.QUOTE or context.is_won
    for each in _repeat(kind, context):
        yield _with_details(replace(each, is_due=each.is_due and is_reached), kind, context)


def occurrence_key(kind: Kind, engagement: Engagement, title: str, due_on: date | None) -> str | None:
    """Return the key of the item of *kind*, which an engagement has several of, with this title and due date."""
    base = ScheduledItem(kind.name, kind.item, kind.phase, kind.guide, due_on=due_on)
    scheduled: list[ScheduledItem] = []
    if kind.repeat is Repeat.MILESTONE:
        scheduled = [each for each in _per_milestone(base, engagement) if _is_due(each.milestone, due_on)]
    elif kind.repeat is Repeat.CALL and due_on:
        scheduled = [replace(base, key=f"{base.key}/{due_on}", day=due_on)]
    elif kind.repeat is Repeat.STANDUP and due_on:
        scheduled = [replace(base, key=f"{base.key}/{iso_week(due_on)}", week=iso_week(due_on))]
    return next((each.key for each in scheduled if _title(each, kind, engagement) == title), None)


def _is_due(milestone: Milestone | None, due_on: date | None) -> bool:
    return milestone is not None and milestone.due_on == due_on


def schedule_on_demand(kind: Kind, context: Context, number: int, opened_on: date) -> ScheduledItem:
    """Return the item *number* of a kind that people create on demand; it is due from *opened_on* on."""
    scheduled = ScheduledItem(
        kind.name, f"{kind.item}/{number}", kind.phase, kind.guide, day=opened_on, number=number
    )
    return _with_details(scheduled, kind, context)


def _repeat(kind: Kind, context: Context) -> Iterator[ScheduledItem]:
    base = ScheduledItem(kind.name, kind.item, kind.phase, kind.guide)
    match kind.repeat:
        case Repeat.ONCE:
            yield base
        case Repeat.MILESTONE:
            yield from _per_milestone(base, context.engagement)
        case Repeat.CALL:
            yield from _calls(base, context)
        case Repeat.STANDUP:
            yield from _standups(base, context)
        case Repeat.ON_DEMAND:
            return


def _per_milestone(base: ScheduledItem, engagement: Engagement) -> Iterator[ScheduledItem]:
    if not engagement.milestones:
        yield base
    for milestone in engagement.milestones:
        yield replace(base, key=f"{base.key}/{milestone.key}", milestone=milestone)


def _calls(base: ScheduledItem, context: Context) -> Iterator[ScheduledItem]:
    for day in context.engagement.call_days(context.today):
        is_due = context.today <= day <= context.horizon
        yield replace(base, key=f"{base.key}/{day}", day=day, due_on=day, is_due=is_due)


def _standups(base: ScheduledItem, context: Context) -> Iterator[ScheduledItem]:
    for monday, due in context.engagement.standup_weeks(context.today):
        is_due = monday <= context.horizon and due >= context.today
        week = iso_week(monday)
        yield replace(base, key=f"{base.key}/{week}", week=week, due_on=due, is_due=is_due)


def _with_details(scheduled: ScheduledItem, kind: Kind, context: Context) -> ScheduledItem:
    return replace(
        scheduled,
        title=_title(scheduled, kind, context.engagement),
        start_on=_resolve_offset(kind.start, scheduled, context),
        due_on=scheduled.due_on or _resolve_offset(kind.due, scheduled, context),
        assignee=context.engagement.person(kind.assignee) if kind.assignee else None,
    )


def _title(scheduled: ScheduledItem, kind: Kind, engagement: Engagement) -> str:
    pattern = kind.title_each if kind.title_each and scheduled.milestone else kind.title
    return escape.to_title(fill_pattern(pattern, scheduled, engagement))


def fill_pattern(pattern: str, scheduled: ScheduledItem, engagement: Engagement) -> str:
    """Replace each ``{name}`` of *pattern*; names are checked against PLACEHOLDERS when config is loaded."""
    milestone = scheduled.milestone.name if scheduled.milestone else None
    facts = (engagement.customer, engagement.sow, milestone, scheduled.day, scheduled.week, scheduled.number)
    values: Mapping[str, object] = dict(zip(PLACEHOLDERS, facts, strict=True))
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]] or ""), pattern)


def _resolve_offset(offset: Offset | None, scheduled: ScheduledItem, context: Context) -> date | None:
    if offset is None:
        return None
    engagement = context.engagement
    bases = {
        "closed_won_on": engagement.closed_won_on,
        "kick_off_on": engagement.kick_off_on,
        "ends_on": context.ends_on,
        "milestone": scheduled.milestone.due_on if scheduled.milestone else context.ends_on,
        "opened_on": scheduled.day,
    }
    base = bases[offset.base]
    return engagement.workdays.after(base, offset.plus) if base else None


def build_item(context: Context, scheduled: ScheduledItem) -> Item:
    """Return the item with its place, labels, people and dates, but without a text."""
    engagement, process = context.engagement, context.process
    kind = process.kinds[scheduled.kind]
    namespaces = {
        PlaceKind.GROUP: engagement.gitlab.group,
        PlaceKind.SHARED: engagement.gitlab.project,
        PlaceKind.INTERNAL: engagement.gitlab.internal,
    }
    seeds = dict(kind.seeds) | {"kind": kind.name}
    if kind.is_epic:
        seeds["phase"] = process.workflow.won_phase if context.is_won else process.workflow.quote_phase
    return Item(
        key=scheduled.key,
        kind=kind.name,
        namespace=namespaces[kind.place],
        title=scheduled.title,
        description="",
        labels=process.catalogue.titles(seeds),
        assignees=(scheduled.assignee,) if scheduled.assignee else (),
        start_on=scheduled.start_on,
        due_on=scheduled.due_on,
        confidential=kind.place is PlaceKind.INTERNAL and engagement.gitlab.is_shared_with_customer,
    )
