"""Which items an engagement has over its life: keys, titles, dates and people, before any words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from psbot.core.model.calendar import iso_week
from psbot.core.model.engagement import Engagement, Milestone
from psbot.core.model.item import Item
from psbot.core.model.process import Kind, Offset, PlaceKind, Process, Repeat, Stage
from psbot.core.text import escape as inert

PLACEHOLDERS = ("customer", "sow", "milestone", "day", "week", "number")


@dataclass(frozen=True, slots=True)
class Situation:
    """An engagement and the process it follows, on one day."""

    engagement: Engagement
    process: Process
    today: date

    @property
    def is_won(self) -> bool:
        """Tell whether the deal is Closed Won by today."""
        return self.engagement.is_won(self.today)

    @property
    def ends_on(self) -> date:
        """Return the planned end, signed amendments counted."""
        return self.engagement.ends_on(self.today)

    @property
    def horizon(self) -> date:
        """Return the last day that occurrences are made for."""
        return self.today + timedelta(days=self.process.horizon_days)


@dataclass(frozen=True, slots=True)
class Draft:
    """One item before its words are written; what a template sees as ``item``."""

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


def drafts(situation: Situation) -> dict[str, Draft]:
    """Return a draft for every item the engagement has over its life, by key, due by now or not."""
    skip = situation.engagement.skip
    return {
        draft.key: draft
        for kind in situation.process.kinds.values()
        if is_wanted(kind, situation.engagement) and kind.name not in skip
        for draft in occurrences(kind, situation)
        if draft.key not in skip
    }


def is_wanted(kind: Kind, engagement: Engagement) -> bool:
    """Tell whether the engagement has items of *kind* at all."""
    return engagement.is_one(kind.only)


def occurrences(kind: Kind, situation: Situation) -> Iterator[Draft]:
    """Yield the drafts of one kind, titles, dates and people filled in."""
    is_reached = kind.wanted_from is Stage.QUOTE or situation.is_won
    for draft in _repeated(kind, situation):
        yield _filled(replace(draft, is_due=draft.is_due and is_reached), kind, situation)


def on_demand(kind: Kind, situation: Situation, number: int, opened_on: date) -> Draft:
    """Return the draft of an item that a person asks for, numbered, due from the day it is opened."""
    draft = Draft(kind.name, f"{kind.item}/{number}", kind.phase, kind.guide, day=opened_on, number=number)
    return _filled(draft, kind, situation)


def _repeated(kind: Kind, situation: Situation) -> Iterator[Draft]:
    base = Draft(kind.name, kind.item, kind.phase, kind.guide)
    match kind.repeat:
        case Repeat.ONCE:
            yield base
        case Repeat.MILESTONE:
            yield from _of_milestones(base, situation.engagement)
        case Repeat.CALL:
            yield from _calls(base, situation)
        case Repeat.STANDUP:
            yield from _standups(base, situation)
        case Repeat.ON_DEMAND:
            return


def _of_milestones(base: Draft, engagement: Engagement) -> Iterator[Draft]:
    if not engagement.milestones:
        yield base
    for milestone in engagement.milestones:
        yield replace(base, key=f"{base.key}/{milestone.key}", milestone=milestone)


def _calls(base: Draft, situation: Situation) -> Iterator[Draft]:
    for day in situation.engagement.call_days(situation.today):
        is_due = situation.today <= day <= situation.horizon
        yield replace(base, key=f"{base.key}/{day}", day=day, due_on=day, is_due=is_due)


def _standups(base: Draft, situation: Situation) -> Iterator[Draft]:
    for monday, due in situation.engagement.standup_weeks(situation.today):
        is_due = monday <= situation.horizon and due >= situation.today
        week = iso_week(monday)
        yield replace(base, key=f"{base.key}/{week}", week=week, due_on=due, is_due=is_due)


def _filled(draft: Draft, kind: Kind, situation: Situation) -> Draft:
    pattern = kind.title_each if kind.title_each and draft.milestone else kind.title
    return replace(
        draft,
        title=inert.title(fill(pattern, draft, situation.engagement)),
        start_on=_day(kind.start, draft, situation),
        due_on=draft.due_on or _day(kind.due, draft, situation),
        assignee=_person(kind.assignee, situation.engagement),
    )


def fill(pattern: str, draft: Draft, engagement: Engagement) -> str:
    """Replace each ``{name}`` of *pattern*; names are checked against PLACEHOLDERS when config is loaded."""
    milestone = draft.milestone.name if draft.milestone else None
    facts = (engagement.customer, engagement.sow, milestone, draft.day, draft.week, draft.number)
    values: Mapping[str, object] = dict(zip(PLACEHOLDERS, facts, strict=True))
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]] or ""), pattern)


def _day(offset: Offset | None, draft: Draft, situation: Situation) -> date | None:
    if offset is None:
        return None
    engagement = situation.engagement
    bases = {
        "closed_won_on": engagement.closed_won_on,
        "kick_off_on": engagement.kick_off_on,
        "ends_on": situation.ends_on,
        "milestone": draft.milestone.due_on if draft.milestone else situation.ends_on,
        "opened_on": draft.day,
    }
    base = bases[offset.base]
    return engagement.workdays.after(base, offset.plus) if base else None


def _person(role: str | None, engagement: Engagement) -> str | None:
    people = {
        "manager": engagement.manager,
        "lead": engagement.lead,
        "project_manager": engagement.project_manager,
        "delivery_lead": engagement.delivery_lead,
    }
    return (people[role] or engagement.manager) if role else None


def outlined(situation: Situation, draft: Draft) -> Item:
    """Return the item of *draft* before its words: place, labels, people, dates."""
    engagement, process = situation.engagement, situation.process
    kind = process.kinds[draft.kind]
    namespaces = {
        PlaceKind.GROUP: engagement.gitlab.group,
        PlaceKind.SHARED: engagement.gitlab.project,
        PlaceKind.INTERNAL: engagement.gitlab.internal,
    }
    seeds = dict(kind.seeds) | {"kind": kind.name}
    if kind.is_epic:
        seeds["phase"] = process.workflow.won_phase if situation.is_won else process.workflow.quote_phase
    return Item(
        key=draft.key,
        kind=kind.name,
        namespace=namespaces[kind.place],
        title=draft.title,
        description="",
        labels=process.catalogue.titles(seeds),
        assignees=(draft.assignee,) if draft.assignee else (),
        start_on=draft.start_on,
        due_on=draft.due_on,
        confidential=kind.place is PlaceKind.INTERNAL and engagement.gitlab.is_shared_with_customer,
    )
