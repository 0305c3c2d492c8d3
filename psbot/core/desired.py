"""Engagement, process and now → the items that should exist, with dates, words and first labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol

from psbot.core import ownership
from psbot.core.acting import Action
from psbot.core.changeform import Change, form_of, requests_of
from psbot.core.changes import Request
from psbot.core.drafts import Draft, Situation, drafts, fill, on_demand
from psbot.core.engagement import Engagement
from psbot.core.findings import findings
from psbot.core.history import History
from psbot.core.marker import Marker, sections, write
from psbot.core.model import Desired, Item, Snapshot
from psbot.core.phases import accepted
from psbot.core.process import EPIC, PlaceKind, Process, Question, QuestionGroup, Repeat
from psbot.core.raised import Raised, chapters, is_exposed, raised
from psbot.core.signoff import SignOff, recorded
from psbot.core.wrapup import Ending, WrapUp, wrapped_up

LONGEST_TIMELINE = 20


class Words(Protocol):
    """The templates."""

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return template *name* filled with *facts*, everything from the engagement made inert."""

    def sections(self, name: str) -> frozenset[str]:
        """Return the names of the managed sections of template *name*."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that scoping has answered already."""

    ask: str
    why: str
    answer: str


@dataclass(frozen=True, slots=True)
class Intake:
    """The question bank for one engagement: what is known, what is still to be asked."""

    answered: tuple[Answered, ...]
    open: tuple[QuestionGroup, ...]

    @property
    def before_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions that the customer is asked to answer before the call."""
        return self._open(before_call=True)

    @property
    def in_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions that both sides go through in the call."""
        return self._open(before_call=False)

    def _open(self, *, before_call: bool) -> tuple[QuestionGroup, ...]:
        chosen = (
            QuestionGroup(
                group.title, tuple(each for each in group.questions if each.before_call == before_call)
            )
            for group in self.open
        )
        return tuple(group for group in chosen if group.questions)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the timeline; without an end it is a point in time."""

    name: str
    start_on: date
    end_on: date | None = None


def desired(
    engagement: Engagement,
    process: Process,
    now: datetime,
    words: Words,
    observed: Snapshot | None = None,
    *,
    histories: Mapping[str, History | None] = MappingProxyType({}),
) -> Desired:
    """Return what should exist for *engagement* at *now*.

    *observed* is asked for what only GitLab knows (the phase, the dates people have set), never for what
    should exist; *histories* of items, by key, for how long the customer was waited for. Words are written only for
    items that are to be made and for managed sections.
    """
    situation = Situation(engagement, process, engagement.today(now))
    found = (observed or Snapshot()).by_key()
    outlines = drafts(situation)
    due_now = {
        key
        for key, draft in outlines.items()
        if draft.is_due and not _rests(situation, draft.kind, found.get(EPIC))
    }
    items = {key: outlined(situation, draft) for key, draft in outlines.items()}
    known = _facts(situation, outlines, items, found)
    effective = {key: ownership.effective(item, found.get(key)) for key, item in items.items()}
    phase = accepted(found.get(EPIC), process.workflow)
    known["wrap_up"] = wrapped_up(
        Ending(situation, outlines, effective, found, frozenset(due_now), phase, histories)
    )
    is_clear = _is_clear(process, found.get(EPIC))
    for key, draft in outlines.items():
        template = process.kinds[draft.kind].template
        if (key in due_now and key not in found) or (is_clear and words.sections(template)):
            text = words.render(template, known | {"item": draft, "sign_off": recorded(found.get(key))})
            items[key] = _described(items[key], text, engagement, known)
    return Desired(
        Snapshot(
            epic=items[EPIC],
            children=tuple(item for key, item in sorted(items.items()) if key != EPIC),
            labels=frozenset(spec.title for spec in process.catalogue.specs()),
        ),
        frozenset(due_now),
        tuple(findings(engagement, process, situation.today)),
        _asked_for(situation, found, known, words) if is_clear else {},
    )


def _asked_for(
    situation: Situation, found: Mapping[str, Item], known: Mapping[str, object], words: Words
) -> dict[str, Mapping[str, str]]:
    """Return the managed sections of open items that people have asked for."""
    written: dict[str, Mapping[str, str]] = {}
    requests = requests_of(found.values(), situation.process.changes)
    for key, item in found.items():
        kind = situation.process.kinds.get(item.kind)
        if kind is None or kind.repeat is not Repeat.ON_DEMAND or not item.is_open:
            continue
        if words.sections(kind.template) and not is_exposed(item, situation.engagement, situation.process):
            asked = _asked(situation, item, requests.get(key))
            written[key] = sections(words.render(kind.template, {**known, **asked}))
    return written


def _asked(situation: Situation, item: Item, request: Request | None) -> Mapping[str, object]:
    """Return what the template of an item that somebody has asked for may use besides what all may."""
    process, today = situation.process, situation.today
    number = item.key.rpartition("/")[2]
    opened_on = situation.engagement.today(item.made_at) if item.made_at else today
    draft = on_demand(process.kinds[item.kind], situation, int(number) if number.isdigit() else 0, opened_on)
    change = form_of(item, request, situation.engagement, process, today) if request else Change()
    return {"item": draft, "change": change, "raised": raised(item, process)}


def facts(situation: Situation, observed: Snapshot | None = None) -> dict[str, object]:
    """Return what every template may use besides its own ``item``."""
    outlines = drafts(situation)
    items = {key: outlined(situation, draft) for key, draft in outlines.items()}
    return _facts(situation, outlines, items, (observed or Snapshot()).by_key())


def _facts(
    situation: Situation, outlines: Mapping[str, Draft], items: Mapping[str, Item], found: Mapping[str, Item]
) -> dict[str, object]:
    effective = {key: ownership.effective(item, found.get(key)) for key, item in items.items()}
    return _situation_facts(situation, found) | _overview(situation, outlines, effective)


def _situation_facts(situation: Situation, found: Mapping[str, Item]) -> dict[str, object]:
    engagement, today = situation.engagement, situation.today
    phase, since = _standing(situation, found.get(EPIC))
    return {
        "engagement": engagement,
        "ends_on": situation.ends_on,
        "hours": _plain(engagement.hours(today)),
        "signed_amendments": engagement.signed_amendments(today),
        "phase": phase,
        "phase_since_on": since,
        "health": _health(situation, found),
        "intake": _intake(situation),
        "contact_roles": situation.process.contact_roles,
        "sign_off": SignOff(),
        "change": Change(),
        "raised": Raised(),
        "action": Action(),
        "chapters": chapters(found, situation.process),
        "wrap_up": WrapUp(),
    }


def _plain(hours: float) -> float | int:
    return int(hours) if hours == int(hours) else hours


def _standing(situation: Situation, epic: Item | None) -> tuple[str, date]:
    """Return the phase and since when: what psbot has accepted, else what the label shows, else the first."""
    workflow = situation.process.workflow
    if known := accepted(epic, workflow):
        return known.phase, known.since
    shown = situation.process.catalogue.value("phase", epic.labels) if epic else None
    return shown or (workflow.won_phase if situation.is_won else workflow.quote_phase), situation.today


def _is_clear(process: Process, epic: Item | None) -> bool:
    """Tell whether the phase is known; else managed sections stay: they would name a guess, and since today."""
    if epic is None or accepted(epic, process.workflow):
        return True
    return process.catalogue.value("phase", epic.labels) in process.workflow.phases


def _rests(situation: Situation, kind: str, epic: Item | None) -> bool:
    """Tell whether items of *kind* are not made now: nothing after the end, and no occurrences while work rests."""
    workflow = situation.process.workflow
    known = accepted(epic, workflow)
    if known is None:
        return False
    is_occurrence = situation.process.kinds[kind].is_occurrence
    return known.phase in workflow.final_phases or (
        is_occurrence and known.phase in workflow.table.resting_phases
    )


def _health(situation: Situation, found: Mapping[str, Item]) -> str | None:
    seeding = [kind for kind in situation.process.kinds.values() if "health" in kind.seeds]
    if not seeding:
        return None
    log = found.get(seeding[0].item)
    shown = situation.process.catalogue.value("health", log.labels) if log else None
    return shown or seeding[0].seeds["health"]


def _intake(situation: Situation) -> Intake:
    answers = situation.engagement.intake
    answered: list[Answered] = []
    groups: list[QuestionGroup] = []
    for group in situation.process.questions:
        asked = [question for question in group.questions if _is_asked(question, situation.engagement)]
        answered += [Answered(each.ask, each.why, answers[each.id]) for each in asked if each.id in answers]
        if still := tuple(question for question in asked if question.id not in answers):
            groups.append(QuestionGroup(group.title, still))
    return Intake(tuple(answered), tuple(groups))


def _is_asked(question: Question, engagement: Engagement) -> bool:
    return question.hosting in ("both", engagement.hosting)


def _overview(
    situation: Situation, outlines: Mapping[str, Draft], effective: Mapping[str, Item]
) -> dict[str, object]:
    """Return what the epic's overview lists: shared single items, and the timeline, by date."""
    kinds = situation.process.kinds
    shared = [
        item
        for key, item in effective.items()
        if kinds[item.kind].place is PlaceKind.SHARED
        and not kinds[item.kind].is_occurrence
        and outlines[key].is_due
    ]
    rows = [_row(situation, outlines[key], item) for key, item in effective.items() if kinds[item.kind].chart]
    timeline = sorted(
        (row for row in rows if row), key=lambda row: (row.start_on, row.end_on is None, row.name)
    )
    return {
        "shared_items": tuple(sorted(shared, key=lambda item: (item.due_on or date.max, item.key))),
        "timeline": tuple(timeline[:LONGEST_TIMELINE]),
    }


def _row(situation: Situation, draft: Draft, item: Item) -> Row | None:
    name = fill(situation.process.kinds[item.kind].chart or "", draft, situation.engagement).strip()
    if item.start_on and item.due_on:
        return Row(name, item.start_on, item.due_on)
    return Row(name, item.due_on) if item.due_on else None


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


def _described(item: Item, text: str, engagement: Engagement, facts: Mapping[str, object]) -> Item:
    memory = ownership.memory(item)
    if item.is_epic:
        memory |= {"phase": str(facts["phase"]), "since": str(facts["phase_since_on"])}
    return replace(item, description=write(text, Marker(engagement.key, item.key, memory)))
