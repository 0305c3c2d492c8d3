"""Engagement, process and now → the items that should exist, with dates, words and first labels."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from psbot.core.changes.form import Change, form_of, requests_of
from psbot.core.changes.request import Request
from psbot.core.desired.file_findings import findings
from psbot.core.desired.raid_log import is_exposed, raised
from psbot.core.desired.schedule import Situation, drafts, on_demand, outlined
from psbot.core.desired.template_facts import _facts
from psbot.core.desired.wrap_up import Ending, wrapped_up
from psbot.core.model.engagement import Engagement
from psbot.core.model.history import History
from psbot.core.model.item import Desired, Item, Snapshot
from psbot.core.model.process import EPIC, Process, Repeat
from psbot.core.records import ownership
from psbot.core.records.phase import accepted
from psbot.core.records.sign_off import recorded
from psbot.core.text.marker import Marker, sections, write


class Words(Protocol):
    """The templates."""

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        """Return template *name* filled with *facts*, everything from the engagement made inert."""

    def sections(self, name: str) -> frozenset[str]:
        """Return the names of the managed sections of template *name*."""


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


def _described(item: Item, text: str, engagement: Engagement, facts: Mapping[str, object]) -> Item:
    memory = ownership.memory(item)
    if item.is_epic:
        memory |= {"phase": str(facts["phase"]), "since": str(facts["phase_since_on"])}
    return replace(item, description=write(text, Marker(engagement.key, item.key, memory)))
